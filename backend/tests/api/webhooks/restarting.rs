//! What a server leaves behind, the next one sends.

use chrono::TimeDelta;
use ori_shared::account::Role;
use ori_shared::webhook::DeliveryStatus;
use ori_store::Claiming;

use super::{LOOPBACK, Stage, basics, silently_ended_call};
use crate::support::Receiver;

impl Stage {
    /// The next server on the same database.
    async fn next(&self) -> Self {
        let app = self.app.beside(&(basics() + LOOPBACK)).await;
        Self {
            admin: app.person(Role::SuperAdmin).await,
            receiver: Receiver::start(),
            app,
        }
    }
}

#[tokio::test]
async fn an_event_that_was_never_tried_is_sent_by_the_next_server() {
    let stage = Stage::new().await;
    let key = stage.hooked().await;
    let call = silently_ended_call(&stage.app, &key).await;
    assert_eq!(stage.delivery_of(call).await.status, DeliveryStatus::Pending);
    let next = stage.next().await;
    assert_eq!(next.until_delivered(call).await.attempts, 1);
    assert!(stage.receiver.received()[0].is_signed_with(&key.secret));
}

#[tokio::test]
async fn an_event_that_was_being_sent_in_a_crash_is_sent_again() {
    let stage = Stage::new().await;
    let key = stage.hooked().await;
    let call = silently_ended_call(&stage.app, &key).await;
    // A server that claims it, and dies.
    let claim = Claiming {
        claimer: stage.app.random.id(stage.app.now()),
        now: stage.app.now(),
        lease_until: stage.app.now() + TimeDelta::seconds(30),
        limit: 10,
        per_webhook: 4,
    };
    assert_eq!(
        stage.app.store.claim_due_deliveries(claim).await.unwrap().len(),
        1
    );
    let next = stage.next().await;
    next.app.advance(TimeDelta::seconds(30));
    assert_eq!(next.until_delivered(call).await.attempts, 2);
    assert_eq!(stage.receiver.received().len(), 1);
}
