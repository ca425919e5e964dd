//! TLS of the servers that this one calls.

use std::sync::Arc;

use rustls::{ClientConfig, RootCertStore, crypto};

/// Returns TLS 1.2 and 1.3 with ring. The provider is passed in here rather than installed for the whole process.
///
/// # Errors
/// If ring does not support these versions, which every build of it does.
pub(crate) fn client_config() -> Result<ClientConfig, rustls::Error> {
    let config = ClientConfig::builder_with_provider(Arc::new(crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(trusted_roots())
        .with_no_client_auth();
    Ok(config)
}

/// Returns the certificate authorities of this machine, so that a private one works; in an image without any, those of
/// Mozilla.
fn trusted_roots() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    roots
}
