use std::net::IpAddr;
use std::time::Duration;

use ori_shared::webhook::URL_MAX;
use url::{Host, Url};

use super::egress::EgressPolicy;
use super::resolver::look_up;

/// Error of a webhook's address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnfitAddress {
    /// It is none.
    #[error("Give a whole address, such as https://crm.example.com/hooks/ori.")]
    NoAddress,
    /// It is too long.
    #[error("Give an address of at most 2048 bytes.")]
    TooLong,
    /// It carries a name and perhaps a password, which would stand where addresses are shown.
    #[error("Leave user name and password out of the address; events are signed.")]
    Credentials,
    /// It names a part of a document.
    #[error("Leave the part behind the # out of the address.")]
    Fragment,
    /// Events would be sent unencrypted.
    #[error("Give an https address. Plain http is for hosts in ORI_WEBHOOK_PRIVATE_NETWORKS.")]
    Plain,
    /// It is this server's own neighbourhood.
    #[error("This address is not public, and not in ORI_WEBHOOK_PRIVATE_NETWORKS.")]
    Private,
}

/// Returns the address as it is stored, if the egress policy permits it. A name over https is looked up only when something is sent.
///
/// # Errors
/// [`UnfitAddress`]
pub async fn checked(typed: &str, networks: &EgressPolicy) -> Result<String, UnfitAddress> {
    let url = Url::parse(typed).map_err(|_| UnfitAddress::NoAddress)?;
    let is_encrypted = match url.scheme() {
        "https" => true,
        "http" => false,
        _ => return Err(UnfitAddress::NoAddress),
    };
    if typed.len().max(url.as_str().len()) > URL_MAX {
        return Err(UnfitAddress::TooLong);
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(UnfitAddress::Credentials);
    }
    if url.fragment().is_some() {
        return Err(UnfitAddress::Fragment);
    }
    match url.host().ok_or(UnfitAddress::NoAddress)? {
        Host::Ipv4(ip) => check_literal(ip.into(), is_encrypted, networks)?,
        Host::Ipv6(ip) => check_literal(ip.into(), is_encrypted, networks)?,
        Host::Domain(_) if is_encrypted => {}
        Host::Domain(name) => check_plain(name, networks).await?,
    }
    Ok(url.into())
}

/// Time limit of a look-up.
const LOOK_UP: Duration = Duration::from_secs(5);

fn check_literal(ip: IpAddr, is_encrypted: bool, networks: &EgressPolicy) -> Result<(), UnfitAddress> {
    match (networks.may_reach(ip, is_encrypted), networks.may_reach(ip, true)) {
        (true, _) => Ok(()),
        (false, true) => Err(UnfitAddress::Plain),
        (false, false) => Err(UnfitAddress::Private),
    }
}

/// Over plain http a name must lead into the configured networks alone.
async fn check_plain(name: &str, networks: &EgressPolicy) -> Result<(), UnfitAddress> {
    if !networks.any_configured() {
        return Err(UnfitAddress::Plain);
    }
    let found = tokio::time::timeout(LOOK_UP, look_up(name)).await.ok().flatten();
    let stays_inside = found.is_some_and(|found| {
        found
            .iter()
            .all(|address| networks.may_reach(address.ip(), false))
    });
    stays_inside.then_some(()).ok_or(UnfitAddress::Plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn loopback() -> EgressPolicy {
        EgressPolicy::new(vec!["127.0.0.0/8".parse().unwrap(), "::1/128".parse().unwrap()])
    }

    #[tokio::test]
    async fn a_public_https_address_is_kept_in_its_normal_form() {
        for (typed, kept) in [
            ("https://crm.example.com", "https://crm.example.com/"),
            (
                " https://CRM.example.com:443/a?b=c ",
                "https://crm.example.com/a?b=c",
            ),
            ("https://1.1.1.1:8443/", "https://1.1.1.1:8443/"),
            // Whether this may be reached is seen when something is sent.
            ("https://localhost/", "https://localhost/"),
        ] {
            assert_eq!(
                checked(typed, &EgressPolicy::default()).await.as_deref(),
                Ok(kept)
            );
        }
    }

    #[tokio::test]
    async fn what_no_event_may_go_to_is_refused_with_its_reason() {
        let long = format!("https://crm.example.com/{}", "x".repeat(URL_MAX));
        for (typed, fault) in [
            ("", UnfitAddress::NoAddress),
            ("crm.example.com/hook", UnfitAddress::NoAddress),
            ("/hook", UnfitAddress::NoAddress),
            ("ftp://crm.example.com/", UnfitAddress::NoAddress),
            ("https://", UnfitAddress::NoAddress),
            (long.as_str(), UnfitAddress::TooLong),
            ("https://ada@crm.example.com/", UnfitAddress::Credentials),
            ("https://:secret@crm.example.com/", UnfitAddress::Credentials),
            ("https://crm.example.com/#part", UnfitAddress::Fragment),
            ("http://crm.example.com/", UnfitAddress::Plain),
            ("http://1.1.1.1/", UnfitAddress::Plain),
            ("http://127.0.0.1/", UnfitAddress::Private),
            ("https://169.254.169.254/latest/meta-data", UnfitAddress::Private),
            // Other ways to write an address lead to the same place.
            ("https://0x7f.1/", UnfitAddress::Private),
            ("https://2130706433/", UnfitAddress::Private),
            ("https://[::ffff:10.0.0.1]/", UnfitAddress::Private),
        ] {
            assert_eq!(
                checked(typed, &EgressPolicy::default()).await,
                Err(fault),
                "{typed}"
            );
        }
    }

    #[tokio::test]
    async fn plain_http_stays_within_the_configured_networks() {
        for typed in [
            "http://127.0.0.1:9000/hook",
            "http://localhost:9000/",
            "http://[::1]/",
            "https://127.0.0.1/",
        ] {
            assert!(checked(typed, &loopback()).await.is_ok(), "{typed}");
        }
        assert_eq!(
            checked("http://10.0.0.1/", &loopback()).await,
            Err(UnfitAddress::Private)
        );
        assert_eq!(
            checked("http://1.1.1.1/", &loopback()).await,
            Err(UnfitAddress::Plain)
        );
        assert_eq!(
            checked("http://name.invalid/", &loopback()).await,
            Err(UnfitAddress::Plain)
        );
    }
}
