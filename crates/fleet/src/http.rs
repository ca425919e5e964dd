//! HTTP client for all outgoing requests: to voice hosts and to receivers of webhooks.

use std::time::Duration;

use reqwest::{ClientBuilder, redirect, retry};

use crate::tls;

/// Timeout of idle connections: less than the 5 s after which common servers close them. A request on a connection that
/// is being closed has an unknown outcome.
const IDLE_CONNECTION: Duration = Duration::from_secs(3);

/// Returns a builder of clients that follow no redirects, use no proxy and never retry.
///
/// # Errors
/// Returns an error if TLS cannot be configured.
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
