use std::fmt;
use std::ops::RangeInclusive;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand_core::CryptoRng;
use sha2::{Digest, Sha256};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::KeyDigest;

/// A plain API key: `ori_` and 36 characters of base64url, which encode 24 random bytes and a checksum of 3 bytes
/// (platform, section 1). It is wiped on drop and redacted by `Debug`.
///
/// # Examples
///
/// ```
/// use ori_key::PlainKey;
/// use rand::{SeedableRng, rngs::StdRng};
///
/// let key = PlainKey::generate(&mut StdRng::seed_from_u64(1));
/// assert!(key.expose().starts_with("ori_"));
/// assert_eq!(format!("{key:?}"), "PlainKey(…)");
///
/// let presented = PlainKey::parse(key.expose())?;
/// assert_eq!(presented.digest(), key.digest());
/// assert!(PlainKey::parse("ori_mistyped").is_err());
/// # Ok::<(), ori_key::ParseKeyError>(())
/// ```
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct PlainKey([u8; KEY_LEN]);

/// Error of a text that is not an API key. It contains nothing of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseKeyError {
    /// The text does not begin with `ori_`, is not 40 characters long, or contains a character that no key has.
    #[error("malformed API key")]
    Form,
    /// The checksum is wrong: the key was mistyped, truncated or invented.
    #[error("wrong checksum in the API key")]
    Checksum,
}

impl PlainKey {
    /// Generates a key. It contains no `-`, so that a double click selects all of it.
    pub fn generate(rng: &mut (impl CryptoRng + ?Sized)) -> Self {
        loop {
            let mut body = [0; BODY_LEN];
            rng.fill_bytes(&mut body[..RANDOM_LEN]);
            let checksum = checksum(&body[..RANDOM_LEN]);
            body[RANDOM_LEN..].copy_from_slice(&checksum);
            let key = Self::encode(&body);
            body.zeroize();
            if !key.0.contains(&b'-') {
                return key;
            }
        }
    }

    /// Parses a presented key. A valid form does not imply that the key was issued.
    ///
    /// # Errors
    /// Returns [`ParseKeyError`] if the text cannot be a key of this server.
    pub fn parse(text: &str) -> Result<Self, ParseKeyError> {
        check(text)?;
        let mut key = Self([0; KEY_LEN]);
        key.0.copy_from_slice(text.as_bytes());
        Ok(key)
    }

    /// Returns the plain text, for the single response that contains it.
    #[must_use]
    pub fn expose(&self) -> &str {
        ascii(&self.0)
    }

    /// Returns the digest, which is stored and looked up.
    #[must_use]
    pub fn digest(&self) -> KeyDigest {
        KeyDigest::of(self.expose())
    }

    /// Returns the first 7 characters, by which people distinguish keys.
    #[must_use]
    pub fn prefix(&self) -> &str {
        ascii(&self.0[..PREFIX_LENGTH])
    }

    /// Returns the digest to look up for a presented key. A key that begins with `ori_` must have the form and the
    /// checksum of this server's keys. Any other may be imported from another system and must have 16 to 512 visible
    /// ASCII characters.
    ///
    /// # Errors
    /// Returns [`ParseKeyError`] if the text can be neither.
    pub fn presented(text: &str) -> Result<KeyDigest, ParseKeyError> {
        if Self::is_own(text) {
            return check(text).map(|()| KeyDigest::of(text));
        }
        let is_likely =
            FOREIGN_LENGTHS.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        is_likely.then(|| KeyDigest::of(text)).ok_or(ParseKeyError::Form)
    }

    /// Returns whether the text has the prefix of this server's keys. Nothing else is checked.
    #[must_use]
    pub fn is_own(text: &str) -> bool {
        text.starts_with(PREFIX)
    }

    fn encode(body: &[u8; BODY_LEN]) -> Self {
        let mut key = Self([0; KEY_LEN]);
        let (prefix, encoded) = key.0.split_at_mut(PREFIX.len());
        prefix.copy_from_slice(PREFIX.as_bytes());
        let written = URL_SAFE_NO_PAD.encode_slice(body, encoded);
        debug_assert_eq!(written, Ok(ENCODED_LEN));
        key
    }
}

impl fmt::Debug for PlainKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PlainKey(…)")
    }
}

/// Length of a key prefix, in characters.
pub const PREFIX_LENGTH: usize = 7;

const PREFIX: &str = "ori_";
/// Allowed lengths of an imported key.
const FOREIGN_LENGTHS: RangeInclusive<usize> = 16..=512;
const RANDOM_LEN: usize = 24;
const BODY_LEN: usize = RANDOM_LEN + 3;
/// Length of the base64 text: 4 characters for each 3 bytes, and 27 is a multiple of 3.
const ENCODED_LEN: usize = BODY_LEN / 3 * 4;
const KEY_LEN: usize = PREFIX.len() + ENCODED_LEN;

/// Checks form and checksum. The encoding of a key is unique, because 27 bytes leave no spare bits in base64.
fn check(text: &str) -> Result<(), ParseKeyError> {
    let encoded = text.strip_prefix(PREFIX).ok_or(ParseKeyError::Form)?;
    let mut body = Zeroizing::new([0; BODY_LEN]);
    if encoded.len() != ENCODED_LEN || URL_SAFE_NO_PAD.decode_slice(encoded, &mut *body) != Ok(BODY_LEN) {
        return Err(ParseKeyError::Form);
    }
    let is_whole = body[RANDOM_LEN..] == checksum(&body[..RANDOM_LEN]);
    is_whole.then_some(()).ok_or(ParseKeyError::Checksum)
}

fn checksum(random: &[u8]) -> [u8; 3] {
    let digest = Sha256::new().chain_update(PREFIX).chain_update(random).finalize();
    [digest[0], digest[1], digest[2]]
}

fn ascii(bytes: &[u8]) -> &str {
    // Only `encode` writes these bytes, and base64 is ASCII.
    std::str::from_utf8(bytes).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;

    fn key(seed: u64) -> PlainKey {
        PlainKey::generate(&mut StdRng::seed_from_u64(seed))
    }

    #[test]
    fn a_malformed_key_is_an_error() {
        let whole = key(1).expose().to_owned();
        for wrong in [
            "",
            "ori_",
            "ori",
            "Ori_",
            &whole[1..],
            &whole[..39],
            &format!("{whole}A"),
            &format!(" {whole}"),
            &whole.replace("ori_", "key_"),
        ] {
            assert_eq!(
                PlainKey::parse(wrong).unwrap_err(),
                ParseKeyError::Form,
                "{wrong:?}"
            );
        }
    }

    #[test]
    fn the_checksum_follows_the_documented_rule() {
        let text = key(7).expose().to_owned();
        let body = URL_SAFE_NO_PAD.decode(&text[4..]).unwrap();
        let mut preimage = b"ori_".to_vec();
        preimage.extend_from_slice(&body[..24]);
        assert_eq!(body[24..], Sha256::digest(preimage)[..3]);
    }

    #[test]
    fn debug_redacts_a_key() {
        let key = key(3);
        let shown = format!("{key:?} {:?}", key.digest());
        assert_eq!(shown, "PlainKey(…) KeyDigest(…)");
    }

    #[test]
    fn an_imported_key_is_looked_up_unchanged_and_an_own_key_only_if_valid() {
        let ours = PlainKey::generate(&mut StdRng::seed_from_u64(1));
        assert_eq!(PlainKey::presented(ours.expose()), Ok(ours.digest()));
        let mistyped = ours.expose().replace(&ours.expose()[10..11], "~");
        assert!(PlainKey::presented(&mistyped).is_err());
        let foreign = "vx-live-0123456789abcdef";
        assert_eq!(PlainKey::presented(foreign), Ok(KeyDigest::of(foreign)));
        for never in [
            "",
            "short",
            "with a blank in the middle",
            "umlauts-are-not-äöü",
            &"x".repeat(513),
        ] {
            assert_eq!(PlainKey::presented(never), Err(ParseKeyError::Form), "{never}");
        }
    }

    proptest! {
        #[test]
        fn every_generated_key_has_40_word_characters_and_parses(seed in any::<u64>()) {
            let key = key(seed);
            prop_assert_eq!(key.expose().len(), 40);
            prop_assert!(key.expose().chars().all(|c| c.is_ascii_alphanumeric() || c == '_'));
            prop_assert_eq!(key.prefix(), &key.expose()[..7]);
            let read = PlainKey::parse(key.expose()).unwrap();
            prop_assert_eq!(read.expose(), key.expose());
            prop_assert_eq!(read.digest(), key.digest());
        }

        #[test]
        fn a_key_with_one_changed_character_is_an_error(seed in any::<u64>(), at in 4usize..40, to in "[A-Za-z0-9_-]") {
            let mut text = key(seed).expose().to_owned();
            prop_assume!(text[at..=at] != to);
            text.replace_range(at..=at, &to);
            prop_assert!(PlainKey::parse(&text).is_err());
        }

        #[test]
        fn no_text_makes_the_parser_panic(text in "\\PC{0,60}") {
            let _ = PlainKey::parse(&text);
        }
    }
}
