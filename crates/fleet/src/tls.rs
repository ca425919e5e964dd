//! TLS configuration of outgoing connections.

use std::sync::Arc;

use rustls::{ClientConfig, RootCertStore, crypto};

/// Returns a configuration for TLS 1.2 and 1.3 with ring as its provider. No process-wide provider is installed.
///
/// # Errors
/// Returns an error if ring does not support these versions, which every build of it does.
pub(crate) fn client_config() -> Result<ClientConfig, rustls::Error> {
    let config = ClientConfig::builder_with_provider(Arc::new(crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(trusted_roots())
        .with_no_client_auth();
    Ok(config)
}

/// Returns the certificate authorities of the operating system, which may include private ones, or those of Mozilla if
/// there are none.
fn trusted_roots() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    roots
}
