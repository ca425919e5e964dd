-- Why: a call is recorded in the same step in which its key is checked, before any voice worker is asked, so that
-- an acknowledged call is never lost and a call that may have been dialled is never dialled again.

create table calls (
    -- Made in the order of time (UUID version 7). Serves: one call, and the log, newest first.
    id               uuid        not null primary key,
    -- Without a reference: the log outlives the key, and a call is recorded without a lock that a deletion waits for.
    key_id           uuid        not null,
    key_name         text        not null,
    -- These are compared by their bytes, so that what begins with a text is a range.
    bot_id           text        collate "C" not null,
    to_number        text        collate "C" not null,
    to_number_raw    text        not null,
    from_number      text,
    from_number_raw  text,
    -- A JSON object of strings, as text: nothing here looks into it, and jsonb would refuse `\u0000`.
    variables        text        not null,
    call_reference   text        collate "C",
    status           text        not null check (status in ('queued', 'reserved', 'sent', 'accepted', 'refused', 'unknown',
                                                            'completed', 'failed', 'voicemail')),
    reason           text,
    -- The voice host that was asked last.
    host             text,
    worker_call_id   text,
    room_name        text,
    session_id       text,
    stream_id        text,
    caller_id        text,
    duration_seconds double precision,
    disconnected_by  text,
    recording_url    text,
    transcript       text,
    created_at       timestamptz not null,
    updated_at       timestamptz not null
);

-- Serves: the calls of one key, newest first.
create index calls_by_key on calls (key_id, id desc);
-- Serves: the calls of one reference.
create index calls_by_reference on calls (call_reference, id desc) where call_reference is not null;
-- Serves: a result that names the worker's own id.
create index calls_by_worker_call on calls (worker_call_id) where worker_call_id is not null;
-- Serves: the queue, oldest first, and what a crash left behind.
create index calls_open on calls (status, id) where status in ('queued', 'reserved', 'sent');

-- The states that a call went through. Serves: the history of one call.
create table call_events (
    call_id uuid        not null references calls (id) on delete cascade,
    number  integer     not null,
    status  text        not null,
    reason  text,
    at      timestamptz not null,
    primary key (call_id, number)
);

-- What was asked under an idempotency key, and what was answered; no answer while it is still running.
create table idempotency_keys (
    key_id          uuid        not null,
    idempotency_key text        not null,
    -- SHA-256 of the request, to tell a repetition from another request.
    fingerprint     bytea       not null check (length(fingerprint) = 32),
    call_id         uuid        not null,
    answer_status   integer,
    answer_body     text,
    created_at      timestamptz not null,
    primary key (key_id, idempotency_key)
);

-- Serves: the answer of a call, and the forgetting of old keys.
create index idempotency_keys_by_call on idempotency_keys (call_id);
create index idempotency_keys_by_age on idempotency_keys (created_at);

-- When and why a known key was last refused.
alter table api_keys add column last_refused_at timestamptz;
alter table api_keys add column last_refused_reason text;
