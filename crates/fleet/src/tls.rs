//! How a host proves over https:// that it is who we meant: a voice host, or any other that the server calls.

use std::sync::Arc;

use rustls::{ClientConfig, RootCertStore, crypto};

/// TLS 1.2 and 1.3 with ring. The provider is handed in here rather than installed for the whole process.
///
/// # Errors
/// When ring does not serve these versions, which no build of it does not.
pub fn client_config() -> Result<ClientConfig, rustls::Error> {
    let config = ClientConfig::builder_with_provider(Arc::new(crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(trusted_roots())
        .with_no_client_auth();
    Ok(config)
}

/// Whom this machine trusts, so that a private authority works; in an image without certificates, whom Mozilla trusts.
fn trusted_roots() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    roots
}
