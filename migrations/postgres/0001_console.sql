-- Why: people, their sessions, and the API keys they manage.
-- Times are `timestamptz`: to the microsecond as ours are, and people read them. Digests are SHA-256 of 32 bytes.

create table accounts (
    id            uuid        not null primary key,
    email         text        not null unique,
    password_hash text        not null,
    role          text        not null check (role in ('agent', 'supervisor', 'admin', 'super_admin')),
    is_active     boolean     not null default true,
    timezone      text,
    created_at    timestamptz not null,
    updated_at    timestamptz not null
);

create table sessions (
    id           uuid        not null primary key,
    -- Serves: who is asking, on each request of the console.
    token_digest bytea       not null unique check (length(token_digest) = 32),
    account_id   uuid        not null references accounts (id) on delete cascade,
    created_at   timestamptz not null,
    last_seen_at timestamptz not null
);

create index sessions_by_account on sessions (account_id);

create table api_keys (
    id           uuid        not null primary key,
    name         text        not null,
    prefix       text        not null,
    -- Serves: which key was presented, on each request of a CRM.
    digest       bytea       not null unique check (length(digest) = 32),
    -- The folded name and masked prefix. Serves: the search of the key list.
    haystack     text        not null,
    created_by   uuid        references accounts (id) on delete set null,
    is_active    boolean     not null default true,
    expires_at   timestamptz,
    -- In no index: each accepted call moves it, within the row's page (HOT).
    last_used_at timestamptz,
    created_at   timestamptz not null,
    updated_at   timestamptz not null
) with (fillfactor = 50);

-- Serves: the key list, newest first.
create index api_keys_newest on api_keys (created_at desc, id desc);
create index api_keys_by_creator on api_keys (created_by);
