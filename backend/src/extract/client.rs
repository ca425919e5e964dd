use std::future::{Ready, ready};
use std::net::IpAddr;

use actix_web::dev::Payload;
use actix_web::http::header::HeaderName;
use actix_web::{FromRequest, HttpRequest};

use super::app;
use crate::app::App;
use crate::error::ApiError;

/// Where the request came from: the peer, or what the trusted proxies in front say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ClientAddress(pub IpAddr);

impl FromRequest for ClientAddress {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(app(request).and_then(|app| Self::of(request, app)))
    }
}

impl ClientAddress {
    pub(super) fn of(request: &HttpRequest, app: &App) -> Result<Self, ApiError> {
        let peer = request
            .peer_addr()
            .ok_or_else(|| ApiError::internal("the peer has no address"))?;
        let forwarded = || {
            let sent = request.headers().get_all(X_FORWARDED_FOR);
            sent.filter_map(|value| value.to_str().ok())
        };
        Ok(Self(behind(app.trusted_proxies, peer.ip(), forwarded)))
    }
}

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The address that the outermost trusted proxy saw. Each proxy appends the address that it saw, so that one counts
/// from the end; whatever stands before was written by the client and proves nothing.
fn behind<'a, I: Iterator<Item = &'a str>>(
    proxies: usize,
    peer: IpAddr,
    forwarded: impl Fn() -> I,
) -> IpAddr {
    if proxies == 0 {
        return peer;
    }
    let hops: Vec<&str> = forwarded()
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .collect();
    hops.len()
        .checked_sub(proxies)
        .and_then(|at| hops[at].parse().ok())
        .unwrap_or(peer)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn the_header_is_believed_only_as_far_as_there_are_proxies() {
        let peer = ip("10.0.0.1");
        let header = || ["6.6.6.6, 7.7.7.7", "8.8.8.8"].into_iter();
        assert_eq!(behind(0, peer, header), peer);
        assert_eq!(behind(1, peer, header), ip("8.8.8.8"));
        assert_eq!(behind(2, peer, header), ip("7.7.7.7"));
        assert_eq!(behind(4, peer, header), peer);
        assert_eq!(behind(1, peer, || ["rubbish"].into_iter()), peer);
    }
}
