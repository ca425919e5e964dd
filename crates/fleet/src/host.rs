//! Names and URLs of hosts.

use std::fmt;
use std::sync::Arc;

use reqwest::Url;

use crate::config::FleetConfigError;

/// Identifies a host: its URL without credentials and trailing slash. It is stable across restarts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HostId(Arc<str>);

impl HostId {
    /// Returns the name, which may be displayed, logged and stored.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for HostId {
    /// Creates an id from a stored name. The host need not be configured any more.
    fn from(stored: &str) -> Self {
        Self(stored.into())
    }
}

impl fmt::Display for HostId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Request URLs of a host.
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

/// Returns the URL without query, fragment and credentials.
fn shown(base: &Url) -> String {
    let mut url = base.clone();
    url.set_query(None);
    url.set_fragment(None);
    // Fails only for URLs that cannot carry credentials.
    let _ = url.set_username("").and_then(|()| url.set_password(None));
    url.as_str().trim_end_matches('/').to_owned()
}

/// Appends `path` to the path of the host, which may be behind a prefix.
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
    fn a_host_may_have_a_path_prefix_and_its_name_omits_credentials() {
        let host = address("https://ada:pw@Voice.example.com/eu/").unwrap();
        assert_eq!(host.id.as_str(), "https://voice.example.com/eu");
        assert_eq!(host.health.path(), "/eu/health/fleet");
        assert_eq!(host.dialout.path(), "/eu/livekit/dialout");
        assert_eq!(host.dialout.password(), Some("pw"));
    }

    #[test]
    fn a_url_that_cannot_be_a_host_is_an_error() {
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
