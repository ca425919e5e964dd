//! Responses of the fake host.

use std::io;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::stream;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::http::request::Parts;
use hyper::{Request, Response, header};
use serde_json::{Value, json};

use super::call;
use super::script::{Behaviour, ReceivedDial, ReceivedRequest};
use super::state::{Shared, State};

pub(super) type Body = BoxBody<Bytes, io::Error>;

/// Closes the connection without a response.
#[derive(Debug, thiserror::Error)]
#[error("the fake host closes the connection")]
pub(super) struct HungUp;

/// Responds to a request as the current [`Behaviour`] specifies.
pub(super) async fn answer(
    shared: Arc<Shared>,
    request: Request<Incoming>,
) -> Result<Response<Body>, HungUp> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.map_err(|_| HungUp)?.to_bytes();
    let known = knows(&shared, &parts);
    shared.update(|state| state.requests.push(received(&parts, &body)));
    match (parts.method.as_str(), parts.uri.path()) {
        _ if !known => Ok(reply(403, &json!({"detail": "wrong secret"}))),
        ("GET", "/health/fleet") => {
            let behaviour = shared.state.borrow().health.clone();
            let honest = reply(200, &health(&shared, &shared.state.borrow()));
            give(&shared, &behaviour, honest).await
        }
        ("POST", "/livekit/dialout") => {
            let behaviour = shared.state.borrow().dial.clone();
            let honest = dial(&shared, &behaviour, &body);
            give(&shared, &behaviour, honest).await
        }
        _ => Ok(reply(404, &json!({"detail": "no such address"}))),
    }
}

fn knows(shared: &Shared, parts: &Parts) -> bool {
    let presented = parts.headers.get(&shared.script.secret_header);
    presented.is_some_and(|value| shared.script.secret.matches(value.as_bytes()))
}

fn received(parts: &Parts, body: &Bytes) -> ReceivedRequest {
    ReceivedRequest {
        method: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
        headers: parts.headers.clone(),
        body: body.clone(),
    }
}

fn health(shared: &Shared, state: &State) -> Value {
    let workers = shared.script.workers;
    let listed: Vec<Value> = (0..workers)
        .map(
            |n| json!({"port": 8001_u16.saturating_add(n), "calls": u8::from(usize::from(n) < state.busy())}),
        )
        .collect();
    json!({
        "status": "ok",
        "simulated": true,
        "fleet_calls": state.busy().min(workers.into()),
        "fleet_max": workers,
        "fleet_available": state.free(workers),
        "workers": listed,
    })
}

/// Records the call as dialled unless the behaviour proves otherwise, and returns the response of the contract.
fn dial(shared: &Arc<Shared>, behaviour: &Behaviour, body: &Bytes) -> Response<Body> {
    let dial = serde_json::from_slice::<ReceivedDial>(body);
    if !matches!(behaviour, Behaviour::Honest | Behaviour::Held) {
        if behaviour.dials() {
            shared.update(|state| state.dialled.extend(dial));
        }
        // `give` sends the response of the behaviour instead.
        return reply(200, &Value::Null);
    }
    let Ok(dial) = dial else {
        return reply(422, &json!({"detail": "the body does not fit"}));
    };
    if shared.script.unknown_bots.contains(&dial.bot_id) {
        return reply(404, &json!({"detail": "no such bot"}));
    }
    match call::accept(shared, dial) {
        Some(id) => reply(
            200,
            &json!({"status": "accepted", "call_id": id, "room_name": format!("dialout-{id}")}),
        ),
        None => reply(429, &json!({"detail": "at_capacity"})),
    }
}

async fn give(
    shared: &Shared,
    behaviour: &Behaviour,
    honest: Response<Body>,
) -> Result<Response<Body>, HungUp> {
    match behaviour {
        Behaviour::Honest => Ok(honest),
        Behaviour::Held => {
            let before = shared.state.borrow().let_go;
            shared.until(|state| state.let_go > before).await;
            Ok(honest)
        }
        Behaviour::TurnedAwayLate => {
            let before = shared.state.borrow().let_go;
            shared.until(|state| state.let_go > before).await;
            Ok(reply(429, &json!({"detail": "at_capacity"})))
        }
        Behaviour::Answer { status, body } => Ok(with_body(*status, full(body.clone()))),
        Behaviour::Proxy {
            status,
            content_type,
            body,
        } => Ok(of_type(*status, content_type, full((*body).to_owned()))),
        Behaviour::Redirect(to) => Ok(redirect(to)),
        Behaviour::Oversized => Ok(with_body(200, endless())),
        Behaviour::HangUp => Err(HungUp),
        Behaviour::BreakOff => Ok(with_body(200, broken_off())),
    }
}

fn reply(status: u16, body: &Value) -> Response<Body> {
    with_body(status, full(body.to_string()))
}

fn redirect(to: &str) -> Response<Body> {
    let mut answer = with_body(307, full(String::new()));
    let to = to
        .parse()
        .expect("the script names an address that a header can carry");
    answer.headers_mut().insert(header::LOCATION, to);
    answer
}

fn with_body(status: u16, body: Body) -> Response<Body> {
    of_type(status, "application/json", body)
}

fn of_type(status: u16, content_type: &str, body: Body) -> Response<Body> {
    Response::builder()
        .status(status)
        .header(header::CONTENT_TYPE, content_type)
        .body(body)
        .expect("the script names a status that there is")
}

fn full(body: String) -> Body {
    Full::new(Bytes::from(body))
        .map_err(|never| match never {})
        .boxed()
}

fn endless() -> Body {
    let spaces = Bytes::from(vec![b' '; 16 * 1024]);
    BodyExt::boxed(StreamBody::new(stream::repeat_with(move || {
        Ok(Frame::data(spaces.clone()))
    })))
}

fn broken_off() -> Body {
    let start = Ok(Frame::data(Bytes::from_static(b"{\"status\": \"accep")));
    let parts = [start, Err(io::Error::other("the fake host breaks off"))];
    BodyExt::boxed(StreamBody::new(stream::iter(parts)))
}
