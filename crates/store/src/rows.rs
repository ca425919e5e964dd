//! Maps rows of a database to the types of this crate. The engines share it: each says how a column is read, and its
//! statements name the columns as they are named here.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use ori_key::{KeyDigest, WebhookSecret};
use ori_shared::account::Role;
use ori_shared::call::{CallDetails, CallEvent, CallStatus};
use ori_shared::webhook::{CallEventType, DeliveryStatus, WebhookDelivery};
use uuid::Uuid;

use crate::{
    Account, Answer, ApiKey, Call, CallOrder, CallRecord, Credentials, DueDelivery, IdempotencyRecord,
    KnownKey, Position, QueuedCall, Rejection, Result, Session, StoreError, Webhook, status_history,
};

/// A row of a result. Each method reads a column by its name and returns `None` for null.
pub trait Row {
    /// Reads a UUID.
    fn id(&self, column: &str) -> Result<Option<Uuid>>;
    /// Reads bytes.
    fn bytes(&self, column: &str) -> Result<Option<Vec<u8>>>;
    /// Reads a text.
    fn text(&self, column: &str) -> Result<Option<String>>;
    /// Reads a truth value.
    fn flag(&self, column: &str) -> Result<Option<bool>>;
    /// Reads an integer.
    fn whole(&self, column: &str) -> Result<Option<i64>>;
    /// Reads a floating-point number.
    fn real(&self, column: &str) -> Result<Option<f64>>;
    /// Reads an instant.
    fn instant(&self, column: &str) -> Result<Option<DateTime<Utc>>>;
}

/// A type that a column is read as.
pub trait Column: Sized {
    /// Reads the column, `None` for null.
    ///
    /// # Errors
    /// Returns an error if the column holds another type, or a value that this type does not have.
    fn read(row: &dyn Row, column: &str) -> Result<Option<Self>>;
}

/// Reads a column that is not null.
///
/// # Errors
/// When it is, or holds another type.
pub fn get<T: Column>(row: &dyn Row, column: &str) -> Result<T> {
    T::read(row, column)?.ok_or_else(|| StoreError::Fault(format!("{column} is null").into()))
}

/// Reads a column that may be null.
///
/// # Errors
/// When it holds another type.
pub fn optional<T: Column>(row: &dyn Row, column: &str) -> Result<Option<T>> {
    T::read(row, column)
}

/// Implements [`Column`] for the type that a method of [`Row`] reads.
macro_rules! columns {
    ($($type:ty: $method:ident),* $(,)?) => {
        $(impl Column for $type {
            fn read(row: &dyn Row, column: &str) -> Result<Option<Self>> {
                row.$method(column)
            }
        })*
    };
}

columns! {
    Uuid: id,
    Vec<u8>: bytes,
    String: text,
    bool: flag,
    i64: whole,
    f64: real,
    DateTime<Utc>: instant,
}

/// Implements [`Column`] for a type that another one is converted to.
macro_rules! converted_columns {
    ($($type:ty: $stored:ty, $convert:expr;)*) => {
        $(impl Column for $type {
            fn read(row: &dyn Row, column: &str) -> Result<Option<Self>> {
                let Some(stored) = <$stored>::read(row, column)? else { return Ok(None) };
                let converted: Option<Self> = ($convert)(stored);
                converted.map(Some).ok_or_else(|| StoreError::Fault(format!("{column} has an unknown value").into()))
            }
        })*
    };
}

converted_columns! {
    u16: i64, |stored| u16::try_from(stored).ok();
    u32: i64, |stored| u32::try_from(stored).ok();
    u64: i64, |stored| u64::try_from(stored).ok();
    KeyDigest: Vec<u8>, |stored: Vec<u8>| stored.try_into().map(Self::from_bytes).ok();
    WebhookSecret: Vec<u8>, |stored: Vec<u8>| stored.try_into().map(Self::from_bytes).ok();
    Role: String, |stored: String| Self::parse(&stored);
    CallStatus: String, |stored: String| Self::parse(&stored);
    CallEventType: String, |stored: String| Self::parse(&stored);
    DeliveryStatus: String, |stored: String| Self::parse(&stored);
    BTreeMap<String, String>: String, |stored: String| serde_json::from_str(&stored).ok();
}

/// Maps a row with the columns `id, email, role, is_active, timezone`.
///
/// # Errors
/// Returns an error if a column cannot be read, like all of these functions.
pub fn account(row: &dyn Row) -> Result<Account> {
    Ok(Account {
        id: get(row, "id")?,
        email: get(row, "email")?,
        role: get(row, "role")?,
        is_active: get(row, "is_active")?,
        timezone: optional(row, "timezone")?,
    })
}

/// Maps a row with the columns of [`account`] and `password_hash`.
///
/// # Errors
/// Returns an error if a column cannot be read.
pub fn credentials(row: &dyn Row) -> Result<Credentials> {
    Ok(Credentials {
        account: account(row)?,
        password_hash: get(row, "password_hash")?,
    })
}

/// Maps a row with the columns of [`account`], `session_id` and `last_seen_at`.
///
/// # Errors
/// Returns an error if a column cannot be read.
pub fn session(row: &dyn Row) -> Result<Session> {
    Ok(Session {
        id: get(row, "session_id")?,
        account: account(row)?,
        last_seen_at: get(row, "last_seen_at")?,
    })
}

/// Maps a row of `api_keys` with the creator's address as `created_by`.
///
/// # Errors
/// Returns an error if a column cannot be read.
pub fn api_key(row: &dyn Row) -> Result<ApiKey> {
    Ok(ApiKey {
        id: get(row, "id")?,
        name: get(row, "name")?,
        prefix: get(row, "prefix")?,
        is_active: get(row, "is_active")?,
        expires_at: optional(row, "expires_at")?,
        last_used_at: optional(row, "last_used_at")?,
        last_refused_at: optional(row, "last_refused_at")?,
        created_at: get(row, "created_at")?,
        updated_at: get(row, "updated_at")?,
        created_by: optional(row, "created_by")?,
    })
}

/// Maps a row with the columns `digest, id, name, prefix, is_active, expires_at`.
///
/// # Errors
/// Returns an error if a column cannot be read.
pub fn known_key(row: &dyn Row) -> Result<(KeyDigest, KnownKey)> {
    let key = KnownKey {
        id: get(row, "id")?,
        name: get(row, "name")?,
        prefix: get(row, "prefix")?,
        is_active: get(row, "is_active")?,
        expires_at: optional(row, "expires_at")?,
    };
    Ok((get(row, "digest")?, key))
}

/// Maps a row with the columns `created_at, id`.
///
/// # Errors
/// Returns an error if a column cannot be read.
pub fn position(row: &dyn Row) -> Result<Position> {
    Ok(Position {
        created_at: get(row, "created_at")?,
        id: get(row, "id")?,
    })
}

/// Maps the columns of `calls` that a list shows.
///
/// # Errors
/// Returns an error if a column cannot be read.
pub fn call(row: &dyn Row) -> Result<Call> {
    Ok(Call {
        id: get(row, "id")?,
        key_id: get(row, "key_id")?,
        key_name: get(row, "key_name")?,
        bot_id: get(row, "bot_id")?,
        to_number: get(row, "to_number")?,
        from_number: optional(row, "from_number")?,
        call_reference: optional(row, "call_reference")?,
        status: get(row, "status")?,
        reason: optional(row, "reason")?,
        room_name: optional(row, "room_name")?,
        duration_seconds: optional(row, "duration_seconds")?,
        disconnected_by: optional(row, "disconnected_by")?,
        sip_status: optional(row, "sip_status")?,
        recording_url: optional(row, "recording_url")?,
        created_at: get(row, "created_at")?,
        updated_at: get(row, "updated_at")?,
    })
}

/// Maps all columns of `calls` but its history.
///
/// # Errors
/// Returns an error if a column cannot be read.
pub fn call_without_history(row: &dyn Row) -> Result<CallRecord> {
    Ok(CallRecord {
        call: call(row)?,
        details: CallDetails {
            variables: get(row, "variables")?,
            caller_id: optional(row, "caller_id")?,
            session_id: optional(row, "session_id")?,
            stream_id: optional(row, "stream_id")?,
            transcript: optional(row, "transcript")?,
        },
        history: Vec::new(),
    })
}

/// Maps all columns of `calls`. A call without a history has not changed since it was recorded.
///
/// # Errors
/// Returns an error if a column cannot be read.
pub fn call_record(row: &dyn Row) -> Result<CallRecord> {
    let record = call_without_history(row)?;
    let first = || CallEvent {
        status: record.call.status,
        reason: None,
        at: record.call.created_at,
    };
    let history = match optional::<String>(row, "history")? {
        Some(lines) => status_history::decode(&lines)?,
        None => vec![first()],
    };
    Ok(CallRecord { history, ..record })
}

/// Maps the columns of `calls` that dispatching a queued call needs.
///
/// # Errors
/// Returns an error if a column cannot be read.
pub fn queued_call(row: &dyn Row) -> Result<QueuedCall> {
    Ok(QueuedCall {
        id: get(row, "id")?,
        created_at: get(row, "created_at")?,
        order: CallOrder {
            bot_id: get(row, "bot_id")?,
            to_number: get(row, "to_number")?,
            to_number_raw: get(row, "to_number_raw")?,
            from_number: optional(row, "from_number")?,
            from_number_raw: optional(row, "from_number_raw")?,
            variables: get(row, "variables")?,
            call_reference: optional(row, "call_reference")?,
        },
    })
}

/// Maps a row with the columns `fingerprint, call_id, answer_status, answer_body` of an idempotency record and the `status`
/// of its call to what a request under that record leads to.
///
/// # Errors
/// When a column cannot be read, or there is no such call.
pub fn replay(row: &dyn Row, claim: &IdempotencyRecord) -> Result<Rejection> {
    let call_id = get(row, "call_id")?;
    if !claim.is_of(&get::<Vec<u8>>(row, "fingerprint")?) {
        return Ok(Rejection::Mismatch { call_id });
    }
    if let (Some(status), Some(body)) = (optional(row, "answer_status")?, optional(row, "answer_body")?) {
        return Ok(Rejection::Replay(Answer { status, body }));
    }
    match get(row, "status")? {
        CallStatus::Queued | CallStatus::Reserved | CallStatus::Sent => Ok(Rejection::InProgress),
        status => Ok(Rejection::Unanswered { call_id, status }),
    }
}

/// Maps a row of `webhooks`.
///
/// # Errors
/// Returns an error if a column cannot be read.
pub fn webhook(row: &dyn Row) -> Result<Webhook> {
    Ok(Webhook {
        url: get(row, "url")?,
        created_at: get(row, "created_at")?,
        updated_at: get(row, "updated_at")?,
        disabled_at: optional(row, "disabled_at")?,
        disabled_reason: optional(row, "disabled_reason")?,
    })
}

/// Maps a row of `webhook_deliveries` with the column `next_attempt_at`.
///
/// # Errors
/// Returns an error if a column cannot be read.
pub fn delivery(row: &dyn Row) -> Result<WebhookDelivery> {
    Ok(WebhookDelivery {
        id: get(row, "id")?,
        key_id: get(row, "key_id")?,
        call_id: get(row, "call_id")?,
        event_type: get(row, "event_type")?,
        status: get(row, "status")?,
        attempts: get(row, "attempts")?,
        last_attempt_at: optional(row, "last_attempt_at")?,
        last_status: optional(row, "last_status")?,
        last_error: optional(row, "last_error")?,
        next_attempt_at: optional(row, "next_attempt_at")?,
        created_at: get(row, "created_at")?,
    })
}

/// Maps a row of `webhook_deliveries` and its webhook, with the columns `round, since, url, secret, previous_secret`.
///
/// # Errors
/// Returns an error if a column cannot be read.
pub fn due_delivery(row: &dyn Row) -> Result<DueDelivery> {
    let secrets = [optional(row, "secret")?, optional(row, "previous_secret")?];
    Ok(DueDelivery {
        id: get(row, "id")?,
        key: get(row, "key_id")?,
        attempt: get(row, "attempts")?,
        round: get(row, "round")?,
        url: get(row, "url")?,
        secrets: secrets.into_iter().flatten().collect(),
        since: get(row, "since")?,
        body: get(row, "body")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A row whose every column holds the same.
    struct Uniform {
        whole: Option<i64>,
        text: Option<&'static str>,
    }

    impl Row for Uniform {
        fn id(&self, _: &str) -> Result<Option<Uuid>> {
            Ok(None)
        }
        fn bytes(&self, _: &str) -> Result<Option<Vec<u8>>> {
            Ok(Some(vec![1; 31]))
        }
        fn text(&self, _: &str) -> Result<Option<String>> {
            Ok(self.text.map(str::to_owned))
        }
        fn flag(&self, _: &str) -> Result<Option<bool>> {
            Ok(None)
        }
        fn whole(&self, _: &str) -> Result<Option<i64>> {
            Ok(self.whole)
        }
        fn real(&self, _: &str) -> Result<Option<f64>> {
            Ok(None)
        }
        fn instant(&self, _: &str) -> Result<Option<DateTime<Utc>>> {
            Ok(None)
        }
    }

    #[test]
    fn a_value_that_a_type_does_not_have_is_an_error_and_null_is_not() {
        let null = Uniform {
            whole: None,
            text: None,
        };
        assert!(matches!(optional::<u16>(&null, "c"), Ok(None)));
        assert!(matches!(optional::<CallStatus>(&null, "c"), Ok(None)));
        assert!(get::<u16>(&null, "c").is_err());
        for row in [
            Uniform {
                whole: Some(-1),
                text: Some("no such"),
            },
            Uniform {
                whole: Some(i64::MAX),
                text: Some(""),
            },
        ] {
            assert!(optional::<u16>(&row, "c").is_err());
            assert!(optional::<u32>(&row, "c").is_err());
            assert!(optional::<KeyDigest>(&row, "c").is_err());
            assert!(optional::<CallStatus>(&row, "c").is_err());
            assert!(optional::<BTreeMap<String, String>>(&row, "c").is_err());
        }
    }
}
