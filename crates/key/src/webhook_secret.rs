use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use rand_core::CryptoRng;
use sha2::Sha256;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// Secret that signs the events of a webhook (Standard Webhooks, symmetric scheme): 32 random bytes. It is wiped on drop
/// and redacted by `Debug`.
///
/// Unlike a key it is stored in plain text, because signing requires the secret itself.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct WebhookSecret([u8; Self::LEN]);

impl WebhookSecret {
    const LEN: usize = 32;

    /// Generates a secret.
    pub fn generate(rng: &mut (impl CryptoRng + ?Sized)) -> Self {
        let mut secret = Self([0; Self::LEN]);
        rng.fill_bytes(&mut secret.0);
        secret
    }

    /// Creates a secret from its stored bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; Self::LEN]) -> Self {
        Self(bytes)
    }

    /// Returns the bytes to store.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; Self::LEN] {
        &self.0
    }

    /// Returns `whsec_` and the secret in base64, for the responses that contain it.
    #[must_use]
    pub fn expose(&self) -> Zeroizing<String> {
        let encoded = Zeroizing::new(STANDARD.encode(self.0));
        Zeroizing::new(format!("whsec_{}", *encoded))
    }

    /// Returns a signature for `webhook-signature`, over the id, the time of the attempt in seconds since 1970, and the
    /// body.
    #[must_use]
    pub fn sign(&self, id: &str, timestamp: i64, body: &[u8]) -> String {
        sign(&self.0, id, timestamp, body)
    }
}

impl fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebhookSecret(…)")
    }
}

fn sign(secret: &[u8], id: &str, timestamp: i64, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("HMAC takes a secret of any length");
    mac.update(format!("{id}.{timestamp}.").as_bytes());
    mac.update(body);
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;

    #[test]
    fn the_published_example_has_the_published_signature() {
        let secret = STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let signature = sign(
            &secret,
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1_614_265_330,
            br#"{"test": 2432232314}"#,
        );
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn the_signature_depends_on_id_time_body_and_secret() {
        let secret = WebhookSecret::generate(&mut StdRng::seed_from_u64(1));
        let other = WebhookSecret::generate(&mut StdRng::seed_from_u64(2));
        let signature = secret.sign("a", 1, b"x");
        assert_eq!(
            signature,
            WebhookSecret::from_bytes(*secret.as_bytes()).sign("a", 1, b"x")
        );
        for changed in [
            secret.sign("b", 1, b"x"),
            secret.sign("a", 2, b"x"),
            secret.sign("a", 1, b"y"),
            other.sign("a", 1, b"x"),
        ] {
            assert_ne!(signature, changed);
        }
    }

    #[test]
    fn expose_returns_the_standard_form_and_debug_redacts_it() {
        let secret = WebhookSecret::generate(&mut StdRng::seed_from_u64(1));
        let shown = secret.expose();
        let decoded = STANDARD.decode(shown.strip_prefix("whsec_").unwrap()).unwrap();
        assert_eq!(decoded, secret.as_bytes());
        assert_eq!(format!("{secret:?}"), "WebhookSecret(…)");
    }
}
