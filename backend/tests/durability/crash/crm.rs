//! A CRM that remembers its requests and the responses across crashes of the server.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use ori_shared::call::{CallStatus, PlacedCall};
use ori_shared::error_code::ErrorCode;
use ori_shared::problem::Problem;
use rand::RngExt as _;
use rand::rngs::StdRng;
use reqwest::Method;
use serde_json::json;
use tokio::sync::watch;
use uuid::Uuid;

use ori_fixtures::DIALOUT;
use ori_fixtures::{Caller as _, KeyHolder};

/// A call that must be dialled once.
#[derive(Clone, Debug)]
pub(crate) struct Order {
    number: u32,
    /// It has an idempotency key, so that it may be asked for again.
    repeatable: bool,
    /// Whether it waits for capacity.
    waits: bool,
}

/// The server has said that it has the call.
#[derive(Clone, Debug)]
pub(crate) struct Acknowledged {
    pub(crate) order: Order,
    pub(crate) call_id: Uuid,
    status: u16,
}

impl Acknowledged {
    /// Whether the call may stand there once it is settled.
    pub(crate) fn allows(&self, status: CallStatus) -> bool {
        match self.status {
            200 => status == CallStatus::Accepted,
            202 => matches!(status, CallStatus::Accepted | CallStatus::Unknown),
            _ => status == CallStatus::Unknown,
        }
    }

    /// Whether a response said that a phone rings.
    pub(crate) fn is_dialled(&self) -> bool {
        self.status == 200
    }
}

/// The server is gone: whether it took the request is not known.
struct Gone;

/// The CRM's memory.
#[derive(Default)]
pub(crate) struct Crm {
    book: Mutex<Book>,
    answers: watch::Sender<usize>,
}

#[derive(Default)]
struct Book {
    next: u32,
    /// Orders with an idempotency key on which nothing final was heard.
    open: Vec<Order>,
    acknowledged: Vec<Acknowledged>,
    /// The call that each order led to.
    calls: BTreeMap<u32, Uuid>,
    repeated: usize,
}

/// Places one call after another until the server is gone.
pub(crate) async fn place_until_gone(crm: Arc<Crm>, holder: KeyHolder, mut rng: StdRng) {
    loop {
        let order = crm.draw(&mut rng);
        if crm.place(&holder, order).await.is_err() {
            return;
        }
    }
}

impl Crm {
    /// Number of responses.
    pub(crate) fn answers(&self) -> usize {
        *self.answers.borrow()
    }

    pub(crate) async fn until_answers(&self, count: usize) {
        let mut answers = self.answers.subscribe();
        answers.wait_for(|answers| *answers >= count).await.unwrap();
    }

    /// Acknowledged calls, in order.
    pub(crate) fn acknowledged(&self) -> Vec<Acknowledged> {
        self.with(|book| book.acknowledged.clone())
    }

    /// Number of repeated requests.
    pub(crate) fn repeated(&self) -> usize {
        self.with(|book| book.repeated)
    }

    /// Asks again for everything on which nothing final was heard: each is settled by its first answer.
    pub(crate) async fn repeat_what_was_lost(&self, holder: &KeyHolder) {
        for order in self.with(|book| std::mem::take(&mut book.open)) {
            let asked = self.place(holder, order.clone()).await;
            assert!(asked.is_ok(), "no answer to {order:?}");
        }
        self.with(|book| assert!(book.open.is_empty(), "still open: {:?}", book.open));
    }

    /// Something new, or something on which nothing final was heard, or something long settled.
    fn draw(&self, rng: &mut StdRng) -> Order {
        self.with(|book| {
            let (repeats, settled) = (rng.random_ratio(1, 3), rng.random_ratio(1, 8));
            if repeats && !book.open.is_empty() {
                book.repeated += 1;
                let index = rng.random_range(0..book.open.len());
                return book.open.swap_remove(index);
            }
            if settled && !book.acknowledged.is_empty() {
                let index = rng.random_range(0..book.acknowledged.len());
                let order = &book.acknowledged[index].order;
                if order.repeatable {
                    book.repeated += 1;
                    return order.clone();
                }
            }
            book.next += 1;
            Order {
                number: book.next,
                repeatable: rng.random_ratio(2, 3),
                waits: rng.random_ratio(1, 3),
            }
        })
    }

    async fn place(&self, holder: &KeyHolder, order: Order) -> Result<(), Gone> {
        let body =
            json!({"bot_id": "bot", "to_number": "+919876543210", "variables": {"order": order.number}});
        let mut request = holder.request(Method::POST, DIALOUT).json(&body);
        if order.repeatable {
            request = request.header("idempotency-key", format!("order-{}", order.number));
        }
        if order.waits {
            request = request.header("prefer", "respond-async");
        }
        let answer = async {
            let response = request.send().await?;
            Ok::<_, reqwest::Error>((response.status().as_u16(), response.bytes().await?))
        };
        let Ok((status, body)) = answer.await else {
            self.leave_open(order);
            return Err(Gone);
        };
        self.take_in(order, status, &body);
        self.answers.send_modify(|answers| *answers += 1);
        Ok(())
    }

    fn take_in(&self, order: Order, status: u16, body: &[u8]) {
        if matches!(status, 200 | 202) {
            let placed: PlacedCall = serde_json::from_slice(body).unwrap();
            return self.acknowledge(order, placed.call_id, status);
        }
        let problem: Problem = serde_json::from_slice(body).unwrap();
        match problem.code {
            ErrorCode::OutcomeUnknown => self.acknowledge(order, problem.call_id.unwrap(), status),
            ErrorCode::NoCapacity | ErrorCode::IdempotencyInProgress => self.leave_open(order),
            _ => panic!("{order:?} was answered {problem:?}"),
        }
    }

    fn leave_open(&self, order: Order) {
        self.with(|book| {
            if order.repeatable && !book.calls.contains_key(&order.number) {
                book.open.push(order);
            }
        });
    }

    fn acknowledge(&self, order: Order, call_id: Uuid, status: u16) {
        self.with(|book| {
            let first = *book.calls.entry(order.number).or_insert(call_id);
            assert_eq!(first, call_id, "{order:?} led to two calls");
            book.acknowledged.push(Acknowledged {
                order,
                call_id,
                status,
            });
        });
    }

    fn with<T>(&self, change: impl FnOnce(&mut Book) -> T) -> T {
        change(&mut self.book.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
