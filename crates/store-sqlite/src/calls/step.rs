use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use ori_shared::call::CallStatus;
use ori_store::{CallResult, CallStep, ClaimFate, Result, event_of_step};
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use uuid::Uuid;

use super::batch::Batch;
use super::late::Late;
use super::waiting::Moves;
use super::{history, outbox};
use crate::convert::{corrupt, failed, get, micros};

/// Takes steps of different calls; says for each whether the call moved.
pub(super) async fn step(
    batch: &mut Batch,
    connection: &mut SqliteConnection,
    steps: &[&CallStep],
    moves: &mut Moves,
) -> Result<Vec<bool>> {
    if steps.is_empty() {
        return Ok(Vec::new());
    }
    let standing = standing(batch, connection, steps).await?;
    let taken: Vec<_> = steps
        .iter()
        .filter_map(|step| Some(Taken::new(step, *standing.get(&step.call)?)))
        .collect();
    write_steps(batch, &taken);
    for Taken { step, .. } in taken.iter().filter(|taken| taken.moves) {
        if let Some(event) = event_of_step(step.to, step.is_news) {
            batch.send(connection).await?;
            outbox::tell(connection, step.call, event, step.now).await?;
        }
    }
    let move_on = |step: &&CallStep| {
        let moved = standing
            .get(&step.call)
            .filter(|(status, attempt)| step.moves(*status, *attempt));
        if let Some((from, _)) = moved {
            moves.step(step.call, *from, step.to);
        }
        moved.is_some()
    };
    Ok(steps.iter().map(move_on).collect())
}

/// A step of a call that there is. What it tells besides where the call goes is kept even if it does not go there.
struct Taken<'a> {
    step: &'a CallStep,
    moves: bool,
    to: CallStatus,
}

impl<'a> Taken<'a> {
    fn new(step: &'a CallStep, (status, attempt): (CallStatus, Option<Uuid>)) -> Self {
        let moves = step.moves(status, attempt);
        let to = if moves { step.to } else { status };
        Self { step, moves, to }
    }
}

fn write_steps(batch: &mut Batch, taken: &[Taken<'_>]) {
    batch.push_rows(UPDATE, 10, taken, |row, Taken { step, moves, to }| {
        row.bind(step.call)
            .bind(to.as_str())
            .bind(*moves)
            .bind(&step.reason)
            .bind(&step.host)
            .bind(&step.worker_call_id)
            .bind(&step.room_name)
            .bind(micros(step.now))
            .bind(step.attempt)
            .bind(moves.then(|| history::line(*to, step.reason.as_deref(), step.now)));
    });
    let answers: Vec<_> = taken
        .iter()
        .filter_map(|Taken { step, .. }| match &step.claim {
            ClaimFate::Answered(answer) => Some((step.call, answer)),
            ClaimFate::Open | ClaimFate::Released => None,
        })
        .collect();
    batch.push_rows(ANSWER_CLAIMS, 3, &answers, |row, (call, answer)| {
        row.bind(*call).bind(answer.status).bind(&answer.body);
    });
    let released: Vec<_> = taken
        .iter()
        .filter(|Taken { step, .. }| step.claim == ClaimFate::Released)
        .collect();
    batch.push_rows(RELEASE_CLAIMS, 1, &released, |row, Taken { step, .. }| {
        row.bind(step.call);
    });
}

const UPDATE: &str = "update or rollback calls set status = s.column2, reason = case when s.column3 then s.column4 else reason end, \
     host = coalesce(s.column5, host), worker_call_id = coalesce(s.column6, worker_call_id), \
     room_name = coalesce(s.column7, room_name), updated_at = s.column8, \
     attempt = case when s.column3 then coalesce(s.column9, attempt) else attempt end, \
     history = history || coalesce(s.column10, '') \
     from {rows} as s where calls.id = s.column1";
const ANSWER_CLAIMS: &str = "update or rollback idempotency_keys set answer_status = s.column2, answer_body = s.column3 \
     from {rows} as s where call_id = s.column1";
const RELEASE_CLAIMS: &str = "delete from idempotency_keys where call_id in {rows}";

pub(super) async fn add_result(
    connection: &mut SqliteConnection,
    result: &CallResult,
    late: &Late,
) -> Result<Option<Uuid>> {
    let Some(call) = find(connection, result, late).await? else {
        return Ok(None);
    };
    let Some(before) = status(connection, call).await? else {
        return Ok(None);
    };
    let told_before = outbox::told(connection, call).await?;
    sqlx::query(
        "update calls set session_id = coalesce(?2, session_id), stream_id = coalesce(?3, stream_id),
                caller_id = coalesce(?4, caller_id), duration_seconds = coalesce(?5, duration_seconds),
                disconnected_by = coalesce(?6, disconnected_by), recording_url = coalesce(?7, recording_url),
                transcript = coalesce(?8, transcript), worker_call_id = coalesce(worker_call_id, ?9), updated_at = ?10,
                sip_status = coalesce(?11, sip_status)
         where id = ?1",
    )
    .bind(call)
    .bind(&result.session_id)
    .bind(&result.stream_id)
    .bind(&result.caller_id)
    .bind(result.duration_seconds)
    .bind(&result.disconnected_by)
    .bind(&result.recording_url)
    .bind(&result.transcript)
    .bind(&result.worker_call_id)
    .bind(micros(result.now))
    .bind(result.sip_status)
    .execute(&mut *connection)
    .await
    .map_err(failed)?;
    if let Some(word) = &result.disconnected_by {
        finish(connection, call, before, word, result.now).await?;
    }
    if let Some(told_before) = told_before {
        outbox::tell_result(connection, &told_before, result.now).await?;
    }
    Ok(Some(call))
}

/// Moves every indexed call that stands there to where a crash leaves it, and frees the idempotency keys of those of which
/// nothing was ever sent.
pub(super) async fn settle(
    connection: &mut SqliteConnection,
    (from, to): (CallStatus, CallStatus),
    patience: Option<TimeDelta>,
    now: DateTime<Utc>,
) -> Result<u64> {
    let calls: Vec<Uuid> = sqlx::query_scalar(
        "select id from calls where status = ?1 and is_indexed = 1 and (?2 is null or updated_at <= ?2)",
    )
    .bind(from.as_str())
    .bind(patience.map(|patience| micros(now - patience)))
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

async fn find(connection: &mut SqliteConnection, result: &CallResult, late: &Late) -> Result<Option<Uuid>> {
    if let Some(call) = result.call
        && status(connection, call).await?.is_some()
    {
        return Ok(Some(call));
    }
    sqlx::query_scalar(
        "select id from calls where worker_call_id = ?1 and is_indexed = 1
         union all select id from calls where id > ?2 and worker_call_id = ?1 order by id desc limit 1",
    )
    .bind(&result.worker_call_id)
    .bind(late.newest_indexed())
    .fetch_optional(connection)
    .await
    .map_err(failed)
}

async fn finish(
    connection: &mut SqliteConnection,
    call: Uuid,
    before: CallStatus,
    word: &str,
    now: DateTime<Utc>,
) -> Result<()> {
    let after = CallStatus::after_result(word);
    // A result for what waits to be dialled is another call's: it must not keep this one from being dialled.
    if after == before || matches!(before, CallStatus::Queued | CallStatus::Reserved) {
        return Ok(());
    }
    set_status(connection, call, after, Some(word), now).await
}

async fn set_status(
    connection: &mut SqliteConnection,
    call: Uuid,
    status: CallStatus,
    reason: Option<&str>,
    now: DateTime<Utc>,
) -> Result<()> {
    let updated = sqlx::query(
        "update calls set status = ?2, reason = ?3, updated_at = ?4, history = history || ?5 where id = ?1",
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

async fn status(connection: &mut SqliteConnection, call: Uuid) -> Result<Option<CallStatus>> {
    let row = sqlx::query("select status from calls where id = ?1")
        .bind(call)
        .fetch_optional(connection)
        .await
        .map_err(failed)?;
    row.as_ref().map(status_of).transpose()
}

/// Where the calls stand, and the last attempt to have each dialled.
async fn standing(
    batch: &mut Batch,
    connection: &mut SqliteConnection,
    steps: &[&CallStep],
) -> Result<HashMap<Uuid, (CallStatus, Option<Uuid>)>> {
    const FIND: &str = "select c.id, c.status, c.attempt from {rows} as s join calls c on c.id = s.column1";
    batch.push_rows(FIND, 1, steps, |row, step| {
        row.bind(step.call);
    });
    let rows = batch.fetch(connection).await?;
    let standing = |row: &SqliteRow| Ok((get(row, "id")?, (status_of(row)?, get(row, "attempt")?)));
    rows.iter().map(standing).collect()
}

fn status_of(row: &SqliteRow) -> Result<CallStatus> {
    CallStatus::parse(get(row, "status")?).ok_or_else(|| corrupt("a call has an unknown status"))
}
