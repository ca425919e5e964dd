//! The states that a call went through, as they stand in its row: each a line of JSON, so that one more is written by
//! putting it behind the others. A call that has not moved yet has no line: its row tells where it stands, and since when.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use ori_shared::call::{CallEvent, CallStatus};
use ori_store::Result;
use ori_store::transfer::Value;
use serde_json::json;
use sqlx::postgres::PgRow;
use sqlx::{Postgres, Transaction};
use uuid::Uuid;

use crate::convert::{corrupt, failed, get, text};

/// What a statement that moves a call keeps as its history: the lines that were there and the one that is bound there; the
/// first one ahead of them where there was none. It is told by what the row held before.
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
    format!(
        "{}\n",
        json!([status.as_str(), at.timestamp_micros(), reason.map(text)])
    )
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

/// The table of which other engines hand over the events.
pub(crate) const TABLE: &str = "call_events";

/// How many events there are, where each call has all its lines.
pub(crate) const COUNT: &str =
    "select coalesce(sum(length(history) - length(replace(history, e'\\n', ''))), 0)::bigint from calls";

/// Puts events that another engine hands over, in their order, into the rows of their calls.
pub(crate) async fn take(transaction: &mut Transaction<'_, Postgres>, rows: Vec<Vec<Value>>) -> Result<()> {
    let mut lines: BTreeMap<Uuid, String> = BTreeMap::new();
    for row in rows {
        let Ok(
            [
                Value::Id(Some(call)),
                _,
                Value::Text(Some(status)),
                Value::Text(reason),
                Value::Instant(Some(at)),
            ],
        ) = <[Value; 5]>::try_from(row)
        else {
            return Err(corrupt("an event is not one"));
        };
        let status = CallStatus::parse(&status).ok_or_else(|| corrupt("an event has an unknown status"))?;
        *lines.entry(call).or_default() += &line(status, reason.as_deref(), at);
    }
    sqlx::query(
        "update calls set history = concat(history, told.lines) from unnest($1::uuid[], $2::text[]) as told (call_id, lines)
         where id = told.call_id",
    )
    .bind(lines.keys().copied().collect::<Vec<_>>())
    .bind(lines.into_values().collect::<Vec<_>>())
    .execute(&mut **transaction)
    .await
    .map_err(failed)?;
    Ok(())
}

/// What the lines say.
pub(super) fn read(lines: &str) -> Result<Vec<CallEvent>> {
    lines.lines().map(event).collect()
}

fn event(line: &str) -> Result<CallEvent> {
    let unreadable = || corrupt("a call's history cannot be read");
    let (status, at, reason): (&str, i64, Option<String>) =
        serde_json::from_str(line).map_err(|_| unreadable())?;
    Ok(CallEvent {
        status: CallStatus::parse(status).ok_or_else(unreadable)?,
        reason,
        at: DateTime::from_timestamp_micros(at).ok_or_else(unreadable)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read_whatever_the_reason() {
        let at = DateTime::from_timestamp_micros(1_700_000_000_123_456).unwrap_or_default();
        let mut lines = line(CallStatus::Sent, None, at);
        lines += &line(CallStatus::Failed, Some("said \"no\",\n[then] hung up"), at);
        let event = |status, reason: Option<&str>| CallEvent {
            status,
            reason: reason.map(str::to_owned),
            at,
        };
        assert_eq!(
            read(&lines).unwrap_or_default(),
            [
                event(CallStatus::Sent, None),
                event(CallStatus::Failed, Some("said \"no\",\n[then] hung up")),
            ]
        );
        assert!(read("sent\n").is_err());
    }
}
