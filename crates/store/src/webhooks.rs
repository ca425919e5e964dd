use async_trait::async_trait;
use chrono::{DateTime, Utc};
use ori_key::WebhookSecret;
use ori_shared::call::{CallStatus, CallView};
use ori_shared::webhook::{CallEventType, DeliveryStatus, WebhookDelivery, WebhookView};
use uuid::Uuid;

use crate::Result;

/// The webhooks of the keys, and the outbox: the events that are, or were, on their way to them.
///
/// Events come into the outbox by the methods of [`Calls`](crate::Calls), each in the same step as the change that it
/// tells of, and only where the key has a webhook that is not disabled then. What is pending always has such a webhook:
/// removing it, disabling it or deleting its key ends what is pending.
#[async_trait]
pub trait Webhooks: Send + Sync {
    /// The webhook of that key.
    async fn webhook(&self, key: Uuid) -> Result<Option<Webhook>>;

    /// Sets the address of the key's webhook; `None` where there is no such key. The secret is kept only where the key
    /// had no webhook; one that was disabled works again.
    async fn set_webhook(&self, webhook: NewWebhook) -> Result<Option<SetWebhook>>;

    /// Gives the webhook another secret; says whether there was one. The secret before signs as well until then.
    async fn rotate_webhook_secret(
        &self,
        key: Uuid,
        secret: WebhookSecret,
        previous_until: DateTime<Utc>,
    ) -> Result<bool>;

    /// Removes the webhook and gives up what is pending; says whether there was one.
    async fn remove_webhook(&self, key: Uuid) -> Result<bool>;

    /// A page of the deliveries that match, newest first, and whether there are more behind it.
    async fn list_deliveries(&self, query: DeliveryQuery) -> Result<(Vec<WebhookDelivery>, bool)>;

    /// Makes the delivery pending and due now, at the beginning of the schedule, wherever it stood.
    async fn replay_delivery(&self, id: Uuid, now: DateTime<Utc>) -> Result<Replay>;

    /// When the next delivery is due, or the next claim lapses.
    async fn next_delivery_due(&self) -> Result<Option<DateTime<Utc>>>;

    /// Makes due what was put off by a clock that has been set back since: what was made, or tried last, after `now`,
    /// and claims that last longer than any that could have been made by now, which would end at `claims_end` at the
    /// latest.
    async fn hasten_deliveries(&self, now: DateTime<Utc>, claims_end: DateTime<Utc>) -> Result<()>;

    /// Claims deliveries that are due, oldest first: until the lease is over, nobody else gets them. What was claimed
    /// and not recorded by then is due again. Each claim is an attempt, and counts as one.
    async fn claim_due_deliveries(&self, claim: Claiming) -> Result<Vec<DueDelivery>>;

    /// Keeps what came of an attempt; says whether that attempt was still the one that counts. It is not where its
    /// lease is over and somebody else has claimed the delivery, or where the delivery was given up or replayed.
    async fn record_delivery_attempt(&self, attempt: Attempt) -> Result<bool>;

    /// Forgets what was delivered or given up and happened before that time, at most so much; returns how much.
    async fn forget_deliveries(&self, before: DateTime<Utc>, limit: u32) -> Result<u64>;
}

/// A key's webhook, without its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    /// Where the events go.
    pub url: String,
    /// When the key got its webhook.
    pub created_at: DateTime<Utc>,
    /// When its address was last set.
    pub updated_at: DateTime<Utc>,
    /// Since when no events go there.
    pub disabled_at: Option<DateTime<Utc>>,
    /// Why, as a word.
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
    /// Where the events are to go; already checked.
    pub url: String,
    /// What they are signed with, where there is no webhook yet.
    pub secret: WebhookSecret,
    /// When.
    pub now: DateTime<Utc>,
}

/// What came of setting a webhook.
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
    /// Only those that tell of that call.
    pub call: Option<Uuid>,
    /// Only those that stand there.
    pub status: Option<DeliveryStatus>,
    /// Only those behind that one.
    pub after: Option<Uuid>,
    /// At most so many.
    pub limit: u32,
}

/// What came of replaying a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Replay {
    /// It is due now.
    Due(WebhookDelivery),
    /// No such delivery.
    Unknown,
    /// Its key has no webhook any more, or it is disabled.
    NoWebhook,
}

/// How much is to be claimed.
#[derive(Clone, Copy, Debug)]
pub struct Claiming {
    /// Who claims: the process, as long as it runs.
    pub claimer: Uuid,
    /// The present.
    pub now: DateTime<Utc>,
    /// When the claims lapse.
    pub lease_until: DateTime<Utc>,
    /// At most so many.
    pub limit: u32,
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
    /// The number of this attempt, replays included: it tells this claim from any other.
    pub attempt: u32,
    /// The number of this attempt since the event or its last replay, from 1: its place in the schedule.
    pub round: u32,
    /// Where it goes.
    pub url: String,
    /// What it is signed with, the newest first.
    pub secrets: Vec<WebhookSecret>,
    /// The body.
    pub body: String,
}

/// What came of an attempt.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// The event's id.
    pub delivery: Uuid,
    /// The number under which it was claimed.
    pub attempt: u32,
    /// The HTTP status that was answered.
    pub status: Option<u16>,
    /// Why it failed, as a word; `None` where it was taken.
    pub error: Option<&'static str>,
    /// What comes now.
    pub fate: Fate,
    /// When it ended.
    pub now: DateTime<Utc>,
}

/// What comes after an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Nothing: it was taken.
    Delivered,
    /// Another attempt, at that time.
    Again(DateTime<Utc>),
    /// Nothing: that was the last attempt.
    GivenUp,
    /// Nothing at all goes to that address any more: its webhook is disabled, unless it has another address by now.
    Gone {
        /// The address that wants nothing more.
        url: String,
    },
}

/// The word for what a removed webhook leaves undelivered.
pub const WEBHOOK_REMOVED: &str = "webhook_removed";
/// The word for what a disabled webhook leaves undelivered.
pub const WEBHOOK_DISABLED: &str = "webhook_disabled";
/// The word for why a webhook is disabled whose receiver answered 410.
pub const GONE: &str = "gone";

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

/// The event of a call that has moved there by itself. A refusal makes one only where the request was not answered with
/// it.
#[must_use]
pub fn event_of_step(to: CallStatus, is_news: bool) -> Option<CallEventType> {
    match to {
        CallStatus::Unknown => Some(CallEventType::Unknown),
        CallStatus::Refused if is_news => Some(CallEventType::Refused),
        _ => None,
    }
}

/// The event of a result, told by the call before and after it. One that tells nothing new is none.
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
