-- Why: who comes late must not undo what others did meanwhile, and a set-up link works on whichever replica is asked.

-- Tells one attempt to have the call dialled from another.
alter table calls add column attempt blob;

-- Serves: whether a set-up link is valid, while there is no account.
create table setup_links (
    token_digest blob    not null primary key check (length(token_digest) = 32),
    created_at   integer not null
) strict, without rowid;
