-- Why: while a snapshot is held open (a dump), the index entries of calls that were `sent` cannot be removed. Counting the
-- calls that a host is being asked for passed over each of them: 270 calls a second became 75 within a minute.
-- No version was released that has a table which is large by now: made at once (see the README).

-- Drawn from `fleet_numbers` when the call becomes `sent`, and so in the order in which the calls of one host did: none with
-- a lower number than the oldest one that is `sent` has to be looked for. Null if a former version wrote it.
alter table calls add column sent_number bigint;

drop index calls_given;
-- Serves: how many calls a host was given that its last health answer may not have counted.
create index calls_given on calls (host, sent_number) where status = 'sent';
