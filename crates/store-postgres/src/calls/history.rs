//! The states that a call went through, as they stand in its row: see [`ori_store::history`]. A call that has not moved
//! yet has no line: its row tells where it stands, and since when.

use chrono::{DateTime, Utc};
use ori_shared::call::{CallEvent, CallStatus};
use ori_store::{Result, history};
use sqlx::postgres::PgRow;

use crate::convert::{corrupt, get, text};

/// What a statement that moves a call keeps as its history: the lines that were there and the one that is bound there;
/// the first one ahead of them where there was none. It is told by what the row held before.
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
pub(super) fn line(status: CallStatus, reason: Option<&str>, at: DateTime<Utc>) -> String {
    history::line(status, reason.map(text).as_deref(), at)
}

/// Where the call stood when it was recorded; from a row with the columns `status, created_at`, which has no line yet.
pub(super) fn first(row: &PgRow) -> Result<CallEvent> {
    Ok(CallEvent {
        status: CallStatus::parse(get(row, "status")?)
            .ok_or_else(|| corrupt("a call has an unknown status"))?,
        reason: None,
        at: get(row, "created_at")?,
    })
}
