-- Why: each index is written with each call. `calls_by_status` finds the calls that stand open as well as this one does.

drop index calls_open;
