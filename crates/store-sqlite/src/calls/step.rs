//! Moving calls on.

use std::collections::HashMap;

use ori_shared::call::CallStatus;
use ori_store::{CallStep, ClaimFate, Result, history};
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use uuid::Uuid;

use super::batch::{Batch, Row};
use super::outbox;
use super::waiting::Moves;
use crate::convert::{corrupt, get, micros};

/// Whether the step can be tried without looking where the call stands: it makes no event, and moves the call from
/// where is known enough.
pub(super) fn is_plain(step: &CallStep) -> bool {
    let from_is_known =
        step.from.len() == 1 || step.from.len() == 2 && !step.from.contains(&CallStatus::Queued);
    from_is_known && step.event().is_none()
}

/// Tries plain steps of different calls, by what is added to the batch: it finds the ids of those that move. The rule
/// is [`CallStep::moves`]. A step that does not move its call is to be taken by [`step`] then.
pub(super) fn push_plain(batch: &mut Batch, steps: &[&CallStep]) {
    batch.push_rows(MOVE, 12, steps, |row, step| {
        bind(row, step, step.to)
            .bind(history::line(step.to, step.reason.as_deref(), step.now))
            .bind(step.from.first().map(|from| from.as_str()))
            .bind(step.from.get(1).map(|from| from.as_str()))
            .bind(step.attempt.is_some() && step.to != CallStatus::Sent);
    });
    write_claims(batch, steps);
}

/// Takes steps of different calls; says of each call whether it moved.
pub(super) async fn step(
    batch: &mut Batch,
    connection: &mut SqliteConnection,
    steps: &[&CallStep],
    moves: &mut Moves,
) -> Result<HashMap<Uuid, bool>> {
    if steps.is_empty() {
        return Ok(HashMap::new());
    }
    let standing = standing(batch, connection, steps).await?;
    let taken: Vec<_> = steps
        .iter()
        .filter_map(|step| Some(Taken::new(step, *standing.get(&step.call)?)))
        .collect();
    write_steps(batch, &taken);
    for Taken { step, .. } in taken.iter().filter(|taken| taken.moves) {
        if let Some(event) = step.event() {
            batch.send(connection).await?;
            outbox::tell(connection, step.call, event, step.now).await?;
        }
    }
    let mut moved = HashMap::new();
    for step in steps {
        let from = standing.get(&step.call);
        let from = from.filter(|(status, attempt)| step.moves(*status, *attempt));
        if let Some((from, _)) = from {
            moves.step(step.call, *from, step.to);
        }
        moved.insert(step.call, from.is_some());
    }
    Ok(moved)
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
        bind(row, step, *to)
            .bind(moves.then(|| history::line(*to, step.reason.as_deref(), step.now)))
            .bind(*moves);
    });
    let steps: Vec<_> = taken.iter().map(|taken| taken.step).collect();
    write_claims(batch, &steps);
}

/// What every step tells, as the first eight columns.
fn bind<'r, 'b>(row: &'r mut Row<'b>, step: &CallStep, to: CallStatus) -> &'r mut Row<'b> {
    row.bind(step.call)
        .bind(to.as_str())
        .bind(&step.reason)
        .bind(&step.host)
        .bind(&step.worker_call_id)
        .bind(&step.room_name)
        .bind(micros(step.now))
        .bind(step.attempt)
}

/// What becomes of the idempotency keys is kept whether the calls move or not.
fn write_claims(batch: &mut Batch, steps: &[&CallStep]) {
    let answers: Vec<_> = steps
        .iter()
        .filter_map(|step| match &step.claim {
            ClaimFate::Answered(answer) => Some((step.call, answer)),
            ClaimFate::Open | ClaimFate::Released => None,
        })
        .collect();
    batch.push_rows(ANSWER_CLAIMS, 3, &answers, |row, (call, answer)| {
        row.bind(*call).bind(answer.status).bind(&answer.body);
    });
    let released: Vec<_> = steps
        .iter()
        .filter(|step| step.claim == ClaimFate::Released)
        .collect();
    batch.push_rows(RELEASE_CLAIMS, 1, &released, |row, step| {
        row.bind(step.call);
    });
}

const MOVE: &str = "update or rollback calls set status = s.column2, reason = s.column3, host = coalesce(s.column4, host), \
     worker_call_id = coalesce(s.column5, worker_call_id), room_name = coalesce(s.column6, room_name), \
     updated_at = s.column7, attempt = coalesce(s.column8, attempt), history = history || s.column9 \
     from {rows} as s where calls.id = s.column1 and calls.status in (s.column10, s.column11) \
     and (not s.column12 or calls.status not in ('sent', 'unknown') or calls.attempt = s.column8) returning calls.id";
const UPDATE: &str = "update or rollback calls set status = s.column2, reason = case when s.column10 then s.column3 else reason end, \
     host = coalesce(s.column4, host), worker_call_id = coalesce(s.column5, worker_call_id), \
     room_name = coalesce(s.column6, room_name), updated_at = s.column7, \
     attempt = case when s.column10 then coalesce(s.column8, attempt) else attempt end, \
     history = history || coalesce(s.column9, '') \
     from {rows} as s where calls.id = s.column1";
const ANSWER_CLAIMS: &str = "update or rollback idempotency_keys set answer_status = s.column2, answer_body = s.column3 \
     from {rows} as s where call_id = s.column1";
const RELEASE_CLAIMS: &str = "delete from idempotency_keys where call_id in {rows}";

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
    let rows = batch.send(connection).await?;
    let standing = |row: &SqliteRow| Ok((get(row, "id")?, (status_of(row)?, get(row, "attempt")?)));
    rows.iter().map(standing).collect()
}

/// Where the call of that row stands.
pub(super) fn status_of(row: &SqliteRow) -> Result<CallStatus> {
    CallStatus::parse(get(row, "status")?).ok_or_else(|| corrupt("a call has an unknown status"))
}
