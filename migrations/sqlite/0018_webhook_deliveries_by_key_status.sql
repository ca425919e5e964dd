-- Why: a page of the deliveries of one key in one status must not read past all the others of that key, or of that status.

-- Serves: the deliveries of one key in one status, newest first.
create index webhook_deliveries_by_key_status on webhook_deliveries (key_id, status, id);
