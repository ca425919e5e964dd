use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header::{HOST, HeaderName, ORIGIN};
use actix_web::{FromRequest, HttpRequest};
use ori_shared::error_code::ErrorCode;
use url::{Host, Origin, Url};

use super::state;
use crate::error::ApiError;

/// No browser sent this request on behalf of another site.
///
/// `Sec-Fetch-Site` decides where it is sent (browsers send it to https and localhost); else `Origin` must be the
/// console's own. A request with neither comes from no browser, so that nobody's cookie was put into it unasked.
pub struct SameOrigin;

impl FromRequest for SameOrigin {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::check(request))
    }
}

impl SameOrigin {
    pub(super) fn check(request: &HttpRequest) -> Result<Self, ApiError> {
        let public = state(request)?.public_origin.as_ref();
        let allowed = match (header(request, SEC_FETCH_SITE), header(request, ORIGIN)) {
            (Some(site), _) => site == "same-origin",
            (None, Some(origin)) => is_own(origin, header(request, HOST), public),
            (None, None) => true,
        };
        allowed
            .then_some(Self)
            .ok_or_else(|| ApiError::with_detail(ErrorCode::CrossSiteRequest, seen(request, public)))
    }
}

/// Describes what the request was compared with and what it has instead, for the operator of a proxy in front: that is
/// the usual cause.
fn seen(request: &HttpRequest, public: Option<&Origin>) -> String {
    let named = [
        ("Sec-Fetch-Site", SEC_FETCH_SITE),
        ("Origin", ORIGIN),
        ("Host", HOST),
    ]
    .into_iter()
    .filter_map(|(name, header_name)| {
        let value: String = header(request, header_name)?.chars().take(MAX_SHOWN).collect();
        Some(format!("{name} `{value}`"))
    });
    let named = named.collect::<Vec<_>>().join(", ");
    let (public, remedy) = match public.map(Origin::ascii_serialization) {
        Some(public) => {
            let remedy = format!(
                "Open the console at {public}, or set ORI_PUBLIC_URL to the address that people use."
            );
            (format!("`{public}`"), remedy)
        }
        None => (
            "not set".to_owned(),
            "Set ORI_PUBLIC_URL to the address that people use, or have the proxy in front pass on Host."
                .to_owned(),
        ),
    };
    format!(
        "{} ORI_PUBLIC_URL is {public}; the request has {named}. {remedy}",
        ErrorCode::CrossSiteRequest.meaning()
    )
}

/// Longest part of a header's value that is repeated, in characters.
const MAX_SHOWN: usize = 200;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

fn header(request: &HttpRequest, name: HeaderName) -> Option<&str> {
    request
        .headers()
        .get(name)
        .map(|value| value.to_str().unwrap_or_default())
}

fn is_own(origin: &str, host: Option<&str>, public: Option<&Origin>) -> bool {
    let Ok(url) = Url::parse(origin) else { return false };
    let called = host.is_some_and(|host| {
        origin
            .split_once("://")
            .is_some_and(|(_, rest)| rest.eq_ignore_ascii_case(host))
    });
    match public {
        // On the machine itself the console may also be reached as it listens.
        Some(public) => *public == url.origin() || (called && is_loopback(&url)),
        // Without a public address the host that the browser called is all that is known.
        None => called,
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_own_if_it_is_the_called_host_or_the_public_address() {
        let public = Url::parse("https://ori.example.com").unwrap().origin();
        assert!(is_own("http://127.0.0.1:8080", Some("127.0.0.1:8080"), None));
        assert!(is_own(
            "https://ori.example.com",
            Some("10.0.0.1:8080"),
            Some(&public)
        ));
        assert!(!is_own(
            "http://ori.example.com",
            Some("ori.example.com"),
            Some(&public)
        ));
        assert!(is_own(
            "http://127.0.0.1:8080",
            Some("127.0.0.1:8080"),
            Some(&public)
        ));
        for foreign in [
            "https://evil.example",
            "null",
            "",
            "http://127.0.0.1:8081",
            "https://ori.example.com.evil.example",
            "http://ori.example.com",
        ] {
            assert!(
                !is_own(foreign, Some("127.0.0.1:8080"), Some(&public)),
                "{foreign:?}"
            );
        }
    }
}
