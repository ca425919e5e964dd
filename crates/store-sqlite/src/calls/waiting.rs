//! How many calls wait.

use ori_shared::call::CallStatus;
use ori_store::Result;
use sqlx::sqlite::SqliteConnection;

use crate::convert::failed;

/// How many calls wait, where that is known. To count them each time would take the longer the more there are.
#[derive(Clone, Copy, Default)]
pub(super) struct Waiting(Option<u64>);

impl Waiting {
    /// Whether they have to be counted.
    pub(super) fn is_unknown(self) -> bool {
        self.0.is_none()
    }

    /// Counts them.
    pub(super) async fn count(&mut self, connection: &mut SqliteConnection) -> Result<()> {
        let count = sqlx::query_scalar("select count(*) from calls where status = 'queued'");
        self.0 = Some(count.fetch_one(connection).await.map_err(failed)?);
        Ok(())
    }

    /// Has one more wait, unless as many do as may; says whether it does.
    pub(super) fn join(&mut self, limit: u32) -> bool {
        let joined = self.0.filter(|count| *count < u64::from(limit));
        if let Some(count) = joined {
            self.0 = Some(count + 1);
        }
        joined.is_some()
    }

    /// Counts a call that moved.
    pub(super) fn moved(&mut self, from: CallStatus, to: CallStatus) {
        if from == CallStatus::Queued {
            self.0 = self.0.and_then(|count| count.checked_sub(1));
        }
        if to == CallStatus::Queued {
            self.0 = self.0.map(|count| count + 1);
        }
    }
}
