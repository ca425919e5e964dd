-- Why: whether the queue is full must not take longer to tell the longer the queue is.

-- Drawn when a call is recorded, by whichever replica and version: between two looks at the sequence, no more calls can
-- have joined the queue than numbers were drawn. Serves: whether there is certainly room in the queue, without a count.
create sequence call_numbers;
alter table calls add column recorded_number bigint;
alter table calls alter column recorded_number set default nextval('call_numbers');
