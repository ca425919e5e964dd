-- Why: a call is acknowledged when its row is on the disk. What finds it in the log is written later, for many calls at
-- once; until then it is not indexed. Whoever reads the log has that done first.

alter table calls add column is_indexed integer not null default 1 check (is_indexed in (0, 1));

drop index calls_by_key;
drop index calls_by_reference;
drop index calls_by_number;
drop index calls_by_bot;
drop index calls_by_status;
drop index calls_by_worker_call;

-- Each in the order in which calls come, so that its pages are filled, and read backwards.
-- Serves: the calls of one key, newest first.
create index calls_by_key on calls (key_id, id) where is_indexed = 1;
-- Serves: the calls of one reference.
create index calls_by_reference on calls (call_reference, id) where is_indexed = 1 and call_reference is not null;
-- Serves: the search by number or by the beginning of one, and the calls of one bot, newest first.
create index calls_by_number on calls (to_number, id) where is_indexed = 1;
create index calls_by_bot on calls (bot_id, id) where is_indexed = 1;
-- Serves: the calls that stand there, newest first, and on start those that wait or were left behind.
create index calls_by_status on calls (status, id) where is_indexed = 1;
-- Serves: a result that names the worker's own id.
create index calls_by_worker_call on calls (worker_call_id) where is_indexed = 1 and worker_call_id is not null;
