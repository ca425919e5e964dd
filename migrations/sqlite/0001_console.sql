-- Why: people, their sessions, and the API keys they manage.
-- Times are microseconds since 1970 (UTC), ids are UUIDs of 16 bytes, digests are SHA-256 of 32 bytes.

create table accounts (
    id            blob    not null primary key check (length(id) = 16),
    email         text    not null unique,
    password_hash text    not null,
    role          text    not null check (role in ('agent', 'supervisor', 'admin', 'super_admin')),
    is_active     integer not null default 1 check (is_active in (0, 1)),
    timezone      text,
    created_at    integer not null,
    updated_at    integer not null
) strict, without rowid;

create table sessions (
    id           blob    not null primary key check (length(id) = 16),
    -- Serves: who is asking, on each request of the console.
    token_digest blob    not null unique check (length(token_digest) = 32),
    account_id   blob    not null references accounts (id) on delete cascade,
    created_at   integer not null,
    last_seen_at integer not null
) strict, without rowid;

create index sessions_by_account on sessions (account_id);

create table api_keys (
    id           blob    not null primary key check (length(id) = 16),
    name         text    not null,
    prefix       text    not null,
    -- Serves: which key was presented, on each request of a CRM.
    digest       blob    not null unique check (length(digest) = 32),
    -- The folded name and masked prefix. Serves: the search of the key list.
    haystack     text    not null,
    created_by   blob    references accounts (id) on delete set null,
    is_active    integer not null default 1 check (is_active in (0, 1)),
    expires_at   integer,
    last_used_at integer,
    created_at   integer not null,
    updated_at   integer not null
) strict, without rowid;

-- Serves: the key list, newest first.
create index api_keys_newest on api_keys (created_at desc, id desc);
create index api_keys_by_creator on api_keys (created_by);
