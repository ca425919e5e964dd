-- Why: what is pending ends at its deadline, whatever its receiver does.

-- Serves: what has passed its deadline.
create index webhook_deliveries_pending_since on webhook_deliveries (coalesce(replayed_at, created_at))
    where status = 'pending';
