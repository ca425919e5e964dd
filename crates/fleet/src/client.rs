//! Asking a host, and judging what its answer makes certain.

use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Response, StatusCode, Url};
use serde::Serialize;
use serde_json::Value;

use crate::config::{FleetConfig, FleetConfigError};
use crate::dial::{Dial, DialOutcome, NotDialled, Refusal, RefusalReason};
use crate::health::Health;
use crate::host::HostAddress;
use crate::secret::FleetSecret;
use crate::{http, sanitize};

/// The longest answer that is read, in bytes.
const ANSWER_MAX_BYTES: usize = 256 * 1024;
/// Sends requests to the hosts.
pub(crate) struct Client {
    http: reqwest::Client,
    secret_header: (HeaderName, HeaderValue),
    secret: FleetSecret,
    config_url: Option<Url>,
    health_timeout: Duration,
    dial_timeout: Duration,
}

/// The body of `POST /livekit/dialout`.
#[derive(Serialize)]
struct DialBody<'a> {
    #[serde(flatten)]
    dial: &'a Dial,
    #[serde(skip_serializing_if = "Option::is_none")]
    config_url: Option<&'a str>,
}

impl Client {
    pub(crate) fn new(config: &FleetConfig) -> Result<Self, FleetConfigError> {
        let unfit = |_| FleetConfigError::UnfitSecret;
        let mut value = HeaderValue::from_str(config.secret.expose()).map_err(unfit)?;
        value.set_sensitive(true);
        Ok(Self {
            http: http_client(config)?,
            secret_header: (config.secret_header.clone(), value),
            secret: config.secret.clone(),
            config_url: config.config_url.clone(),
            health_timeout: config.health_timeout,
            dial_timeout: config.dial_timeout,
        })
    }

    /// The host's health, or in words why it is not known to be well.
    pub(crate) async fn health(&self, host: &HostAddress) -> Result<Health, String> {
        let limit = self.health_timeout;
        let request = self.http.get(host.health.clone()).headers(self.proof());
        let answer = request.timeout(limit).send().await;
        let answer = answer.map_err(|error| sanitize::failure_reason(error, limit))?;
        let status = answer.status();
        if !status.is_success() {
            return Err(format!("asked for its health, it answered {}", status.as_u16()));
        }
        Health::read(&body(answer, limit).await?)
    }

    /// Asks the host to dial, once.
    pub(crate) async fn dial(&self, host: &HostAddress, dial: &Dial) -> DialOutcome {
        let limit = self.dial_timeout;
        let body = DialBody {
            dial,
            config_url: self.config_url.as_ref().map(Url::as_str),
        };
        let request = self.http.post(host.dialout.clone()).headers(self.proof());
        match request.json(&body).timeout(limit).send().await {
            Ok(answer) => self.judge(answer).await,
            Err(error) => without_answer(error, limit),
        }
    }

    /// What the answer makes certain (platform, section 3). Whatever the contract does not tell is unknown.
    async fn judge(&self, answer: Response) -> DialOutcome {
        match answer.status() {
            StatusCode::OK => accepted(body(answer, self.dial_timeout).await),
            StatusCode::TOO_MANY_REQUESTS => self.rejected(NotDialled::AtCapacity, answer).await,
            StatusCode::SERVICE_UNAVAILABLE => self.rejected(NotDialled::NotConfigured, answer).await,
            StatusCode::FORBIDDEN => self.refused(RefusalReason::WrongSecret, answer).await,
            StatusCode::NOT_FOUND => self.refused(RefusalReason::BotNotFound, answer).await,
            // Somebody on the way gave up waiting, which tells nothing of what the worker did.
            StatusCode::REQUEST_TIMEOUT => unknown("asked to dial, it answered 408".to_owned()),
            status if status.is_client_error() => self.refused(RefusalReason::Other, answer).await,
            status => unknown(format!("asked to dial, it answered {}", status.as_u16())),
        }
    }

    /// Accepts 429 and 503 as proof that nothing was dialled only if the worker itself sent them. Proxies send both on
    /// their own, and 503 also when the connection to the worker breaks after it received the request.
    async fn rejected(&self, why: NotDialled, answer: Response) -> DialOutcome {
        let status = answer.status().as_u16();
        let is_json = is_json(answer.headers());
        match body(answer, self.dial_timeout).await {
            Ok(body) if is_json && is_from_worker(&body) => DialOutcome::NotDialled(why),
            Ok(_) => unknown(format!(
                "asked to dial, it answered {status} without the worker's JSON"
            )),
            Err(why) => unknown(why),
        }
    }

    async fn refused(&self, reason: RefusalReason, answer: Response) -> DialOutcome {
        let status = answer.status().as_u16();
        // The status alone decides, so a body that cannot be read costs no more than the words in it.
        let detail = body(answer, self.dial_timeout).await.ok();
        let detail = detail.and_then(|body| detail_of(&body));
        DialOutcome::Refused(Refusal {
            status,
            reason,
            detail: detail.map(|text| text.replace(self.secret.expose(), "[redacted]")),
        })
    }

    fn proof(&self) -> HeaderMap {
        HeaderMap::from_iter([self.secret_header.clone()])
    }
}

pub(crate) fn http_client(config: &FleetConfig) -> Result<reqwest::Client, FleetConfigError> {
    let builder = http::client_builder().map_err(|error| FleetConfigError::Client(error.to_string()))?;
    builder
        .connect_timeout(config.connect_timeout)
        .build()
        .map_err(|error| FleetConfigError::Client(error.to_string()))
}

/// Only a connection that never came about is certain to have carried nothing.
fn without_answer(error: reqwest::Error, limit: Duration) -> DialOutcome {
    let nothing_sent = error.is_connect() || error.is_builder();
    let why = sanitize::failure_reason(error, limit);
    if nothing_sent {
        DialOutcome::NotDialled(NotDialled::Unreachable { why })
    } else {
        unknown(why)
    }
}

/// A 200 counts only if it says what the contract says. Otherwise the worker may have dialled all the same.
fn accepted(body: Result<Vec<u8>, String>) -> DialOutcome {
    let answer: Value = match body.map(|body| serde_json::from_slice(&body)) {
        Ok(Ok(answer)) => answer,
        Ok(Err(_)) => return unknown("asked to dial, it answered 200 without JSON".to_owned()),
        Err(why) => return unknown(why),
    };
    let text = |name| answer.get(name).and_then(Value::as_str);
    // An id that had to be single_line would be another id.
    let id = text("call_id").filter(|id| sanitize::single_line(id).as_deref() == Some(id));
    match (text("status"), id) {
        (Some("accepted"), Some(id)) => DialOutcome::Accepted {
            worker_call_id: id.to_owned(),
            room_name: text("room_name").and_then(sanitize::single_line),
        },
        _ => unknown("asked to dial, it answered 200 without accepting the call".to_owned()),
    }
}

fn unknown(why: String) -> DialOutcome {
    DialOutcome::Unknown { why }
}

fn is_json(headers: &HeaderMap) -> bool {
    let declared = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = declared.and_then(|value| value.split(';').next());
    essence.is_some_and(|essence| essence.trim().eq_ignore_ascii_case("application/json"))
}

/// Whether the body is an object with the worker's `detail` or its `status` in words (platform, section 3). A numeric
/// `status` is what gateways send.
fn is_from_worker(body: &[u8]) -> bool {
    let Ok(answer) = serde_json::from_slice::<Value>(body) else {
        return false;
    };
    let has_detail = answer
        .get("detail")
        .is_some_and(|detail| detail.is_string() || detail.is_object());
    has_detail || answer.get("status").is_some_and(Value::is_string)
}

/// The worker's own words: the `detail` of a JSON answer.
fn detail_of(body: &[u8]) -> Option<String> {
    let answer: Value = serde_json::from_slice(body).ok()?;
    sanitize::single_line(answer.get("detail")?.as_str()?)
}

/// Reads the answer's body, up to the longest that is read.
async fn body(mut answer: Response, limit: Duration) -> Result<Vec<u8>, String> {
    let mut body = Vec::new();
    loop {
        match answer.chunk().await {
            Ok(Some(chunk)) if body.len() + chunk.len() > ANSWER_MAX_BYTES => {
                return Err(format!("its answer is longer than {ANSWER_MAX_BYTES} bytes"));
            }
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Ok(None) => return Ok(body),
            Err(error) => return Err(sanitize::failure_reason(error, limit)),
        }
    }
}
