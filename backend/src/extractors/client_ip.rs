use std::future::{Ready, ready};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::atomic::{AtomicU8, Ordering};

use actix_web::dev::Payload;
use actix_web::http::header::{FORWARDED, HeaderName};
use actix_web::{FromRequest, HttpRequest};

use super::state;
use crate::error::ApiError;
use crate::state::AppState;

/// Address of the client: the peer's, or the one that the trusted proxies in front report in `X-Forwarded-For` or
/// `Forwarded` (RFC 7239).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ClientIp(pub IpAddr);

impl FromRequest for ClientIp {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(state(request).and_then(|state| Self::of(request, state)))
    }
}

impl ClientIp {
    pub(super) fn of(request: &HttpRequest, state: &AppState) -> Result<Self, ApiError> {
        let peer = request
            .peer_addr()
            .ok_or_else(|| ApiError::internal("the peer has no address"))?;
        let values = |name: HeaderName| -> Vec<&[u8]> {
            let values = request.headers().get_all(name);
            values
                .map(actix_web::http::header::HeaderValue::as_bytes)
                .collect()
        };
        let forwarded = reported(
            state.trusted_proxies,
            &values(X_FORWARDED_FOR),
            &values(FORWARDED),
        );
        Ok(Self(forwarded.unwrap_or_else(|unusable| {
            unusable.log_once();
            peer.ip()
        })))
    }
}

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Reason for the use of the peer's address as the client's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unusable {
    /// No proxy is trusted, and the request has no forwarding header either.
    Direct,
    /// No proxy is trusted, but the request has a forwarding header.
    Untrusted,
    Missing,
    NoAddress,
    Contradiction,
}

impl Unusable {
    /// Logs each reason once per process: every request would have it.
    fn log_once(self) {
        static LOGGED: AtomicU8 = AtomicU8::new(0);
        let reason = match self {
            Self::Direct => return,
            Self::Untrusted => "ORI_TRUSTED_PROXIES is 0",
            Self::Missing => {
                "neither X-Forwarded-For nor Forwarded has as many entries as ORI_TRUSTED_PROXIES counts proxies"
            }
            Self::NoAddress => "the entry of the outermost trusted proxy holds no IP address",
            Self::Contradiction => "X-Forwarded-For and Forwarded name different clients",
        };
        let bit = 1 << self as u8;
        if LOGGED.fetch_or(bit, Ordering::Relaxed) & bit == 0 {
            tracing::warn!(
                reason,
                "forwarding headers not used; clients behind the same peer share its limits on failed attempts"
            );
        }
    }
}

/// Returns the address that the outermost trusted proxy saw.
///
/// Each proxy appends the address that it saw, so the entry is found by its place from the end. What stands before it
/// was written by the client, proves nothing and is not read. A header with fewer entries than there are proxies was
/// not written by all of them, and is ignored. If both headers have enough entries, one of them may be the client's
/// own, passed on by proxies that write the other: then they have to agree.
fn reported(proxies: usize, x_forwarded_for: &[&[u8]], forwarded: &[&[u8]]) -> Result<IpAddr, Unusable> {
    let Some(before) = proxies.checked_sub(1) else {
        let is_direct = x_forwarded_for.is_empty() && forwarded.is_empty();
        return Err(if is_direct {
            Unusable::Direct
        } else {
            Unusable::Untrusted
        });
    };
    let entry = |values| nth_from_end(values, before);
    let one = entry(x_forwarded_for).map(address);
    let other = entry(forwarded).map(forwarded_for);
    match (one, other) {
        (None, None) => Err(Unusable::Missing),
        (Some(one), Some(other)) if one != other => Err(Unusable::Contradiction),
        (Some(client), _) | (None, Some(client)) => client.ok_or(Unusable::NoAddress),
    }
}

/// Returns the entry of a header, given by its lines, that so many others follow.
///
/// Reads from the end, so that quotes which the client left open have no effect on the entries of the proxies. These
/// hold addresses and no escaped quotes.
fn nth_from_end<'a>(lines: &[&'a [u8]], following: usize) -> Option<&'a [u8]> {
    lines
        .iter()
        .rev()
        .flat_map(|line| split_unquoted(line, b','))
        .nth(following)
}

/// Splits at a separator outside of quoted strings. Returns the last part first.
fn split_unquoted(text: &[u8], separator: u8) -> impl Iterator<Item = &[u8]> {
    let mut is_quoted = false;
    text.rsplit(move |byte| {
        is_quoted ^= *byte == b'"';
        *byte == separator && !is_quoted
    })
}

/// Returns the address in the `for` parameter of a `Forwarded` entry.
fn forwarded_for(entry: &[u8]) -> Option<IpAddr> {
    let mut nodes = split_unquoted(entry, b';').filter_map(|parameter| {
        let (name, node) = parameter.trim_ascii().split_at_checked(4)?;
        name.eq_ignore_ascii_case(b"for=").then_some(node)
    });
    let node = nodes.next()?;
    nodes.next().is_none().then(|| address(node))?
}

/// Returns the address of a node: `192.0.2.1`, `192.0.2.1:port`, `2001:db8::1`, `[2001:db8::1]` or `[2001:db8::1]:port`,
/// quoted or not. There is none in `unknown` or an obfuscated identifier such as `_hidden`.
fn address(node: &[u8]) -> Option<IpAddr> {
    let node = node.trim_ascii();
    let unquoted = node.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\""));
    let node = std::str::from_utf8(unquoted.unwrap_or(node)).ok()?;
    let is_port = |text: &str| {
        let is_obfuscated = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        text.parse::<u16>().is_ok() || (text.starts_with('_') && text.chars().all(is_obfuscated))
    };
    if let Some((address, rest)) = node.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        let is_end = rest.is_empty() || rest.strip_prefix(':').is_some_and(is_port);
        let address: Ipv6Addr = address.parse().ok()?;
        return is_end.then_some(address.into());
    }
    let with_port = || {
        let (address, port) = node.split_once(':')?;
        let address: Ipv4Addr = address.parse().ok()?;
        is_port(port).then_some(address.into())
    };
    node.parse().ok().or_else(with_port)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn an_address_is_read_in_every_form_that_proxies_write() {
        for (node, expected) in [
            ("203.0.113.7", Some("203.0.113.7")),
            (" 203.0.113.7\t", Some("203.0.113.7")),
            ("203.0.113.7:51234", Some("203.0.113.7")),
            ("203.0.113.7:_gateway-1.a", Some("203.0.113.7")),
            ("\"203.0.113.7\"", Some("203.0.113.7")),
            ("\"203.0.113.7:51234\"", Some("203.0.113.7")),
            ("2001:db8::1", Some("2001:db8::1")),
            ("\"2001:db8::1\"", Some("2001:db8::1")),
            ("[2001:db8::1]", Some("2001:db8::1")),
            ("[2001:db8::1]:443", Some("2001:db8::1")),
            ("\"[2001:DB8::1]:443\"", Some("2001:db8::1")),
            ("[::ffff:203.0.113.7]:443", Some("::ffff:203.0.113.7")),
            ("", None),
            ("\"", None),
            ("\"\"", None),
            ("unknown", None),
            ("unknown:443", None),
            ("_hidden", None),
            ("ori.example.com", None),
            ("ori.example.com:443", None),
            ("203.0.113.7:", None),
            ("203.0.113.7:http", None),
            ("203.0.113.7:65536", None),
            ("203.0.113.7:443:443", None),
            ("203.0.113.700", None),
            ("203.0.113.7 198.51.100.1", None),
            ("\"203.0.113.7", None),
            ("[203.0.113.7]", None),
            ("[2001:db8::1", None),
            ("[2001:db8::1]443", None),
            ("[2001:db8::1]:", None),
            ("2001:db8::1]:443", None),
            ("fe80::1%eth0", None),
            ("unix:", None),
        ] {
            assert_eq!(address(node.as_bytes()), expected.map(ip), "{node:?}");
        }
    }

    #[test]
    fn a_forwarded_entry_names_its_client_in_the_for_parameter() {
        for (entry, expected) in [
            ("for=203.0.113.7", Some("203.0.113.7")),
            (" For=203.0.113.7;proto=https; by=10.0.0.1", Some("203.0.113.7")),
            (
                "proto=https;host=\"a;for=6.6.6.6\";FOR=\"[2001:db8::1]:443\"",
                Some("2001:db8::1"),
            ),
            ("for=unknown", None),
            ("for=_hidden", None),
            ("for=\"_hidden\"", None),
            ("by=203.0.113.7", None),
            ("203.0.113.7", None),
            ("for", None),
            ("for=", None),
            ("for=203.0.113.7;for=198.51.100.1", None),
            ("", None),
        ] {
            assert_eq!(forwarded_for(entry.as_bytes()), expected.map(ip), "{entry:?}");
        }
    }

    #[test]
    fn headers_are_believed_only_as_far_as_there_are_proxies() {
        use Unusable::{Contradiction, Direct, Missing, NoAddress, Untrusted};
        let client = Ok("203.0.113.7");
        // The number of proxies, the lines of X-Forwarded-For, those of Forwarded, and the client.
        type Row = (
            usize,
            &'static [&'static str],
            &'static [&'static str],
            Result<&'static str, Unusable>,
        );
        let rows: &[Row] = &[
            (0, &[], &[], Err(Direct)),
            (0, &["203.0.113.7"], &[], Err(Untrusted)),
            (0, &[], &["for=203.0.113.7"], Err(Untrusted)),
            (1, &[], &[], Err(Missing)),
            (1, &["203.0.113.7"], &[], client),
            (1, &["6.6.6.6, 203.0.113.7"], &[], client),
            (1, &["6.6.6.6", "203.0.113.7:51234"], &[], client),
            (2, &["6.6.6.6, 203.0.113.7", "10.0.0.2"], &[], client),
            (2, &["6.6.6.6, 203.0.113.7, 10.0.0.2"], &[], client),
            (3, &["203.0.113.7, 10.0.0.2"], &[], Err(Missing)),
            (1, &["6.6.6.6, unknown"], &[], Err(NoAddress)),
            (1, &["6.6.6.6, "], &[], Err(NoAddress)),
            (1, &[""], &[], Err(NoAddress)),
            // What the client wrote in front cannot swallow or shift the entries of the proxies.
            (1, &["6.6.6.6, \", 203.0.113.7"], &[], client),
            (1, &["6.6.6.6", "\u{fffd}, 203.0.113.7"], &[], client),
            (1, &[], &["for=6.6.6.6, x=\", for=203.0.113.7"], client),
            (
                2,
                &[],
                &["for=6.6.6.6, for=6.6.6.7;x=\", for=203.0.113.7, for=\"[2001:db8::2]\""],
                client,
            ),
            (1, &[], &["for=6.6.6.6;x=\"\\", "for=203.0.113.7"], client),
            (
                1,
                &[],
                &["for=6.6.6.6, for=\"203.0.113.7:51234\";proto=https"],
                client,
            ),
            (2, &[], &["for=203.0.113.7, for=_proxy"], client),
            (1, &[], &["for=6.6.6.6, for=unknown"], Err(NoAddress)),
            // Both headers: either they agree, or one of them may be the client's own.
            (1, &["203.0.113.7"], &["for=203.0.113.7"], client),
            (1, &["6.6.6.6"], &["for=203.0.113.7"], Err(Contradiction)),
            (1, &["203.0.113.7"], &["for=6.6.6.6"], Err(Contradiction)),
            (1, &["unknown"], &["for=6.6.6.6"], Err(Contradiction)),
            (1, &["6.6.6.6"], &["for=_hidden"], Err(Contradiction)),
            (1, &["unknown"], &["for=unknown"], Err(NoAddress)),
            // A header with too few entries was not written by all of the proxies.
            (2, &["203.0.113.7, 10.0.0.2"], &["for=6.6.6.6"], client),
            (2, &["6.6.6.6"], &["for=203.0.113.7, for=10.0.0.2"], client),
        ];
        for (proxies, x_forwarded_for, forwarded, expected) in rows {
            let lines =
                |lines: &'static [&'static str]| lines.iter().map(|line| line.as_bytes()).collect::<Vec<_>>();
            let found = reported(*proxies, &lines(x_forwarded_for), &lines(forwarded));
            assert_eq!(
                found,
                expected.map(ip),
                "{proxies} {x_forwarded_for:?} {forwarded:?}"
            );
        }
    }

    #[test]
    fn bytes_that_are_not_utf_8_do_not_hide_the_entry_of_a_proxy() {
        let lines: [&[u8]; 2] = [b"6.6.6.6", b"\xff, 203.0.113.7"];
        assert_eq!(reported(1, &lines, &[]), Ok(ip("203.0.113.7")));
    }
}
