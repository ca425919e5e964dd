//! Moving calls on.

use std::collections::HashMap;

use ori_shared::call::CallStatus;
use ori_store::{CallStep, ClaimFate, Result, event_of_step};
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use uuid::Uuid;

use super::batch::Batch;
use super::waiting::Moves;
use super::{history, outbox};
use crate::convert::{corrupt, get, micros};

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

/// Where the call of that row stands.
pub(super) fn status_of(row: &SqliteRow) -> Result<CallStatus> {
    CallStatus::parse(get(row, "status")?).ok_or_else(|| corrupt("a call has an unknown status"))
}
