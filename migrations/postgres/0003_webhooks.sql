-- Why: results reach a CRM by themselves. An event is written in the same transaction as the change that it tells of
-- (an outbox), so that a crash loses none and invents none; whatever is pending here is sent until it was taken.

create table webhooks (
    -- Serves: the webhook of one key. It goes with its key.
    key_id          uuid    not null primary key references api_keys (id) on delete cascade,
    url             text    not null,
    -- As it is: whoever signs needs the secret itself.
    secret          bytea    not null check (length(secret) = 32),
    -- The secret before the last rotation, and until when it signs as well.
    previous_secret bytea    check (length(previous_secret) = 32),
    previous_until  timestamptz,
    disabled_at     timestamptz,
    disabled_reason text,
    created_at      timestamptz not null,
    updated_at      timestamptz not null
);

create table webhook_deliveries (
    -- Made in the order of time (UUID version 7). Serves: one delivery, and the list, newest first.
    id              uuid    not null primary key,
    -- Without references: the list outlives key and call.
    key_id          uuid    not null,
    call_id         uuid    not null,
    event_type      text    not null,
    -- The bytes that are sent, in each attempt the same.
    body            text    not null,
    -- What is pending has a webhook that is not disabled.
    status          text    not null default 'pending' check (status in ('pending', 'delivered', 'failed')),
    attempts        integer not null default 0,
    -- How many attempts had been made when it was last replayed: from there the schedule counts.
    attempts_before integer not null default 0,
    -- When it is tried next, or, while somebody tries it, when that claim lapses.
    due_at          timestamptz check ((due_at is null) = (status <> 'pending')),
    claimed_by      uuid,
    last_attempt_at timestamptz,
    last_status     integer,
    last_error      text,
    created_at      timestamptz not null
);

-- Serves: when something is due next.
create index webhook_deliveries_due on webhook_deliveries (due_at) where status = 'pending';
-- Serves: what is due for one webhook, oldest first, and what is pending when it is removed or disabled.
create index webhook_deliveries_due_by_key on webhook_deliveries (key_id, due_at) where status = 'pending';
-- Serves: how many attempts somebody has under way for one webhook.
create index webhook_deliveries_claimed on webhook_deliveries (key_id, claimed_by) where claimed_by is not null;
-- Serves: the deliveries of one key, and of one call, newest first.
create index webhook_deliveries_by_key on webhook_deliveries (key_id, id desc);
create index webhook_deliveries_by_call on webhook_deliveries (call_id, id desc);
-- Serves: the deliveries that stand there, newest first.
create index webhook_deliveries_by_status on webhook_deliveries (status, id desc);
-- Serves: the forgetting.
create index webhook_deliveries_by_age on webhook_deliveries (created_at) where status <> 'pending';
