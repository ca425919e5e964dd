use std::collections::BTreeMap;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use ori_key::KeyDigest;
use ori_shared::call::{CallDetails, CallEvent, CallSearch, CallStatus, CallView};
use ori_shared::webhook::CallEventType;
use uuid::Uuid;

use crate::{Result, StoreError, event_of_step};

/// The calls: recorded before any voice worker is asked.
#[async_trait]
pub trait Calls: Send + Sync {
    /// Authorizes the key, creates the idempotency record and records the call, in one serial step: of this and any change
    /// of the key, one precedes the other as a whole. A recorded call counts as a use of the key.
    async fn admit_call(&self, call: NewCall) -> Result<Admission>;

    /// Makes a status transition if the call has the status that the transition requires, and returns whether it did. The
    /// worker's data and the response are stored in either case, because a result may overtake them.
    async fn transition_call(&self, step: Transition) -> Result<bool>;

    /// Stores a result and returns the id of its call, or `None` if there is no such call. It is idempotent, and absent
    /// fields do not change.
    async fn add_call_result(&self, result: CallResult) -> Result<Option<Uuid>>;

    /// The call of that id, with all that is known of it.
    async fn call(&self, id: Uuid) -> Result<Option<CallRecord>>;

    /// Returns a page of the matching calls, newest first, and the cursor of the next page, if there may be one. A page
    /// that would take long to fill may have fewer calls than the limit, even none, and still be followed by others.
    async fn list_calls(&self, query: CallQuery) -> Result<(Vec<Call>, Option<Uuid>)>;

    /// The calls that wait for a voice worker, oldest first, behind the one of that id.
    async fn queued_calls(&self, after: Option<Uuid>, limit: u32) -> Result<Vec<QueuedCall>>;

    /// Deletes idempotency records that were made before that time and whose call ended and last changed before it, at most
    /// so many; returns how many. The record of a call that may still be dialled stays.
    ///
    /// Processes that share a database do not trust one process's clock: a record or call of the last 24 hours by the
    /// database's clock stays, whatever the given time. The same applies to [`Self::purge_calls`].
    async fn delete_expired_idempotency_keys(&self, before: DateTime<Utc>, limit: u32) -> Result<u64>;

    /// Deletes calls that were created before that time (to the millisecond), are over, and last changed before it: about
    /// `limit` at most, oldest first. Returns their number. Their history and idempotency records are deleted with them, and
    /// their events except those that are still to be delivered.
    ///
    /// A call is over if it is not `queued`, `reserved` or `sent`. Later results of an `accepted` or `unknown` one are lost.
    async fn purge_calls(&self, before: DateTime<Utc>, limit: u32) -> Result<u64>;

    /// Notes that a key was used without a call. A use that precedes the one that is stored changes nothing.
    async fn note_use(&self, key: Uuid, now: DateTime<Utc>) -> Result<()>;

    /// Notes when and why a known key was refused.
    async fn note_refusal(&self, key: Uuid, reason: &str, now: DateTime<Utc>) -> Result<()>;
}

/// The lowest id that a call can have that was asked for at that time, to the millisecond, or later.
#[must_use]
pub fn lowest_call_id(time: DateTime<Utc>) -> Uuid {
    let millis = u128::try_from(time.timestamp_millis()).unwrap_or_default();
    // 48 bits hold the time, until the year 10889.
    Uuid::from_u128(millis.min((1 << 48) - 1) << 80)
}

/// A call that is asked for.
#[derive(Clone)]
pub struct NewCall {
    /// The call's id: a UUID of version 7, which begins with the milliseconds of `now`.
    pub id: Uuid,
    /// The key that was presented.
    pub key: KeyDigest,
    /// The claim that makes repeating the request safe.
    pub claim: Option<IdempotencyRecord>,
    /// Limit of the queue if the call is to be queued; `None` if it is dispatched at once.
    pub queue_limit: Option<u32>,
    /// The validated dialout.
    pub order: CallOrder,
    /// Time of the request.
    pub now: DateTime<Utc>,
}

impl NewCall {
    /// Returns the status that it is recorded with, unless its first attempt begins with it.
    #[must_use]
    pub fn first_status(&self) -> CallStatus {
        match self.queue_limit {
            Some(_) => CallStatus::Queued,
            None => CallStatus::Reserved,
        }
    }
}

/// The validated dialout.
#[derive(Clone, PartialEq, Eq)]
pub struct CallOrder {
    /// The bot that speaks.
    pub bot_id: String,
    /// The number to call, in E.164.
    pub to_number: String,
    /// The number to call as it was sent.
    pub to_number_raw: String,
    /// The number to show, in E.164.
    pub from_number: Option<String>,
    /// The number to show as it was sent.
    pub from_number_raw: Option<String>,
    /// Variables for the bot.
    pub variables: BTreeMap<String, String>,
    /// The caller's own name for the call.
    pub call_reference: Option<String>,
}

impl CallOrder {
    /// Returns the variables as JSON text.
    ///
    /// # Errors
    /// Returns an error if they cannot be serialized.
    pub fn variables_json(&self) -> Result<String> {
        serde_json::to_string(&self.variables).map_err(|error| StoreError::Fault(error.into()))
    }
}

/// An idempotency key and what was asked under it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyRecord {
    /// The key, unique within the API key's own.
    pub idempotency_key: String,
    /// SHA-256 of what the request means.
    pub fingerprint: [u8; 32],
    /// The fingerprint that former releases stored for the same request. A record that has it is of the same request.
    pub former_fingerprint: [u8; 32],
    /// The response, if it is known when the call is recorded.
    pub answer: Option<Answer>,
}

impl IdempotencyRecord {
    /// Whether a record with that fingerprint is of the same request.
    #[must_use]
    pub fn is_of(&self, fingerprint: &[u8]) -> bool {
        fingerprint == self.fingerprint || fingerprint == self.former_fingerprint
    }
}

/// Decision on a dialout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Admission {
    /// The call is recorded.
    Recorded {
        /// The key that it is made with.
        key_id: Uuid,
    },
    /// No call was recorded.
    Rejected {
        /// The key that was presented, if it is known.
        key_id: Option<Uuid>,
        /// The reason.
        reason: Rejection,
    },
}

impl Admission {
    /// Returns why no call was recorded.
    #[cfg(feature = "testing")]
    #[must_use]
    pub fn rejection(&self) -> Option<&Rejection> {
        match self {
            Self::Recorded { .. } => None,
            Self::Rejected { reason, .. } => Some(reason),
        }
    }

    /// Rejects the dialout of a known key.
    #[must_use]
    pub fn rejected(key_id: Uuid, reason: Rejection) -> Self {
        Self::Rejected {
            key_id: Some(key_id),
            reason,
        }
    }

    /// Rejects a dialout with a key that is not known.
    #[must_use]
    pub fn unknown_key() -> Self {
        Self::Rejected {
            key_id: None,
            reason: Rejection::UnknownKey,
        }
    }
}

/// Reason why no call was recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rejection {
    /// There is no such key.
    UnknownKey,
    /// The key is switched off.
    KeyInactive,
    /// The key has expired.
    KeyExpired,
    /// The same request was answered before: its stored answer.
    Replay(Answer),
    /// The same request is still running.
    InProgress,
    /// The same request was made before, and no answer to it was stored.
    Unanswered {
        /// The call that it made.
        call_id: Uuid,
        /// The call's status.
        status: CallStatus,
    },
    /// The idempotency key was used for another request.
    Mismatch {
        /// The call that it made.
        call_id: Uuid,
    },
    /// The queue is full.
    QueueFull,
}

/// An answer that is kept for repetitions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Its HTTP status.
    pub status: u16,
    /// Its body.
    pub body: String,
}

/// A step in a call's life.
#[derive(Clone, Debug)]
pub struct Transition {
    /// The call.
    pub call: Uuid,
    /// Required statuses.
    pub from: &'static [CallStatus],
    /// New status.
    pub to: CallStatus,
    /// Id of the attempt. A transition to `sent` starts an attempt; a later transition with its id applies only while no
    /// other attempt has started.
    pub attempt: Option<Uuid>,
    /// The reason, as a word.
    pub reason: Option<String>,
    /// The voice host that is being asked.
    pub host: Option<String>,
    /// The worker's own id of the call.
    pub worker_call_id: Option<String>,
    /// The room that the call takes place in.
    pub room_name: Option<String>,
    /// Change of the idempotency record.
    pub claim: IdempotencyUpdate,
    /// Whether the request was answered before, so that the client does not know of a refusal yet.
    pub is_news: bool,
    /// Time of the change.
    pub now: DateTime<Utc>,
}

impl Transition {
    /// Event for webhooks if the transition applies.
    #[must_use]
    pub fn event(&self) -> Option<CallEventType> {
        event_of_step(self.to, self.is_news)
    }

    /// Whether it moves a call that stands there, of which that attempt was begun last.
    #[must_use]
    pub fn moves(&self, status: CallStatus, last_attempt: Option<Uuid>) -> bool {
        let goes_on = self.attempt.is_some()
            && self.to != CallStatus::Sent
            && matches!(status, CallStatus::Sent | CallStatus::Unknown);
        self.from.contains(&status) && (!goes_on || self.attempt == last_attempt)
    }

    /// A step that says nothing besides itself.
    #[must_use]
    pub fn new(call: Uuid, from: &'static [CallStatus], to: CallStatus, now: DateTime<Utc>) -> Self {
        Self {
            call,
            from,
            to,
            attempt: None,
            reason: None,
            host: None,
            worker_call_id: None,
            room_name: None,
            claim: IdempotencyUpdate::Open,
            is_news: false,
            now,
        }
    }
}

/// Change of an idempotency record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IdempotencyUpdate {
    /// The request is still running.
    Open,
    /// This is the answer, also for repetitions.
    Answered(Answer),
    /// Nothing was done: a repetition is a new attempt.
    Released,
}

/// A voice worker's report of a call. Absent fields are `None`.
#[derive(Clone, Debug, Default)]
pub struct CallResult {
    /// Our id of the call.
    pub call: Option<Uuid>,
    /// The worker's own id of the call, for when ours is missing.
    pub worker_call_id: Option<String>,
    /// The worker's session.
    pub session_id: Option<String>,
    /// The worker's media stream.
    pub stream_id: Option<String>,
    /// The number that was shown.
    pub caller_id: Option<String>,
    /// Duration of the conversation, in seconds.
    pub duration_seconds: Option<f64>,
    /// Cause of its end.
    pub disconnected_by: Option<String>,
    /// The SIP status with which it failed.
    pub sip_status: Option<u16>,
    /// Address of its recording.
    pub recording_url: Option<String>,
    /// Transcript, as text or JSON text.
    pub transcript: Option<String>,
    /// Time of the report.
    pub now: DateTime<Utc>,
}

impl CallResult {
    /// Returns the new status and reason of a call with this status, or `None` if it does not change.
    ///
    /// A result for what waits to be dialled is another call's: it must not keep this one from being dialled.
    #[must_use]
    pub fn moves(&self, status: CallStatus) -> Option<(CallStatus, &str)> {
        let word = self.disconnected_by.as_deref()?;
        let after = CallStatus::after_result(word);
        let stays = after == status || matches!(status, CallStatus::Queued | CallStatus::Reserved);
        (!stays).then_some((after, word))
    }
}

/// A call as it is stored.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// The call's id.
    pub id: Uuid,
    /// The key that it was made with.
    pub key_id: Uuid,
    /// Name of the key when the call was recorded.
    pub key_name: String,
    /// The bot that speaks.
    pub bot_id: String,
    /// The number to call, in E.164.
    pub to_number: String,
    /// The number to show, in E.164.
    pub from_number: Option<String>,
    /// The caller's own name for the call.
    pub call_reference: Option<String>,
    /// Its status.
    pub status: CallStatus,
    /// The reason, as a word.
    pub reason: Option<String>,
    /// The room that it takes place in.
    pub room_name: Option<String>,
    /// Duration of the conversation, in seconds.
    pub duration_seconds: Option<f64>,
    /// Cause of its end.
    pub disconnected_by: Option<String>,
    /// The SIP status with which it failed.
    pub sip_status: Option<u16>,
    /// Address of its recording.
    pub recording_url: Option<String>,
    /// Time of its admission.
    pub created_at: DateTime<Utc>,
    /// Time of its last change. It grows with each change, in the order of the commits, even if the clocks disagree.
    pub updated_at: DateTime<Utc>,
}

impl Call {
    /// The call as a list shows it.
    #[must_use]
    pub fn into_view(self) -> CallView {
        CallView {
            call_id: self.id,
            status: self.status,
            reason: self.reason,
            key_id: self.key_id,
            key_name: self.key_name,
            bot_id: self.bot_id,
            to_number: self.to_number,
            from_number: self.from_number,
            call_reference: self.call_reference,
            room_name: self.room_name,
            duration_seconds: self.duration_seconds,
            disconnected_by: self.disconnected_by,
            sip_status: self.sip_status,
            recording_url: self.recording_url,
            created_at: self.created_at,
            updated_at: self.updated_at,
            details: None,
            history: Vec::new(),
        }
    }
}

/// A call with all that is known of it.
#[derive(Clone, Debug, PartialEq)]
pub struct CallRecord {
    /// The call.
    pub call: Call,
    /// Details, which lists omit.
    pub details: CallDetails,
    /// The states that it went through, the first one first.
    pub history: Vec<CallEvent>,
}

impl CallRecord {
    /// The call as it is shown by itself.
    #[must_use]
    pub fn into_view(self) -> CallView {
        CallView {
            details: Some(self.details),
            history: self.history,
            ..self.call.into_view()
        }
    }
}

/// A call that waits for a voice worker.
#[derive(Clone)]
pub struct QueuedCall {
    /// The call's id.
    pub id: Uuid,
    /// Time of its admission.
    pub created_at: DateTime<Utc>,
    /// The validated dialout.
    pub order: CallOrder,
}

/// Which calls are wanted.
#[derive(Clone, Debug, Default)]
pub struct CallQuery {
    /// Only those made with that key.
    pub key: Option<Uuid>,
    /// Only those of that reference.
    pub reference: Option<String>,
    /// Only those of that bot.
    pub bot: Option<String>,
    /// Only those that this finds.
    pub search: Option<CallSearch>,
    /// Only those that stand there.
    pub status: Option<CallStatus>,
    /// Only those asked for at that time or later.
    pub from: Option<DateTime<Utc>>,
    /// Only those asked for before that time.
    pub until: Option<DateTime<Utc>>,
    /// Only those behind that one.
    pub after: Option<Uuid>,
    /// Maximum number of calls.
    pub limit: u32,
}
