-- Why: a call that is recorded or moves on costs one row that is written, not two, and no check of what that refers to.
-- No version that writes the old table was ever released, so that no replica of one can run beside this: what would be three steps
-- otherwise (see the README) is one.

-- The states that the call went through, the first one first. Each is a line of JSON: an array of the state, when
-- (microseconds since 1970, UTC), and why, or null. Null while the call stands where it stood when it was recorded: then
-- `status` and `created_at` tell all of it. Serves: the history of one call.
alter table calls add column history text;

update calls set history = told.lines
from (
    select call_id, string_agg(
        json_build_array(status, (extract(epoch from at) * 1000000)::bigint, reason)::text || e'\n', '' order by number) as lines
    from call_events group by call_id
) as told
where told.call_id = calls.id;

drop table call_events;
