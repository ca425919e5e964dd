//! Settling what nobody is at work on any more.

use chrono::{DateTime, Utc};
use ori_shared::call::CallStatus;
use ori_store::{Result, event_of_step, history};
use sqlx::sqlite::SqliteConnection;
use uuid::Uuid;

use super::outbox;
use crate::convert::{corrupt, failed, micros};

/// Moves every indexed call that stands there to where a crash leaves it, and frees the idempotency keys of those of
/// which nothing was ever sent.
pub(super) async fn settle(
    connection: &mut SqliteConnection,
    (from, to): (CallStatus, CallStatus),
    now: DateTime<Utc>,
) -> Result<u64> {
    let calls: Vec<Uuid> = sqlx::query_scalar("select id from calls where status = ?1 and is_indexed = 1")
        .bind(from.as_str())
        .fetch_all(&mut *connection)
        .await
        .map_err(failed)?;
    for call in &calls {
        set_status(connection, *call, to, Some("interrupted"), now).await?;
        if to == CallStatus::Refused {
            sqlx::query("delete from idempotency_keys where call_id = ?1")
                .bind(call)
                .execute(&mut *connection)
                .await
                .map_err(failed)?;
        }
        // Neither was answered: the process that would have is gone.
        if let Some(event) = event_of_step(to, true) {
            outbox::tell(connection, *call, event, now).await?;
        }
    }
    Ok(calls.len() as u64)
}

/// Moves a call there.
pub(super) async fn set_status(
    connection: &mut SqliteConnection,
    call: Uuid,
    status: CallStatus,
    reason: Option<&str>,
    now: DateTime<Utc>,
) -> Result<()> {
    let updated = sqlx::query(
        "update calls set status = ?2, reason = ?3, updated_at = max(?4, updated_at + 1), history = history || ?5 where id = ?1",
    )
    .bind(call)
    .bind(status.as_str())
    .bind(reason)
    .bind(micros(now))
    .bind(history::line(status, reason, now))
    .execute(&mut *connection)
    .await
    .map_err(failed)?;
    if updated.rows_affected() != 1 {
        return Err(corrupt("a call that was just read is not there"));
    }
    Ok(())
}
