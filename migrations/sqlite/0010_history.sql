-- Why: a call that is recorded or moves on costs one row that is written, not two.

-- The states that the call went through, the first one first. Each is a line of JSON: an array of the state, when
-- (microseconds since 1970, UTC), and why, or null. Serves: the history of one call.
alter table calls add column history text not null default '';

update calls set history = coalesce((
    select group_concat(json_array(status, at, reason) || char(10), '' order by number)
    from call_events where call_id = calls.id
), '');

drop table call_events;
