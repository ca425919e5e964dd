//! The secret that the fleet and we share.

use std::fmt;
use std::sync::Arc;

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// The secret in every request between the fleet and us. `Debug` shows none of it, and the last clone wipes it.
#[derive(Clone)]
pub struct FleetSecret(Arc<Zeroizing<String>>);

impl FleetSecret {
    /// Takes the secret as it is configured. An empty one proves nothing: it matches no presented secret.
    #[must_use]
    pub fn new(secret: String) -> Self {
        Self(Arc::new(Zeroizing::new(secret)))
    }

    /// Whether this is the secret, in a time that tells neither its length nor how much of it was right.
    #[must_use]
    pub fn matches(&self, presented: &[u8]) -> bool {
        let same = Sha256::digest(self.0.as_bytes()).ct_eq(&Sha256::digest(presented));
        !self.is_empty() && bool::from(same)
    }

    /// Whether no secret is configured.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The secret itself, for the one header it is sent in.
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
    fn only_the_very_secret_matches() {
        let secret = FleetSecret::new("s3cret".to_owned());
        assert!(secret.matches(b"s3cret"));
        for wrong in ["", "s3cre", "s3cret ", "S3cret", "s3crets3cret"] {
            assert!(!secret.matches(wrong.as_bytes()), "{wrong:?}");
        }
    }

    #[test]
    fn an_empty_secret_proves_nothing() {
        assert!(!FleetSecret::new(String::new()).matches(b""));
    }

    #[test]
    fn debug_shows_nothing_of_it() {
        assert_eq!(
            format!("{:?}", FleetSecret::new("s3cret".to_owned())),
            "FleetSecret([redacted])"
        );
    }
}
