-- Why: reading the call log must not need a write, so that it can be read when the disk is full. Every call is in every
-- index from its recording on. The column `is_indexed` stays, unused: to drop it, SQLite would rewrite every row.

-- What the last process had left for later.
update api_keys set last_used_at = max(coalesce(last_used_at, 0), used.at)
    from (select key_id, max(created_at) as at from calls
          where id > coalesce((select id from calls where is_indexed = 1 order by id desc limit 1), x'') group by key_id) as used
    where api_keys.id = used.key_id;

drop index calls_by_key;
drop index calls_by_reference;
drop index calls_by_number;
drop index calls_by_bot;
drop index calls_by_status;
drop index calls_by_worker_call;

-- Each in the order in which calls come, so that its pages are filled, and read backwards.
-- Serves: the calls of one key, newest first.
create index calls_by_key on calls (key_id, id);
-- Serves: the calls of one reference.
create index calls_by_reference on calls (call_reference, id) where call_reference is not null;
-- Serves: the search by number or by the beginning of one, and the calls of one bot, newest first.
create index calls_by_number on calls (to_number, id);
create index calls_by_bot on calls (bot_id, id);
-- Serves: the calls of one status, newest first, the queue, and orphaned calls.
create index calls_by_status on calls (status, id);
-- Serves: a report that names the worker's own id.
create index calls_by_worker_call on calls (worker_call_id) where worker_call_id is not null;
