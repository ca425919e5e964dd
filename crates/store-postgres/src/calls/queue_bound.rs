//! Whether there is room in the queue: exactly, among all replicas, and mostly without a count.

use std::sync::{Arc, Mutex, PoisonError};

use ori_store::rows::get;
use ori_store::{NewCall, Result};
use sqlx::{Postgres, Transaction};
use uuid::Uuid;

use super::low_water::LowWater;
use crate::error::corrupt;
use crate::statement::{ScalarQuery as _, Statement as _};

/// This process's upper bound of the number of queued calls.
pub(crate) struct QueueBound {
    bound: Mutex<Option<Bound>>,
    low_water: Arc<LowWater>,
}

/// So many calls waited, or might come to wait again, when that number was drawn. Each that was recorded since, by
/// whichever replica, drew a number of its own.
///
/// It is known from a transaction that has committed, so that no crash sets the sequence back behind it.
#[derive(Clone, Copy)]
struct Bound {
    open: i64,
    number: i64,
}

/// The queue, locked until the transaction ends.
pub(super) struct Queue {
    /// Number of queued calls: exact, or an upper bound that is close enough for the limit.
    waiting: i64,
    counted: Option<Bound>,
}

/// Number of the advisory lock of the queue. A transaction that relies on drawn numbers takes it shared; one that counts
/// takes it exclusively.
pub(super) const QUEUE_LOCK: i64 = 0x6f72_6971;

impl QueueBound {
    /// Nothing is known yet; calls are counted from that mark on.
    pub(crate) fn new(low_water: Arc<LowWater>) -> Self {
        Self {
            bound: Mutex::default(),
            low_water,
        }
    }

    /// Highest number with which a call certainly fits into the queue; `None` before the first count.
    ///
    /// Each call that joins draws a number, whether or not it commits, so a call with a number up to this one need not know
    /// the others.
    pub(super) fn most(&self, calls: &[&NewCall]) -> Option<i64> {
        let bound = self.bound()?;
        Some(i64::from(lowest_limit(calls)?) - bound.open + bound.number)
    }

    /// Keeps everybody else from joining, for so many calls at the most.
    ///
    /// The second of two calls that join counts the first. In this order everywhere: the key's row, then this lock.
    pub(super) async fn enter(
        &self,
        transaction: &mut Transaction<'_, Postgres>,
        calls: &[&NewCall],
    ) -> Result<Queue> {
        // The subquery, which `offset 0` keeps one, holds the lock before the number is drawn.
        let number: i64 = sqlx::query_scalar(
            "select nextval('call_numbers') from (select pg_advisory_xact_lock($1) offset 0) as held",
        )
        .bind(QUEUE_LOCK)
        .value(&mut **transaction)
        .await?;
        if let Some(bound) = self.bound() {
            let waiting = bound.open + (number - bound.number);
            if fits(waiting, calls) {
                return Ok(Queue {
                    waiting,
                    counted: None,
                });
            }
        }
        let lowest = self.low_water.open(&mut **transaction).await?;
        count(transaction, lowest).await
    }

    /// Keeps what was counted, once the transaction has committed.
    pub(super) fn keep(&self, queue: &Queue) {
        if let Some(counted) = queue.counted {
            *self.bound.lock().unwrap_or_else(PoisonError::into_inner) = Some(counted);
        }
    }

    fn bound(&self) -> Option<Bound> {
        *self.bound.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queue {
    /// Joins it, if there is room.
    pub(super) fn join(&mut self, limit: u32) -> bool {
        let has_room = self.waiting < i64::from(limit);
        self.waiting += i64::from(has_room);
        has_room
    }
}

/// Returns whether all of them may join a queue of that length.
fn fits(waiting: i64, calls: &[&NewCall]) -> bool {
    let joining = i64::try_from(calls.len()).unwrap_or(i64::MAX);
    lowest_limit(calls).is_some_and(|limit| waiting.saturating_add(joining) <= i64::from(limit))
}

fn lowest_limit(calls: &[&NewCall]) -> Option<u32> {
    calls.iter().filter_map(|call| call.queue_limit).min()
}

/// Takes time in proportion to the queue. A `sent` call may return to the queue if it was certainly not dialled. No open
/// call has a lower id than `lowest`.
async fn count(transaction: &mut Transaction<'_, Postgres>, lowest: Uuid) -> Result<Queue> {
    let counted = sqlx::query(
        "select count(*) filter (where status = 'queued') as waiting, count(*) as open, nextval('call_numbers') as number
         from calls where status in ('queued', 'reserved', 'sent') and id >= $1",
    )
    .bind(lowest)
    .find(&mut **transaction, |row| {
        Ok(Queue {
            waiting: get(row, "waiting")?,
            counted: Some(Bound {
                open: get(row, "open")?,
                number: get(row, "number")?,
            }),
        })
    });
    counted.await?.ok_or_else(|| corrupt("a count has no row"))
}
