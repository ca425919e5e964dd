-- Why: a receiver that does not answer must neither delay the events of others nor keep its own for ever. Deliveries are
-- therefore claimed by receiver: one row for each key that has, or had, pending deliveries says when the next one is due
-- and how its receiver fares, so that a claim costs by the receivers that are due.

create table webhook_queue (
    -- Without a reference: pending deliveries of a deleted key are ended in steps after it is gone.
    key_id     blob    not null primary key check (length(key_id) = 16),
    -- No later than the key's next pending delivery or, while its receiver fails, than the next attempt; null if nothing
    -- is pending.
    due_at     integer,
    -- Attempts that failed in a row.
    failures   integer not null default 0,
    -- While the receiver fails, no attempt is made before.
    retry_at   integer,
    -- When a delivery was last claimed: the webhook served least recently is first.
    claimed_at integer,
    -- Why all that is pending is to be ended: the webhook is gone or disabled.
    ending     text check (ending in ('webhook_removed', 'webhook_disabled'))
) strict, without rowid;

-- Serves: the webhooks that are due, and when the next one is.
create index webhook_queue_due on webhook_queue (due_at) where due_at is not null and ending is null;
-- Serves: the webhooks whose deliveries are to be ended.
create index webhook_queue_ending on webhook_queue (key_id) where ending is not null;

-- When it was last replayed by hand: its deadline counts from there.
alter table webhook_deliveries add column replayed_at integer;

insert into webhook_queue (key_id, due_at)
select key_id, min(due_at) from webhook_deliveries where status = 'pending' group by key_id;

-- Triggers, so that a version that does not know the queue fills it as well.
create trigger webhook_deliveries_inserted after insert on webhook_deliveries when new.status = 'pending'
begin
    insert into webhook_queue (key_id, due_at) values (new.key_id, new.due_at)
    on conflict (key_id) do update set due_at = min(
        coalesce(due_at, max(excluded.due_at, coalesce(retry_at, excluded.due_at))),
        max(excluded.due_at, coalesce(retry_at, excluded.due_at)));
end;

create trigger webhook_deliveries_replayed after update of status on webhook_deliveries
when new.status = 'pending' and old.status <> 'pending'
begin
    insert into webhook_queue (key_id, due_at) values (new.key_id, new.due_at)
    on conflict (key_id) do update set due_at = min(coalesce(due_at, excluded.due_at), excluded.due_at);
end;
