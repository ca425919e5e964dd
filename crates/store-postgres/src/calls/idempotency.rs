//! Idempotency records.

use ori_store::{Answer, IdempotencyUpdate, Result};
use sqlx::{Postgres, Transaction};
use uuid::Uuid;

use crate::statement::Statement as _;

/// Updates the record of a call, if it has one.
pub(super) async fn update(
    transaction: &mut Transaction<'_, Postgres>,
    call: Uuid,
    fate: &IdempotencyUpdate,
) -> Result<()> {
    match fate {
        IdempotencyUpdate::Open => Ok(()),
        IdempotencyUpdate::Answered(Answer { status, body }) => {
            sqlx::query("update idempotency_keys set answer_status = $2, answer_body = $3 where call_id = $1")
                .bind(call)
                .bind(i32::from(*status))
                .bind(body.clone())
                .run(&mut **transaction)
                .await
                .map(|_| ())
        }
        IdempotencyUpdate::Released => release(transaction, call).await,
    }
}

/// Deletes the record of a call, so that the same request is a new attempt.
pub(super) async fn release(transaction: &mut Transaction<'_, Postgres>, call: Uuid) -> Result<()> {
    sqlx::query("delete from idempotency_keys where call_id = $1")
        .bind(call)
        .run(&mut **transaction)
        .await
        .map(|_| ())
}
