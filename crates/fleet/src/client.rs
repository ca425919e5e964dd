//! Requests to a host, and the outcome that each response proves.

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

/// Maximum size of a response body, in bytes.
const RESPONSE_MAX_BYTES: usize = 256 * 1024;

/// HTTP client of the hosts.
pub(crate) struct Client {
    http: reqwest::Client,
    secret_header: (HeaderName, HeaderValue),
    secret: FleetSecret,
    config_url: Option<Url>,
    health_timeout: Duration,
    dial_timeout: Duration,
}

/// Body of `POST /livekit/dialout`.
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

    /// Queries the health of the host. The error describes why the host counts as unhealthy.
    pub(crate) async fn health(&self, host: &HostAddress) -> Result<Health, String> {
        let limit = self.health_timeout;
        let request = self.http.get(host.health.clone()).headers(self.proof());
        let answer = request.timeout(limit).send().await;
        let answer = answer.map_err(|error| sanitize::failure_reason(error, limit))?;
        let status = answer.status();
        if !status.is_success() {
            return Err(format!("health check returned status {}", status.as_u16()));
        }
        Health::read(&body(answer, limit).await?)
    }

    /// Sends the dial request once.
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

    /// Determines the outcome that the response proves (platform, section 3). A response outside the contract is unknown.
    async fn judge(&self, answer: Response) -> DialOutcome {
        match answer.status() {
            StatusCode::OK => accepted(body(answer, self.dial_timeout).await),
            StatusCode::TOO_MANY_REQUESTS => self.rejected(NotDialled::AtCapacity, answer).await,
            StatusCode::SERVICE_UNAVAILABLE => self.rejected(NotDialled::NotConfigured, answer).await,
            StatusCode::FORBIDDEN => self.refused(RefusalReason::WrongSecret, answer).await,
            StatusCode::NOT_FOUND => self.refused(RefusalReason::BotNotFound, answer).await,
            // A proxy on the way timed out, so the worker may have dialled.
            StatusCode::REQUEST_TIMEOUT => unknown("dialout returned status 408".to_owned()),
            status if status.is_client_error() => self.refused(RefusalReason::Other, answer).await,
            status => unknown(format!("dialout returned status {}", status.as_u16())),
        }
    }

    /// Accepts 429 and 503 as proof that nothing was dialled only if the worker itself sent them. Proxies generate both,
    /// and 503 also when the connection to the worker breaks after it received the request.
    async fn rejected(&self, why: NotDialled, answer: Response) -> DialOutcome {
        let status = answer.status().as_u16();
        let is_json = is_json(answer.headers());
        match body(answer, self.dial_timeout).await {
            Ok(body) if is_json && is_from_worker(&body) => DialOutcome::NotDialled(why),
            Ok(_) => unknown(format!(
                "dialout returned status {status} without the worker's JSON"
            )),
            Err(why) => unknown(why),
        }
    }

    async fn refused(&self, reason: RefusalReason, answer: Response) -> DialOutcome {
        let status = answer.status().as_u16();
        // The status alone decides; an unreadable body only loses the detail.
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

/// Determines the outcome of a request without a response. Only a failed connection proves that nothing was sent.
fn without_answer(error: reqwest::Error, limit: Duration) -> DialOutcome {
    let nothing_sent = error.is_connect() || error.is_builder();
    let why = sanitize::failure_reason(error, limit);
    if nothing_sent {
        DialOutcome::NotDialled(NotDialled::Unreachable { why })
    } else {
        unknown(why)
    }
}

/// Checks the body of a 200 against the contract. With any other body the worker may still have dialled.
fn accepted(body: Result<Vec<u8>, String>) -> DialOutcome {
    let answer: Value = match body.map(|body| serde_json::from_slice(&body)) {
        Ok(Ok(answer)) => answer,
        Ok(Err(_)) => return unknown("dialout returned status 200 without JSON".to_owned()),
        Err(why) => return unknown(why),
    };
    let text = |name| answer.get(name).and_then(Value::as_str);
    // An id that is changed by sanitizing would be another id.
    let id = text("call_id").filter(|id| sanitize::single_line(id).as_deref() == Some(id));
    match (text("status"), id) {
        (Some("accepted"), Some(id)) => DialOutcome::Accepted {
            worker_call_id: id.to_owned(),
            room_name: text("room_name").and_then(sanitize::single_line),
        },
        _ => unknown("dialout returned status 200 without accepting the call".to_owned()),
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

/// Returns whether the body is an object with the worker's `detail` or a textual `status` (platform, section 3).
/// Gateways send a numeric `status`.
fn is_from_worker(body: &[u8]) -> bool {
    let Ok(answer) = serde_json::from_slice::<Value>(body) else {
        return false;
    };
    let has_detail = answer
        .get("detail")
        .is_some_and(|detail| detail.is_string() || detail.is_object());
    has_detail || answer.get("status").is_some_and(Value::is_string)
}

/// Returns the `detail` of a JSON body, sanitized.
fn detail_of(body: &[u8]) -> Option<String> {
    let answer: Value = serde_json::from_slice(body).ok()?;
    sanitize::single_line(answer.get("detail")?.as_str()?)
}

/// Reads the body up to [`RESPONSE_MAX_BYTES`].
async fn body(mut answer: Response, limit: Duration) -> Result<Vec<u8>, String> {
    let mut body = Vec::new();
    loop {
        match answer.chunk().await {
            Ok(Some(chunk)) if body.len() + chunk.len() > RESPONSE_MAX_BYTES => {
                return Err(format!("the response is longer than {RESPONSE_MAX_BYTES} bytes"));
            }
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Ok(None) => return Ok(body),
            Err(error) => return Err(sanitize::failure_reason(error, limit)),
        }
    }
}
