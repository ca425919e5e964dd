//! Transitions of calls.

use chrono::{DateTime, Utc};
use ori_shared::call::CallStatus;
use ori_store::rows::{get, optional};
use ori_store::{Result, Transition, status_history};
use rusqlite::params;
use uuid::Uuid;

use super::{idempotency, outbox};
use crate::codec::micros;
use crate::error::corrupt;
use crate::transaction::Transaction;

/// Moves a call if the step applies to it, and returns whether it did. What the step says of the host and of the
/// idempotency record is stored either way.
pub(super) fn transition(transaction: &mut Transaction<'_>, step: &Transition) -> Result<bool> {
    const FIND: &str = "select status, attempt from calls where id = ?1";
    let found = transaction.find(FIND, [step.call], |row| {
        Ok((get(row, "status")?, optional(row, "attempt")?))
    })?;
    let Some((from, attempt)) = found else {
        return Ok(false);
    };
    let applies = step.moves(from, attempt);
    let to = if applies { step.to } else { from };
    let values = params![
        step.call,
        to.as_str(),
        step.reason,
        step.host,
        step.worker_call_id,
        step.room_name,
        micros(step.now),
        step.attempt,
        applies.then(|| status_history::encode(to, step.reason.as_deref(), step.now)),
        applies,
        status_history::BACK_AND_FORTH_MAX_BYTES,
    ];
    transaction.execute(UPDATE, values)?;
    transaction.moved(Some(from), to);
    idempotency::update(transaction, step.call, &step.claim)?;
    if applies && let Some(event) = step.event() {
        outbox::put(transaction, step.call, event, step.now)?;
    }
    Ok(applies)
}

const UPDATE: &str = "update calls set status = ?2, reason = case when ?10 then ?3 else reason end, \
     host = coalesce(?4, host), worker_call_id = coalesce(?5, worker_call_id), room_name = coalesce(?6, room_name), \
     updated_at = case when ?10 or (host, worker_call_id, room_name) is not \
         (coalesce(?4, host), coalesce(?5, worker_call_id), coalesce(?6, room_name)) \
         then max(?7, updated_at + 1) else updated_at end, attempt = case when ?10 then coalesce(?8, attempt) else attempt end, \
     history = history || iif(?2 in ('queued', 'sent') and length(history) > ?11, '', coalesce(?9, '')) where id = ?1";

/// Moves a call there, whatever its status.
pub(super) fn set_status(
    transaction: &mut Transaction<'_>,
    call: Uuid,
    (from, to): (CallStatus, CallStatus),
    reason: &str,
    now: DateTime<Utc>,
) -> Result<()> {
    let update = "update calls set status = ?2, reason = ?3, updated_at = max(?4, updated_at + 1), history = history || ?5 \
         where id = ?1";
    let line = status_history::encode(to, Some(reason), now);
    let updated = transaction.execute_one(update, params![call, to.as_str(), reason, micros(now), line])?;
    if !updated {
        return Err(corrupt("a call that was just read is not there"));
    }
    transaction.moved(Some(from), to);
    Ok(())
}
