-- Why: the console's log of calls is filtered and searched while it grows to millions, and tells the SIP status with
-- which a call failed.

alter table calls add column sip_status integer;

-- Serves: the search by number or by the beginning of one, and the calls of one bot, newest first.
create index calls_by_number on calls (to_number, id desc);
create index calls_by_bot on calls (bot_id, id desc);
-- Serves: the calls that stand there, newest first.
create index calls_by_status on calls (status, id desc);
