//! Events on their way to a CRM. The receiver is real, on loopback; the clock is the test's.

mod delivering;
mod dying;
mod events;
mod managing;
mod private;
mod restarting;

use chrono::{DateTime, Utc};
use ori_key::PlainKey;
use ori_shared::call::CallStatus;
use ori_shared::webhook::{
    CreatedWebhook, DeliveryStatus, WebhookDelivery, WebhookDeliveryPage, WebhookView,
};
use ori_store::{Admission, CallOrder, CallResult, NewCall, Transition};
use serde_json::{Value, json};
use uuid::Uuid;

use ori_fixtures::{Answer, Caller as _, Receiver, SECRET, SignedIn, TestApp, until};

const LOOPBACK: &str = "webhook_private_networks = '127.0.0.0/8,::1/128'\n";

/// A server, its admin, and a receiver.
struct Stage {
    app: TestApp,
    admin: SignedIn,
    receiver: Receiver,
}

/// A key with a webhook.
struct Hooked {
    id: Uuid,
    key: String,
    secret: String,
}

impl Stage {
    /// Events may go to loopback.
    async fn new() -> Self {
        Self::with(LOOPBACK).await
    }

    async fn with(options: &str) -> Self {
        let app = TestApp::with(&(basics() + options)).await;
        Self {
            admin: app.admin().await,
            receiver: Receiver::start(),
            app,
        }
    }

    /// A key whose events go to that address.
    async fn hooked_to(&self, url: &str) -> Hooked {
        let created = self.admin.create_key("CRM").await;
        let answer = self.set(created.view.id, url).await;
        assert_eq!(answer.status, 201, "{}", answer.text());
        Hooked {
            id: created.view.id,
            key: created.key,
            secret: answer.json::<CreatedWebhook>().secret,
        }
    }

    /// A key whose events go to the receiver.
    async fn hooked(&self) -> Hooked {
        self.hooked_to(&self.receiver.url()).await
    }

    async fn set(&self, key: Uuid, url: &str) -> Answer {
        self.admin.put(&hook(key), json!({ "url": url })).await
    }

    async fn view(&self, key: Uuid) -> WebhookView {
        self.admin.get(&hook(key)).await.json()
    }

    /// Sends a voice worker's report of that call.
    async fn report(&self, call: Uuid, told: Value) {
        let mut report = told;
        report["connected_event"] = json!({"ori_call_id": call.to_string()});
        let worker = self.app.anonymous().with_fleet_secret(SECRET);
        let answer = worker.post("/api/v1/call-results", report).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
    }

    /// A call that was dialled and has taken place.
    async fn ended_call(&self, key: &Hooked) -> Uuid {
        let call = sent_call(&self.app, key).await;
        self.report(call, json!({"disconnected_by": "user"})).await;
        call
    }

    async fn deliveries(&self, filter: &str) -> Vec<WebhookDelivery> {
        let answer = self
            .admin
            .get(&format!("/api/v1/webhook-deliveries{filter}"))
            .await;
        answer.json::<WebhookDeliveryPage>().items
    }

    async fn delivery_of(&self, call: Uuid) -> WebhookDelivery {
        let mut found = self.deliveries(&format!("?call_id={call}")).await;
        assert_eq!(found.len(), 1);
        found.remove(0)
    }

    /// Waits until the call's only delivery fulfils the condition.
    async fn until_delivery(&self, call: Uuid, is_so: impl Fn(&WebhookDelivery) -> bool) -> WebhookDelivery {
        until(async || is_so(&self.delivery_of(call).await)).await;
        self.delivery_of(call).await
    }

    async fn until_delivered(&self, call: Uuid) -> WebhookDelivery {
        self.until_delivery(call, |delivery| delivery.status == DeliveryStatus::Delivered)
            .await
    }

    /// Waits until the call's one delivery has failed so often and waits for its next attempt, which comes after that
    /// many seconds or up to a tenth later.
    async fn until_waits(&self, call: Uuid, attempts: u32, seconds: i64) -> WebhookDelivery {
        self.until_delivery(call, |delivery| {
            let wait = delivery
                .next_attempt_at
                .map(|next| (next - self.app.now()).num_seconds());
            delivery.attempts == attempts
                && wait.is_some_and(|wait| (seconds..=seconds * 11 / 10).contains(&wait))
        })
        .await
    }

    /// Lets so much time pass that the delivery is due, and no more.
    fn pass_until_due(&self, delivery: &WebhookDelivery) {
        self.app
            .advance(delivery.next_attempt_at.unwrap() - self.app.now());
    }
}

/// Sessions outlive the days that pass here.
fn basics() -> String {
    // No voice host listens there: the tests report the results of calls.
    let fleet = format!("fleet_urls = 'http://127.0.0.1:9'\nfleet_secret = '{SECRET}'\n");
    fleet + "session_idle_minutes = 43200\nsession_hours = 720\n"
}

fn hook(key: Uuid) -> String {
    format!("/api/v1/api-keys/{key}/webhook")
}

/// A call that stands at `sent`, behind the server's back: its worker is not woken.
async fn sent_call(app: &TestApp, key: &Hooked) -> Uuid {
    let call = NewCall {
        id: app.random.id(app.now()),
        key: PlainKey::parse(&key.key).unwrap().digest(),
        claim: None,
        queue_limit: None,
        order: CallOrder {
            bot_id: "bot".into(),
            to_number: "+919876543210".into(),
            to_number_raw: "9876543210".into(),
            from_number: None,
            from_number_raw: None,
            variables: [("CUSTOMERNAME".to_owned(), "Rajesh".to_owned())].into(),
            call_reference: Some("case-1".into()),
        },
        now: app.now(),
    };
    let id = call.id;
    let accepted = app.store.admit_call(call).await.unwrap();
    assert!(matches!(accepted, Admission::Recorded { .. }));
    let sent = Transition::new(id, &[CallStatus::Reserved], CallStatus::Sent, app.now());
    assert!(app.store.transition_call(sent).await.unwrap());
    id
}

/// A call that has ended at that time, behind the server's back.
async fn silently_ended_call(app: &TestApp, key: &Hooked, now: DateTime<Utc>) -> Uuid {
    let call = sent_call(app, key).await;
    let result = CallResult {
        call: Some(call),
        disconnected_by: Some("user".into()),
        now,
        ..Default::default()
    };
    assert_eq!(app.store.add_call_result(result).await.unwrap(), Some(call));
    call
}
