//! Secret shared between the fleet and the server.

use std::fmt;
use std::sync::Arc;

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// Secret that authenticates every request between the fleet and the server. `Debug` redacts it; it is wiped when the
/// last clone is dropped.
#[derive(Clone)]
pub struct FleetSecret(Arc<Zeroizing<String>>);

impl FleetSecret {
    /// Creates a secret. An empty secret matches nothing.
    #[must_use]
    pub fn new(secret: String) -> Self {
        Self(Arc::new(Zeroizing::new(secret)))
    }

    /// Compares in constant time, which reveals neither the length of the secret nor a matching prefix.
    #[must_use]
    pub fn matches(&self, presented: &[u8]) -> bool {
        let same = Sha256::digest(self.0.as_bytes()).ct_eq(&Sha256::digest(presented));
        !self.is_empty() && bool::from(same)
    }

    /// Returns whether no secret is configured.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the plain secret, for the request header.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for FleetSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FleetSecret([redacted])")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_exact_secret_matches() {
        let secret = FleetSecret::new("s3cret".to_owned());
        assert!(secret.matches(b"s3cret"));
        for wrong in ["", "s3cre", "s3cret ", "S3cret", "s3crets3cret"] {
            assert!(!secret.matches(wrong.as_bytes()), "{wrong:?}");
        }
    }

    #[test]
    fn an_empty_secret_matches_nothing() {
        assert!(!FleetSecret::new(String::new()).matches(b""));
    }

    #[test]
    fn debug_redacts_the_secret() {
        assert_eq!(
            format!("{:?}", FleetSecret::new("s3cret".to_owned())),
            "FleetSecret([redacted])"
        );
    }
}
