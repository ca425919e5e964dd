//! Low-water marks: lower bounds of the ids of open calls.
//!
//! A call that has ended leaves dead entries in the indexes by status, which the server cannot remove while any transaction
//! holds an older snapshot. A dump holds one for hours. A scan that begins at a mark passes over none but the youngest.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use ori_store::Result;
use ori_store::rows::optional;
use sqlx::PgExecutor;
use tokio::time::Instant;
use uuid::Uuid;

use crate::error::corrupt;
use crate::statement::Statement as _;

/// The marks of this process.
#[derive(Default)]
pub(crate) struct LowWater {
    /// Lower bound of the numbers of `sent` calls, by host.
    sent: Mutex<HashMap<String, i64>>,
    open: Mutex<Option<Open>>,
}

/// No open call has a lower id.
#[derive(Clone, Copy)]
struct Open {
    lowest: Uuid,
    /// Time of the last scan of all calls.
    full_scan: Instant,
}

impl LowWater {
    /// The number from which on the calls that are `sent` at that host are to be found.
    pub(super) fn sent(&self, host: &str) -> i64 {
        let marks = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        marks.get(host).copied().unwrap_or(i64::MIN)
    }

    /// Stores the lowest number that was found at that host. Only a number of a committed transaction may be stored: a
    /// crash sets the sequence back behind any other.
    pub(super) fn set_sent(&self, host: &str, lowest: i64) {
        let mut marks = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        marks.insert(host.to_owned(), lowest);
    }

    /// Returns an id such that no call that is `queued`, `reserved` or `sent` has a lower one.
    ///
    /// A call that another process has not committed yet, or made by a clock that is behind, may have an id that is lower
    /// than those in sight: the mark stays [`MARGIN`] below the newest id, and all calls are looked at once in
    /// [`FULL_SCAN_EVERY`].
    pub(super) async fn open(&self, executor: impl PgExecutor<'_>) -> Result<Uuid> {
        let now = Instant::now();
        let known = self
            .open_mark()
            .filter(|known| now - known.full_scan < FULL_SCAN_EVERY)
            .unwrap_or(Open {
                lowest: Uuid::nil(),
                full_scan: now,
            });
        let found = sqlx::query(
            "select (select id from calls order by id desc limit 1) as newest,
                    least((select id from calls where status = 'queued' and id >= $1 order by id limit 1),
                          (select id from calls where status = 'reserved' and id >= $1 order by id limit 1),
                          (select id from calls where status = 'sent' and id >= $1 order by id limit 1)) as lowest",
        )
        .bind(known.lowest)
        .find(executor, |row| {
            Ok((
                optional::<Uuid>(row, "newest")?.unwrap_or_default(),
                optional::<Uuid>(row, "lowest")?,
            ))
        });
        let (newest, lowest) = found
            .await?
            .ok_or_else(|| corrupt("a select without from has no row"))?;
        let settled = below(newest);
        let lowest = lowest.map_or(settled, |lowest| lowest.min(settled));
        *self.open.lock().unwrap_or_else(PoisonError::into_inner) = Some(Open { lowest, ..known });
        Ok(lowest)
    }

    fn open_mark(&self) -> Option<Open> {
        *self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An id made [`MARGIN`] earlier: ids begin with the milliseconds of their time.
fn below(id: Uuid) -> Uuid {
    Uuid::from_u128(id.as_u128().saturating_sub(MARGIN.as_millis() << 80))
}

const MARGIN: Duration = Duration::from_secs(60);
const FULL_SCAN_EVERY: Duration = Duration::from_secs(60);
