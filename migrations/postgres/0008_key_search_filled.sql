-- Why: keys that were there before are found as well. In a file of its own, so that while it takes its time nobody waits for the
-- lock that a new trigger needs.

insert into api_key_search (key_id, trigrams) select id, key_trigrams(haystack) from api_keys on conflict do nothing;
