//! The states that a call went through, as they stand in its row: see [`ori_store::status_history`]. A call that has not moved
//! yet has no line: its row has its status and the time of the change.

use chrono::{DateTime, Utc};
use ori_shared::call::CallStatus;
use ori_store::status_history;

use crate::codec::text;

/// SQL expression of the new history: the previous lines and the bound one;
/// the first one before them if there was none, from the row's previous values.
macro_rules! with_line {
    ($line:literal) => {
        concat!(
            "coalesce(history, json_build_array(status, (extract(epoch from created_at) * 1000000)::bigint, null)::text || e'\\n') || ",
            $line
        )
    };
}
pub(super) use with_line;

/// The line that says that the call stands there from then on.
pub(super) fn encode(status: CallStatus, reason: Option<&str>, at: DateTime<Utc>) -> String {
    status_history::encode(status, reason.map(text).as_deref(), at)
}
