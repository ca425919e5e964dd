//! A server sends the events that its predecessor left.

use chrono::TimeDelta;
use ori_shared::account::Role;
use ori_shared::webhook::DeliveryStatus;
use ori_store::{Attempt, DueDelivery, Fate, LeaseRequest};

use super::{LOOPBACK, Stage, basics, silently_ended_call};
use ori_fixtures::Receiver;

impl Stage {
    /// The next server on the same database.
    async fn next(&self) -> Self {
        let app = self.app.restart(&(basics() + LOOPBACK)).await;
        Self {
            admin: app.person(Role::SuperAdmin).await,
            receiver: Receiver::start(),
            app,
        }
    }

    /// Claims the one delivery that is due.
    async fn claim(&self) -> DueDelivery {
        let claim = LeaseRequest {
            claimer: self.app.random.id(self.app.now()),
            now: self.app.now(),
            lease_until: self.app.now() + TimeDelta::seconds(30),
            limit: 10,
            unreserved: 10,
            max_bytes: usize::MAX,
            per_webhook: 4,
        };
        let mut claimed = self.app.store.claim_due_deliveries(claim).await.unwrap();
        assert_eq!(claimed.len(), 1);
        claimed.remove(0)
    }
}

#[tokio::test]
async fn an_event_that_was_never_tried_is_sent_by_the_next_server() {
    let stage = Stage::new().await;
    let key = stage.hooked().await;
    let call = silently_ended_call(&stage.app, &key, stage.app.now()).await;
    assert_eq!(stage.delivery_of(call).await.status, DeliveryStatus::Pending);
    let next = stage.next().await;
    assert_eq!(next.until_delivered(call).await.attempts, 1);
    assert!(stage.receiver.received()[0].is_signed_with(&key.secret));
}

#[tokio::test]
async fn an_event_that_was_being_sent_in_a_crash_is_sent_again() {
    let stage = Stage::new().await;
    let key = stage.hooked().await;
    let call = silently_ended_call(&stage.app, &key, stage.app.now()).await;
    // A server that claims it, and dies.
    stage.claim().await;
    let next = stage.next().await;
    next.app.advance(TimeDelta::seconds(30));
    assert_eq!(next.until_delivered(call).await.attempts, 2);
    assert_eq!(stage.receiver.received().len(), 1);
}

#[tokio::test]
async fn what_is_settled_is_forgotten_after_thirty_days() {
    let stage = Stage::new().await;
    let key = stage.hooked().await;
    let limit = stage.app.now() - TimeDelta::days(30);
    for (happened, fate) in [
        (limit - TimeDelta::seconds(1), Fate::Delivered),
        (limit - TimeDelta::seconds(1), Fate::GivenUp),
        (limit, Fate::Delivered),
    ] {
        silently_ended_call(&stage.app, &key, happened).await;
        let due = stage.claim().await;
        let attempt = Attempt {
            delivery: due.id,
            attempt: due.attempt,
            status: None,
            error: None,
            fate,
            now: stage.app.now(),
        };
        assert!(stage.app.store.record_delivery_attempt(attempt).await.unwrap());
    }
    stage.app.pass_hours(1).await;
    let left = stage.deliveries("").await;
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].created_at, limit);
}
