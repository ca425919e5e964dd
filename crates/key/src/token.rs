use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand_core::CryptoRng;
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::TokenDigest;

/// A random secret of 256 bits that travels in a cookie or a one-time link. Wiped on drop, silent in `Debug`.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Token(String);

impl Token {
    /// Draws a token.
    pub fn generate(rng: &mut (impl CryptoRng + ?Sized)) -> Self {
        let mut bytes = [0; 32];
        rng.fill_bytes(&mut bytes);
        let token = Self(URL_SAFE_NO_PAD.encode(bytes));
        bytes.zeroize();
        token
    }

    /// What somebody presented as a token. Whether it is one is told by its digest alone.
    #[must_use]
    pub fn presented(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// Returns whether a text has the form of a token: 32 bytes in base64url.
    #[must_use]
    pub fn is_one(text: &str) -> bool {
        text.len() == 43
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    }

    /// The token itself, for the one place that hands it out.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What is stored of it.
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
    fn a_token_is_found_again_by_its_digest_alone() {
        let token = Token::generate(&mut StdRng::seed_from_u64(1));
        assert_eq!(token.expose().len(), 43);
        assert_eq!(Token::presented(token.expose()).digest(), token.digest());
        assert_ne!(Token::presented("other").digest(), token.digest());
        assert!(!format!("{token:?}").contains(token.expose()));
    }

    #[test]
    fn the_form_of_a_token_is_that_of_each_generated_one() {
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
