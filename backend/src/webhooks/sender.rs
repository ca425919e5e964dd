use std::error::Error;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use ori_fleet::http;
use ori_store::DueDelivery;
use reqwest::header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER};
use reqwest::{Client, Response};
use url::{Host, Url};

use super::egress::EgressPolicy;
use super::resolver::{LeadsNowhere, Resolver};

/// Sends events. It follows no redirect, uses no proxy, and connects only to permitted addresses.
pub struct Sender {
    encrypted: Client,
    plain: Client,
    networks: Arc<EgressPolicy>,
}

/// No HTTP client can be made on this machine.
#[derive(Debug, thiserror::Error)]
#[error("no HTTP client can be made: {0}")]
pub struct SenderError(#[source] Box<dyn Error + Send + Sync>);

/// Result of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status, if there was a response.
    pub status: Option<u16>,
    /// The error, as a word; `None` if the receiver accepted the event.
    pub error: Option<&'static str>,
    /// The pause that the receiver requested.
    pub retry_after: Option<TimeDelta>,
}

impl Sender {
    /// Client for permitted private networks.
    ///
    /// # Errors
    /// [`SenderError`]
    pub fn new(networks: &Arc<EgressPolicy>) -> Result<Self, SenderError> {
        Ok(Self {
            encrypted: client(networks, true)?,
            plain: client(networks, false)?,
            networks: Arc::clone(networks),
        })
    }

    /// Makes that attempt with that body, signed for the time at which it is made. It ends within 15 seconds.
    pub async fn send(&self, due: &DueDelivery, body: String, now: DateTime<Utc>) -> Answer {
        let client = match Url::parse(&due.url) {
            Ok(url) => self.client(&url),
            Err(_) => None,
        };
        // Literal addresses are not resolved.
        let Some(client) = client else {
            return failure("private_address");
        };
        let (id, timestamp) = (due.id.to_string(), now.timestamp());
        let signatures: Vec<String> = due
            .secrets
            .iter()
            .map(|secret| secret.sign(&id, timestamp, body.as_bytes()))
            .collect();
        let request = client
            .post(&due.url)
            .header(CONTENT_TYPE, "application/json")
            .header("webhook-id", &id)
            .header("webhook-timestamp", timestamp)
            .header("webhook-signature", signatures.join(" "))
            .body(body);
        match request.send().await {
            Ok(response) => judge(response, now).await,
            Err(error) => failure(why(&error)),
        }
    }

    /// Returns the client for that address; `None` if the egress policy forbids it.
    fn client(&self, url: &Url) -> Option<&Client> {
        let is_encrypted = url.scheme() == "https";
        let is_reachable = match url.host()? {
            Host::Domain(_) => true,
            Host::Ipv4(ip) => self.networks.may_reach(ip.into(), is_encrypted),
            Host::Ipv6(ip) => self.networks.may_reach(ip.into(), is_encrypted),
        };
        let client = if is_encrypted {
            &self.encrypted
        } else {
            &self.plain
        };
        is_reachable.then_some(client)
    }
}

/// Time limit of an attempt.
const LIMIT: Duration = Duration::from_secs(15);
/// Maximum length of a response's body that is read to reuse its connection.
const ANSWER_MAX_BYTES: usize = 4096;

fn client(networks: &Arc<EgressPolicy>, is_encrypted: bool) -> Result<Client, SenderError> {
    let resolver = Resolver {
        networks: Arc::clone(networks),
        is_encrypted,
    };
    let builder = http::client_builder().map_err(|error| SenderError(error.into()))?;
    builder
        .dns_resolver(resolver)
        .timeout(LIMIT)
        .build()
        .map_err(|error| SenderError(error.into()))
}

async fn judge(mut response: Response, now: DateTime<Utc>) -> Answer {
    let status = response.status();
    let retry_after = retry_after(response.headers(), now);
    let mut read = 0;
    while let Ok(Some(chunk)) = response.chunk().await {
        read += chunk.len();
        if read > ANSWER_MAX_BYTES {
            break;
        }
    }
    Answer {
        status: Some(status.as_u16()),
        error: match status.as_u16() {
            200..=299 => None,
            300..=399 => Some("redirected"),
            410 => Some(ori_store::GONE),
            _ => Some("bad_status"),
        },
        retry_after,
    }
}

fn failure(error: &'static str) -> Answer {
    Answer {
        status: None,
        error: Some(error),
        retry_after: None,
    }
}

/// Returns a word for the error, because its own text repeats the address.
fn why(error: &reqwest::Error) -> &'static str {
    if let Some(word) = known_cause(error) {
        word
    } else if error.is_timeout() {
        "timed_out"
    } else if error.is_connect() {
        "not_connected"
    } else {
        "connection_broke"
    }
}

/// Returns the word for the first cause of the error that has one.
fn known_cause(error: &(dyn Error + 'static)) -> Option<&'static str> {
    let mut cause = Some(error);
    while let Some(error) = cause {
        match error.downcast_ref() {
            Some(LeadsNowhere::NotFound) => return Some("name_not_found"),
            Some(LeadsNowhere::OutOfReach) => return Some("private_address"),
            None => {}
        }
        match error.downcast_ref() {
            Some(rustls::Error::InvalidCertificate(_)) => return Some("certificate_invalid"),
            Some(_) => return Some("tls_failed"),
            None => cause = source(error),
        }
    }
    None
}

/// Returns the cause of an error. An IO error that wraps another one returns that as its text, and not as its source.
fn source<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        Some(wrapped) => Some(wrapped),
        None => error.source(),
    }
}

/// Seconds, or a date (RFC 9110, section 10.2.3).
fn retry_after(headers: &HeaderMap, now: DateTime<Utc>) -> Option<TimeDelta> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    match value.parse::<u32>() {
        Ok(seconds) => Some(TimeDelta::seconds(seconds.into())),
        Err(_) => Some(DateTime::parse_from_rfc2822(value).ok()?.to_utc() - now),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cause_of_a_failed_connection_is_found_within_io_errors() {
        let wrapped =
            |error: rustls::Error| io::Error::other(io::Error::new(io::ErrorKind::InvalidData, error));
        for (error, word) in [
            (
                wrapped(rustls::CertificateError::Expired.into()),
                Some("certificate_invalid"),
            ),
            (wrapped(rustls::Error::HandshakeNotComplete), Some("tls_failed")),
            (io::Error::other(LeadsNowhere::NotFound), Some("name_not_found")),
            (
                io::Error::other(LeadsNowhere::OutOfReach),
                Some("private_address"),
            ),
            (io::ErrorKind::ConnectionRefused.into(), None),
        ] {
            assert_eq!(known_cause(&error), word, "{error}");
        }
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now: DateTime<Utc> = "2026-11-23T12:00:00Z".parse().unwrap();
        let asked = |value: &str| {
            let headers = HeaderMap::from_iter([(RETRY_AFTER, value.parse().unwrap())]);
            retry_after(&headers, now).map(|wait| wait.num_seconds())
        };
        assert_eq!(asked("120"), Some(120));
        assert_eq!(asked("Mon, 23 Nov 2026 12:02:00 GMT"), Some(120));
        for nothing in ["", "soon", "-5", "1.5", "99999999999999999999"] {
            assert_eq!(asked(nothing), None, "{nothing}");
        }
    }
}
