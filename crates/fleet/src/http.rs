//! The HTTP client of everything that this server calls: voice hosts, and the receivers of webhooks.

use std::time::Duration;

use reqwest::{ClientBuilder, redirect, retry};

use crate::tls;

/// How long an idle connection is kept: less than the 5 s after which common servers close it. A request that meets a
/// connection as it closes has an unknown outcome.
const IDLE_CONNECTION: Duration = Duration::from_secs(3);

/// Returns a builder of clients that follow no redirect, use no proxy and send nothing twice.
///
/// # Errors
/// If TLS cannot be configured.
pub fn client_builder() -> Result<ClientBuilder, rustls::Error> {
    Ok(ClientBuilder::new()
        .tls_backend_preconfigured(tls::client_config()?)
        .user_agent(concat!("ori-console/", env!("CARGO_PKG_VERSION")))
        .pool_idle_timeout(IDLE_CONNECTION)
        .redirect(redirect::Policy::none())
        .retry(retry::never())
        .referer(false)
        .no_proxy())
}
