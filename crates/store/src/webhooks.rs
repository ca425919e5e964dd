use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use ori_key::WebhookSecret;
use ori_shared::call::{CallStatus, CallView};
use ori_shared::webhook::{CallEventPayload, CallEventType, DeliveryStatus, WebhookDelivery, WebhookView};
use uuid::Uuid;

use crate::{Result, StoreError};

/// The webhooks of the keys, and the outbox: the events that are, or were, on their way to them.
///
/// Events come into the outbox by the methods of [`Calls`](crate::Calls), each in the same step as the change that it
/// tells of, and only where the key has a webhook that is not disabled then. Removing or disabling a webhook, or deleting
/// its key, marks what is pending: it is sent no more, and [`end_deliveries`](Webhooks::end_deliveries) ends it in steps.
/// What is still pending when the address is set again goes there.
#[async_trait]
pub trait Webhooks: Send + Sync {
    /// The webhook of that key.
    async fn webhook(&self, key: Uuid) -> Result<Option<Webhook>>;

    /// Sets the address of the key's webhook, or returns `None` if there is no such key. The secret is stored only if the key
    /// had no webhook; a disabled one is enabled.
    async fn set_webhook(&self, webhook: NewWebhook) -> Result<Option<SetWebhook>>;

    /// Gives the webhook another secret; says whether there was one. The secret before signs as well until then.
    async fn rotate_webhook_secret(
        &self,
        key: Uuid,
        secret: WebhookSecret,
        previous_until: DateTime<Utc>,
    ) -> Result<bool>;

    /// Removes the webhook and marks what is pending to be ended; returns whether there was one.
    async fn remove_webhook(&self, key: Uuid) -> Result<bool>;

    /// A page of the deliveries that match, newest first, and whether there are more behind it.
    async fn list_deliveries(&self, query: DeliveryQuery) -> Result<(Vec<WebhookDelivery>, bool)>;

    /// Makes the delivery pending and due now, at the beginning of the schedule, wherever it stood.
    async fn replay_delivery(&self, id: Uuid, now: DateTime<Utc>) -> Result<Replay>;

    /// Returns a time no later than when the next delivery is due or the next claim lapses. Deliveries that are to be
    /// ended do not count.
    async fn next_delivery_due(&self) -> Result<Option<DateTime<Utc>>>;

    /// Makes deliveries due now that were put off by a clock that has been set back since: those made, or last tried,
    /// after `now`, and claims that last longer than any that could have been made by now, which would end at
    /// `claims_end` at the latest.
    ///
    /// Looks at no more than `limit` pending deliveries, in the order of their ids, and returns the last one, after which
    /// the next step goes on; `None` at the end.
    async fn hasten_deliveries(
        &self,
        now: DateTime<Utc>,
        claims_end: DateTime<Utc>,
        after: Option<Uuid>,
        limit: u32,
    ) -> Result<Option<Uuid>>;

    /// Claims deliveries that are due, by [`allot`]; of each webhook the oldest first. Until the lease is over, no other
    /// claimer gets them. What was claimed and not recorded by then is due again. The cost depends on how many webhooks
    /// are due, not on how many there are or how much is pending for one.
    async fn claim_due_deliveries(&self, claim: LeaseRequest) -> Result<Vec<DueDelivery>>;

    /// Ends deliveries whose webhook was removed or disabled, or whose key was deleted, and then those that are pending
    /// since a time before that one. Ends at most `limit` and returns how many; fewer than `limit` mean that none is left.
    async fn end_deliveries(&self, before: DateTime<Utc>, limit: u32) -> Result<u64>;

    /// Stores the outcome of an attempt and returns whether its lease was still valid. It is not if it has expired and the
    /// delivery was leased again, or if the delivery was ended or replayed.
    async fn record_delivery_attempt(&self, attempt: Attempt) -> Result<bool>;

    /// Forgets what was delivered or given up and happened before that time, at most so much; returns how much.
    async fn delete_expired_deliveries(&self, before: DateTime<Utc>, limit: u32) -> Result<u64>;
}

/// A key's webhook, without its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    /// Address of the receiver.
    pub url: String,
    /// Time of creation.
    pub created_at: DateTime<Utc>,
    /// Time at which its address was last set.
    pub updated_at: DateTime<Utc>,
    /// Since when no events go there.
    pub disabled_at: Option<DateTime<Utc>>,
    /// The reason, as a word.
    pub disabled_reason: Option<String>,
}

impl Webhook {
    /// The webhook as the console shows it.
    #[must_use]
    pub fn into_view(self) -> WebhookView {
        WebhookView {
            url: self.url,
            created_at: self.created_at,
            updated_at: self.updated_at,
            disabled_at: self.disabled_at,
            disabled_reason: self.disabled_reason,
        }
    }
}

/// A webhook that is about to be set.
#[derive(Clone, Debug)]
pub struct NewWebhook {
    /// The key.
    pub key: Uuid,
    /// Validated address of the receiver.
    pub url: String,
    /// Signing secret of a new webhook.
    pub secret: WebhookSecret,
    /// Time of the change.
    pub now: DateTime<Utc>,
}

/// Result of setting a webhook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SetWebhook {
    /// The key has its first, or again its first, webhook.
    Created(Webhook),
    /// The key's webhook has another address; its secret stays.
    Changed(Webhook),
}

/// Which deliveries are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeliveryQuery {
    /// Only those of that key.
    pub key: Option<Uuid>,
    /// Only deliveries of this call.
    pub call: Option<Uuid>,
    /// Only those that stand there.
    pub status: Option<DeliveryStatus>,
    /// Only those behind that one.
    pub after: Option<Uuid>,
    /// Maximum number.
    pub limit: u32,
}

/// Result of replaying a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Replay {
    /// It is due now.
    Due(WebhookDelivery),
    /// No such delivery.
    Unknown,
    /// Its key has no webhook any more, or it is disabled.
    NoWebhook,
}

/// Request for leases.
#[derive(Clone, Copy, Debug)]
pub struct LeaseRequest {
    /// Id of the process that requests the leases.
    pub claimer: Uuid,
    /// The present.
    pub now: DateTime<Utc>,
    /// Expiry of the leases.
    pub lease_until: DateTime<Utc>,
    /// Maximum number.
    pub limit: u32,
    /// Of `limit`, so many are open to every webhook. The rest is reserved for webhooks that have nothing under way and
    /// whose last attempt did not fail.
    pub unreserved: u32,
    /// Until their bodies have so many bytes together: the last one may exceed it. None if it is 0.
    pub max_bytes: usize,
    /// At most so many that this claimer has at once for one webhook, those before included. What a claimer has that
    /// died takes nothing from the next.
    pub per_webhook: u32,
}

/// An attempt that its claimer is to make.
#[derive(Clone)]
pub struct DueDelivery {
    /// The event's id.
    pub id: Uuid,
    /// The key whose webhook it goes to.
    pub key: Uuid,
    /// The number of this attempt, including replays, which identifies the lease.
    pub attempt: u32,
    /// The number of this attempt since the event or its last replay, from 1: its place in the schedule. Attempts that
    /// were interrupted do not count.
    pub round: u32,
    /// Address of the receiver.
    pub url: String,
    /// Signing secrets, newest first.
    pub secrets: Vec<WebhookSecret>,
    /// Time of the event or of its last manual replay, from which its deadline counts.
    pub since: DateTime<Utc>,
    /// The body.
    pub body: String,
}

/// A webhook that has something due.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DueWebhook {
    /// Attempts that failed in a row.
    pub failures: u32,
    /// Attempts that are under way: the claimer's own or, if the webhook [is failing](is_failing), anyone's.
    pub in_flight: u32,
}

impl SetWebhook {
    /// Says which of both happened.
    #[must_use]
    pub fn new(webhook: Webhook, is_new: bool) -> Self {
        match is_new {
            true => Self::Created(webhook),
            false => Self::Changed(webhook),
        }
    }
}

/// An event of a call, as it is inserted into the outbox.
pub struct NewEvent {
    /// The event's id.
    pub id: Uuid,
    /// The key whose webhook it goes to.
    pub key: Uuid,
    /// The call that it reports on.
    pub call: Uuid,
    /// Type of the event.
    pub kind: CallEventType,
    /// Body of the request.
    pub body: String,
}

impl NewEvent {
    /// Renders the event that has that number among those of its call.
    ///
    /// # Errors
    /// Returns an error if it cannot be serialized.
    pub fn new(kind: CallEventType, data: CallView, number: u32, now: DateTime<Utc>) -> Result<Self> {
        let (key, call) = (data.key_id, data.call_id);
        let payload = CallEventPayload {
            kind,
            timestamp: data.updated_at,
            data,
        };
        let body = serde_json::to_string(&payload).map_err(|error| StoreError::Fault(error.into()))?;
        let id = event_id(call, number, now);
        Ok(Self {
            id,
            key,
            call,
            kind,
            body,
        })
    }
}

/// Outcome of an attempt.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// The event's id.
    pub delivery: Uuid,
    /// The number under which it was claimed.
    pub attempt: u32,
    /// The HTTP status that was answered.
    pub status: Option<u16>,
    /// The error, as a word; `None` if the receiver accepted the event.
    pub error: Option<&'static str>,
    /// Next step.
    pub fate: Fate,
    /// Time of its end.
    pub now: DateTime<Utc>,
}

/// Step after an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Nothing: it was taken.
    Delivered,
    /// Another attempt, at that time.
    Again(DateTime<Utc>),
    /// Nothing: that was the last attempt.
    GivenUp,
    /// Nothing at all goes to that address any more: its webhook is disabled. If it has another address by now, the
    /// delivery is due there at once.
    Gone {
        /// The address that wants nothing more.
        url: String,
    },
}

impl Attempt {
    /// Returns the status of the delivery after the attempt and when it is due, given whether its webhook works and has
    /// another address than the one that is gone.
    #[must_use]
    pub fn outcome(&self, has_moved: bool) -> (DeliveryStatus, Option<DateTime<Utc>>) {
        match &self.fate {
            Fate::Delivered => (DeliveryStatus::Delivered, None),
            Fate::Again(at) => (DeliveryStatus::Pending, Some(*at)),
            Fate::Gone { .. } if has_moved => (DeliveryStatus::Pending, Some(self.now)),
            Fate::GivenUp | Fate::Gone { .. } => (DeliveryStatus::Failed, None),
        }
    }

    /// Returns how often the receiver has failed in a row after the attempt, and when it may be tried next.
    #[must_use]
    pub fn failures(&self, before: u32) -> (u32, Option<DateTime<Utc>>) {
        let failures = match self.fate {
            Fate::Again(_) | Fate::GivenUp => before.saturating_add(1),
            Fate::Delivered | Fate::Gone { .. } => 0,
        };
        (failures, back_off(failures).map(|pause| self.now + pause))
    }
}

/// The word for what a removed webhook leaves undelivered.
pub const WEBHOOK_REMOVED: &str = "webhook_removed";
/// The word for what a disabled webhook leaves undelivered.
pub const WEBHOOK_DISABLED: &str = "webhook_disabled";
/// The word for why a webhook is disabled whose receiver answered 410.
pub const GONE: &str = "gone";

/// The word for an event that was not delivered by its deadline.
pub const EXPIRED: &str = "expired";

/// After so many failures in a row, a receiver gets one attempt at a time, with a pause between them.
pub const FAILING: u32 = 5;

/// Returns whether a receiver gets one attempt at a time.
#[must_use]
pub const fn is_failing(failures: u32) -> bool {
    failures >= FAILING
}

/// Returns the pause before a receiver that failed so often in a row gets its next attempt: 5 s, doubled with each
/// failure, 5 min at most.
#[must_use]
pub fn back_off(failures: u32) -> Option<TimeDelta> {
    let doublings = failures.checked_sub(FAILING)?.min(6);
    Some(TimeDelta::seconds((5 << doublings).min(300)))
}

/// Returns how many deliveries a claim takes for each of these webhooks, which are ordered by when they were last served,
/// the longest ago first.
///
/// Webhooks that have nothing under way and did not fail last come first, one delivery each. Then those with the fewest
/// attempts under way, within what is not reserved.
#[must_use]
pub fn allot(due: &[DueWebhook], claim: &LeaseRequest) -> Vec<u32> {
    let mut allotted = vec![0; due.len()];
    let mut total = 0;
    for (count, webhook) in allotted.iter_mut().zip(due) {
        if total < claim.limit && webhook.failures == 0 && webhook.in_flight == 0 && claim.per_webhook > 0 {
            *count = 1;
            total += 1;
        }
    }
    let open = claim.unreserved.min(claim.limit);
    for level in 0..claim.per_webhook {
        for (count, webhook) in allotted.iter_mut().zip(due) {
            let most = if is_failing(webhook.failures) {
                1
            } else {
                claim.per_webhook
            };
            let under_way = webhook.in_flight + *count;
            if total < open && under_way == level && under_way < most {
                *count += 1;
                total += 1;
            }
        }
    }
    allotted
}

/// The id of a call's event, the `number`th of that call: UUID version 7, whose random bits are the call's own and
/// whose counter is the number (RFC 9562, section 6.2). So the store needs no random source, and ids sort by time.
#[must_use]
pub fn event_id(call: Uuid, number: u32, now: DateTime<Utc>) -> Uuid {
    let mut bits = [0; 10];
    bits[..2].copy_from_slice(&number.to_be_bytes()[2..]);
    bits[2..].copy_from_slice(&call.as_bytes()[8..]);
    let millis = u64::try_from(now.timestamp_millis()).unwrap_or_default();
    uuid::Builder::from_unix_timestamp_millis(millis, &bits).into_uuid()
}

/// Returns the event of a transition. A refusal has one only if it was not the response to the request.
#[must_use]
pub fn event_of_step(to: CallStatus, is_news: bool) -> Option<CallEventType> {
    match to {
        CallStatus::Unknown => Some(CallEventType::Unknown),
        CallStatus::Refused if is_news => Some(CallEventType::Refused),
        _ => None,
    }
}

/// Returns the event of a result, from the call before and after it, or `None` if the result is not news.
#[must_use]
pub fn event_of_result(before: &CallView, after: &CallView) -> Option<CallEventType> {
    if ended(before.status).is_none() {
        return ended(after.status);
    }
    let mut as_before = after.clone();
    as_before.updated_at = before.updated_at;
    (as_before != *before).then_some(CallEventType::Updated)
}

fn ended(status: CallStatus) -> Option<CallEventType> {
    match status {
        CallStatus::Completed => Some(CallEventType::Completed),
        CallStatus::Failed => Some(CallEventType::Failed),
        CallStatus::Voicemail => Some(CallEventType::Voicemail),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn at(millis: i64) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(1_800_000_000_000 + millis).unwrap_or_default()
    }

    #[test]
    fn ids_of_events_differ_by_call_number_and_time_and_sort_by_time_and_number() {
        let (one, other) = (Uuid::from_u128(7), Uuid::from_u128(8));
        let ids = [
            event_id(one, 0, at(0)),
            event_id(one, 1, at(0)),
            event_id(other, 1, at(0)),
            event_id(one, 0, at(1)),
        ];
        assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len());
        assert!(ids.is_sorted());
        assert!(ids.iter().all(|id| id.get_version_num() == 7));
    }

    #[test]
    fn slots_are_allotted_fairly() {
        type Case<'a> = (&'a str, &'a [(u32, u32)], &'a [u32]);
        const LIMITS: LeaseRequest = LeaseRequest {
            claimer: Uuid::nil(),
            now: DateTime::UNIX_EPOCH,
            lease_until: DateTime::UNIX_EPOCH,
            limit: 8,
            unreserved: 6,
            max_bytes: 0,
            per_webhook: 4,
        };
        let webhook = |(failures, in_flight)| DueWebhook { failures, in_flight };
        let cases: [Case<'_>; 9] = [
            ("nothing is due", &[], &[]),
            ("one alone has its share", &[(0, 0)], &[4]),
            ("its share counts what is under way", &[(0, 3)], &[1]),
            ("two share what is not reserved", &[(0, 0), (0, 0)], &[3, 3]),
            ("the fewest under way are first", &[(0, 2), (0, 0)], &[2, 4]),
            (
                "idle ones may use the reserve",
                &[(0, 0); 9],
                &[1, 1, 1, 1, 1, 1, 1, 1, 0],
            ),
            ("failed ones may not", &[(1, 0); 8], &[1, 1, 1, 1, 1, 1, 0, 0]),
            (
                "failing ones get one at a time",
                &[(FAILING, 0), (FAILING, 1), (1, 0)],
                &[1, 0, 4],
            ),
            (
                "an idle one precedes failed ones",
                &[(1, 0), (1, 0), (1, 0), (0, 0)],
                &[2, 2, 1, 1],
            ),
        ];
        for (what, due, expected) in cases {
            let due: Vec<DueWebhook> = due.iter().copied().map(webhook).collect();
            assert_eq!(allot(&due, &LIMITS), expected, "{what}");
        }
    }

    #[test]
    fn pauses_of_a_failing_receiver_grow_to_five_minutes() {
        let pauses: Vec<_> = [0, 4, 5, 6, 10, 11, u32::MAX].map(back_off).into();
        let seconds = |seconds| Some(TimeDelta::seconds(seconds));
        assert_eq!(
            pauses,
            [
                None,
                None,
                seconds(5),
                seconds(10),
                seconds(160),
                seconds(300),
                seconds(300)
            ]
        );
    }

    #[test]
    fn a_refusal_is_news_only_to_whom_it_was_not_answered() {
        assert_eq!(event_of_step(CallStatus::Refused, false), None);
        assert_eq!(
            event_of_step(CallStatus::Refused, true),
            Some(CallEventType::Refused)
        );
        assert_eq!(
            event_of_step(CallStatus::Unknown, false),
            Some(CallEventType::Unknown)
        );
        assert_eq!(event_of_step(CallStatus::Accepted, true), None);
    }
}
