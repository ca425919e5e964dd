-- Why: keys that were there before are found as well.

insert into api_key_rows (key_id) select id from api_keys order by created_at, id;
insert into api_key_search (rowid, haystack)
    select r.row, k.haystack from api_key_rows r join api_keys k on k.id = r.key_id order by r.row;
