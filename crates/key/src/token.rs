use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand_core::CryptoRng;
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::TokenDigest;

/// Random secret of 256 bits for a cookie or a one-time link. It is wiped on drop and redacted by `Debug`.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Token(String);

impl Token {
    /// Generates a token.
    pub fn generate(rng: &mut (impl CryptoRng + ?Sized)) -> Self {
        let mut bytes = [0; 32];
        rng.fill_bytes(&mut bytes);
        let token = Self(URL_SAFE_NO_PAD.encode(bytes));
        bytes.zeroize();
        token
    }

    /// Wraps a presented token. Only a look-up of its digest determines whether it is valid.
    #[must_use]
    pub fn presented(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// Returns whether the text has the form of a token: 32 bytes in base64url.
    #[must_use]
    pub fn is_one(text: &str) -> bool {
        text.len() == 43
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    }

    /// Returns the plain text, for the cookie or the link.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Returns the digest to store.
    #[must_use]
    pub fn digest(&self) -> TokenDigest {
        TokenDigest::of(&self.0)
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;

    #[test]
    fn a_token_is_found_by_its_digest() {
        let token = Token::generate(&mut StdRng::seed_from_u64(1));
        assert_eq!(token.expose().len(), 43);
        assert_eq!(Token::presented(token.expose()).digest(), token.digest());
        assert_ne!(Token::presented("other").digest(), token.digest());
        assert!(!format!("{token:?}").contains(token.expose()));
    }

    #[test]
    fn every_generated_token_has_the_form_of_a_token() {
        for seed in 0..100 {
            assert!(Token::is_one(
                Token::generate(&mut StdRng::seed_from_u64(seed)).expose()
            ));
        }
        for wrong in [
            "",
            &"A".repeat(42),
            &"A".repeat(44),
            &format!("{}=", "A".repeat(42)),
            &"ä".repeat(43),
        ] {
            assert!(!Token::is_one(wrong), "{wrong:?}");
        }
    }
}
