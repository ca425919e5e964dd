//! A CRM that asks for each call under an idempotency key until it hears what became of it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ori_shared::call::PlacedCall;
use reqwest::Method;
use serde_json::json;
use uuid::Uuid;

use ori_fixtures::DIALOUT;
use ori_fixtures::{Caller as _, KeyHolder};

pub(crate) struct Crm {
    holder: KeyHolder,
    next: AtomicU64,
    book: Mutex<Book>,
}

#[derive(Default)]
struct Book {
    acknowledged: Vec<Uuid>,
    /// Responses other than success and 503 with `Retry-After`.
    beyond: Vec<String>,
}

impl Crm {
    pub(crate) fn new(holder: KeyHolder) -> Self {
        Self {
            holder,
            next: AtomicU64::new(0),
            book: Mutex::default(),
        }
    }

    pub(crate) async fn place_for_ever(self: Arc<Self>) {
        loop {
            let order = format!("steady-{}", self.next.fetch_add(1, Ordering::SeqCst));
            while !self.place(&order).await {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }

    /// Asks once; says whether that is settled.
    async fn place(&self, order: &str) -> bool {
        let body = json!({"bot_id": "bot", "to_number": "+919876543210", "variables": {"order": order}});
        let request = self.holder.request(Method::POST, DIALOUT).json(&body);
        let answer = match request.header("idempotency-key", order).send().await {
            Ok(answer) => answer,
            Err(error) => return self.beyond(error.to_string()),
        };
        let status = answer.status().as_u16();
        let says_when = answer.headers().contains_key("retry-after");
        let Ok(text) = answer.text().await else {
            return self.beyond("an answer broke off".to_owned());
        };
        match status {
            200 => {
                let placed: PlacedCall = serde_json::from_str(&text).unwrap();
                self.with(|book| book.acknowledged.push(placed.call_id));
                true
            }
            503 if says_when => false,
            // The outcome of the previous request is unknown, so it is not repeated.
            504 if text.contains("outcome_unknown") => {
                self.beyond(text);
                true
            }
            _ => self.beyond(format!("{status}: {text}")),
        }
    }

    fn beyond(&self, what: String) -> bool {
        self.with(|book| book.beyond.push(what));
        false
    }

    pub(crate) fn acknowledged(&self) -> Vec<Uuid> {
        self.with(|book| book.acknowledged.clone())
    }

    pub(crate) fn beyond_unavailable(&self) -> Vec<String> {
        self.with(|book| book.beyond.clone())
    }

    fn with<T>(&self, change: impl FnOnce(&mut Book) -> T) -> T {
        change(&mut self.book.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
