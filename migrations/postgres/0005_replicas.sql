-- Why: who comes late must not undo what others did meanwhile, a set-up link works on whichever replica is asked, and
-- replicas together give a host no more calls than it has room for.

-- Tells one attempt to have the call dialled from another.
alter table calls add column attempt uuid;

-- Since when the call stands where it stands, by the one clock that all replicas share. Serves: what was left behind.
alter table calls add column moved_at timestamptz not null default now();

-- Puts in order what replicas do at the hosts: clocks of different machines cannot.
create sequence fleet_numbers;
-- Drawn when the call's outcome was known.
alter table calls add column settled_number bigint;

-- Serves: how many calls a host was given that its last health answer may not have counted.
create index calls_given on calls (host) where status = 'sent';
create index calls_settled on calls (host, settled_number) where status in ('accepted', 'unknown');

-- Serves: whether a set-up link is valid, while there is no account.
create table setup_links (
    token_digest bytea       not null primary key check (length(token_digest) = 32),
    created_at   timestamptz not null
);
