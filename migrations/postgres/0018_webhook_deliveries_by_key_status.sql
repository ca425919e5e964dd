-- Why: a page of the deliveries of one key in one status must not read past all the others of that key, or of that status.
-- No version was released that has a table which is large by now: made at once, and not concurrently (see the README).

-- Serves: the deliveries of one key in one status, newest first.
create index webhook_deliveries_by_key_status on webhook_deliveries (key_id, status, id);
