-- Why: a million keys are searched as fast as a hundred.

-- Numbers the keys in the order in which they were created, as the index below needs it.
create table api_key_rows (
    row    integer not null primary key,
    key_id blob    not null unique check (length(key_id) = 16)
) strict;

-- Three letters at a time, as they are: the haystack is folded already. Serves: the search of the key list.
create virtual table api_key_search using fts5 (
    haystack, content = '', contentless_delete = 1, tokenize = 'trigram case_sensitive 1'
);

create trigger api_key_is_found after insert on api_keys begin
    insert into api_key_rows (key_id) values (new.id);
    insert into api_key_search (rowid, haystack) select row, new.haystack from api_key_rows where key_id = new.id;
end;

create trigger api_key_is_found_anew after update of haystack on api_keys when new.haystack <> old.haystack begin
    update api_key_search set haystack = new.haystack
        where rowid = (select row from api_key_rows where key_id = new.id);
end;

create trigger api_key_is_lost after delete on api_keys begin
    delete from api_key_search where rowid = (select row from api_key_rows where key_id = old.id);
    delete from api_key_rows where key_id = old.id;
end;
