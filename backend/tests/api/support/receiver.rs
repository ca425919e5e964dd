use std::net::TcpListener;

use actix_web::http::StatusCode;
use actix_web::web::{Bytes, Data};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use ori_shared::webhook::CallEventPayload;
use sha2::Sha256;
use tokio::sync::watch;

/// What a receiver does with what comes.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Reaction {
    /// It answers that, with that header where there is one.
    Answer(u16, Option<(&'static str, String)>),
    /// It answers nothing until it is told to react otherwise.
    Silence,
}

/// A CRM that receives events at a real socket on loopback, and keeps them.
pub(crate) struct Receiver {
    desk: Data<watch::Sender<Desk>>,
    port: u16,
}

struct Desk {
    reaction: Reaction,
    received: Vec<Received>,
}

/// A request as it came.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Received {
    pub(crate) path: String,
    pub(crate) id: String,
    pub(crate) timestamp: i64,
    pub(crate) signatures: Vec<String>,
    pub(crate) content_type: String,
    pub(crate) body: Vec<u8>,
    /// It was answered at once.
    pub(crate) is_answered: bool,
}

impl Receiver {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let desk = Data::new(watch::Sender::new(Desk {
            reaction: Reaction::Answer(204, None),
            received: Vec::new(),
        }));
        let shared = desk.clone();
        let server = HttpServer::new(move || {
            App::new()
                .app_data(shared.clone())
                .app_data(web::PayloadConfig::new(16 * 1024 * 1024))
                .default_service(web::to(receive))
        });
        let server = server.workers(1).disable_signals().listen(listener).unwrap();
        tokio::spawn(server.run());
        Self { desk, port }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/hook", self.port)
    }

    pub(crate) fn react(&self, reaction: Reaction) {
        self.desk.send_modify(|desk| desk.reaction = reaction);
    }

    pub(crate) fn answer(&self, status: u16) {
        self.react(Reaction::Answer(status, None));
    }

    /// Everything, in the order in which it came.
    pub(crate) fn received(&self) -> Vec<Received> {
        self.desk.borrow().received.clone()
    }

    /// Waits until so many requests have come, and returns them.
    pub(crate) async fn until_received(&self, count: usize) -> Vec<Received> {
        super::until(async || self.desk.borrow().received.len() >= count).await;
        self.received()
    }
}

impl Received {
    pub(crate) fn event(&self) -> CallEventPayload {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// Whether one of the signatures is right, told as Standard Webhooks has receivers tell it.
    pub(crate) fn is_signed_with(&self, secret: &str) -> bool {
        let secret = STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
        let mut mac = Hmac::<Sha256>::new_from_slice(&secret).unwrap();
        mac.update(self.id.as_bytes());
        mac.update(b".");
        mac.update(self.timestamp.to_string().as_bytes());
        mac.update(b".");
        mac.update(&self.body);
        let right = mac.finalize().into_bytes();
        let encoded = self.signatures.iter().filter_map(|one| one.strip_prefix("v1,"));
        encoded
            .map(|one| STANDARD.decode(one).unwrap())
            .any(|signature| signature[..] == right[..])
    }
}

async fn receive(desk: Data<watch::Sender<Desk>>, request: HttpRequest, body: Bytes) -> HttpResponse {
    let header = |name: &str| {
        let value = request.headers().get(name);
        value
            .map(|value| value.to_str().unwrap().to_owned())
            .unwrap_or_default()
    };
    let mut reaction = desk.borrow().reaction.clone();
    let received = Received {
        path: request.path().to_owned(),
        id: header("webhook-id"),
        timestamp: header("webhook-timestamp").parse().unwrap(),
        signatures: header("webhook-signature")
            .split(' ')
            .map(str::to_owned)
            .collect(),
        content_type: header("content-type"),
        body: body.to_vec(),
        is_answered: reaction != Reaction::Silence,
    };
    desk.send_modify(|desk| desk.received.push(received));
    let mut changes = desk.subscribe();
    while reaction == Reaction::Silence {
        let desk = changes
            .wait_for(|desk| desk.reaction != Reaction::Silence)
            .await
            .unwrap();
        reaction = desk.reaction.clone();
    }
    let Reaction::Answer(status, header) = reaction else {
        unreachable!("it waited for an answer")
    };
    let mut answer = HttpResponse::build(StatusCode::from_u16(status).unwrap());
    if let Some(header) = header {
        answer.insert_header(header);
    }
    answer.finish()
}
