//! A host's name and its addresses.

use std::fmt;
use std::sync::Arc;

use reqwest::Url;

use crate::config::FleetConfigError;

/// Names a host: its address without credentials and without a slash at its end. It stays the same over restarts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HostId(Arc<str>);

impl HostId {
    /// The name as it may be shown, logged and stored.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for HostId {
    /// Reads a name that was stored. A host that is no longer configured is a name like any other.
    fn from(stored: &str) -> Self {
        Self(stored.into())
    }
}

impl fmt::Display for HostId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Where a host is asked.
pub(crate) struct HostAddress {
    pub(crate) id: HostId,
    pub(crate) health: Url,
    pub(crate) dialout: Url,
}

impl HostAddress {
    pub(crate) fn new(base: &Url) -> Result<Self, FleetConfigError> {
        let id = HostId(shown(base).into());
        if !matches!(base.scheme(), "http" | "https") || base.query().is_some() || base.fragment().is_some() {
            return Err(FleetConfigError::UnfitHost(id));
        }
        Ok(Self {
            health: below(base, "/health/fleet"),
            dialout: below(base, "/livekit/dialout"),
            id,
        })
    }
}

/// The address without its query and fragment, which do not belong to a host, and without credentials.
fn shown(base: &Url) -> String {
    let mut url = base.clone();
    url.set_query(None);
    url.set_fragment(None);
    // An address that can carry no credentials has none to lose, so a failure changes nothing.
    let _ = url.set_username("").and_then(|()| url.set_password(None));
    url.as_str().trim_end_matches('/').to_owned()
}

/// `path` below the host's own path: a host may live behind a prefix.
fn below(base: &Url, path: &str) -> Url {
    let mut url = base.clone();
    url.set_path(&format!("{}{path}", base.path().trim_end_matches('/')));
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(url: &str) -> Result<HostAddress, FleetConfigError> {
        HostAddress::new(&url.parse().unwrap())
    }

    #[test]
    fn a_host_may_live_behind_a_prefix_and_never_shows_its_credentials() {
        let host = address("https://ada:pw@Voice.example.com/eu/").unwrap();
        assert_eq!(host.id.as_str(), "https://voice.example.com/eu");
        assert_eq!(host.health.path(), "/eu/health/fleet");
        assert_eq!(host.dialout.path(), "/eu/livekit/dialout");
        assert_eq!(host.dialout.password(), Some("pw"));
    }

    #[test]
    fn an_address_that_is_no_host_is_refused() {
        for wrong in [
            "ftp://voice",
            "http://voice/?a=b",
            "http://voice/#a",
            "mailto:a@b.c",
        ] {
            assert!(address(wrong).is_err(), "{wrong}");
        }
    }
}
