//! The states that a call went through, as they stand in its row: each a line of JSON, so that one more is written by
//! putting it behind the others.

use chrono::{DateTime, Utc};
use ori_shared::call::{CallEvent, CallStatus};
use serde_json::json;

use crate::{Result, StoreError};

/// The line, with its end, that says that the call stands there from then on.
#[must_use]
pub fn encode(status: CallStatus, reason: Option<&str>, at: DateTime<Utc>) -> String {
    // A reason is anybody's text, a status one of our words.
    let reason = reason.map_or_else(|| "null".into(), |reason| json!(reason).to_string());
    format!("[\"{}\",{},{reason}]\n", status.as_str(), at.timestamp_micros())
}

/// The longest history in which a call that goes back and forth between `queued` and `sent` leaves more lines. A host that
/// reports capacity which it does not have would otherwise add two with each of its health answers. Every other state is
/// recorded, however long the history is.
pub const BACK_AND_FORTH_MAX_BYTES: i32 = 8192;

/// Decodes the lines.
///
/// # Errors
/// Returns an error if a line is malformed.
pub fn decode(lines: &str) -> Result<Vec<CallEvent>> {
    lines.lines().map(event).collect()
}

fn event(line: &str) -> Result<CallEvent> {
    let unreadable = || StoreError::Fault("a call's history cannot be read".into());
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
    fn an_encoded_line_decodes_whatever_its_reason() {
        let at = DateTime::from_timestamp_micros(1_700_000_000_123_456).unwrap_or_default();
        let mut lines = encode(CallStatus::Sent, None, at);
        lines += &encode(CallStatus::Failed, Some("said \"no\",\n[then] hung up"), at);
        let events = decode(&lines).unwrap_or_default();
        assert_eq!(
            events
                .iter()
                .map(|event| (event.status, event.reason.as_deref(), event.at))
                .collect::<Vec<_>>(),
            [
                (CallStatus::Sent, None, at),
                (CallStatus::Failed, Some("said \"no\",\n[then] hung up"), at),
            ]
        );
        assert!(decode("sent\n").is_err());
    }
}
