use std::fmt;
use std::ops::RangeInclusive;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand_core::CryptoRng;
use sha2::{Digest, Sha256};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::KeyDigest;

/// An API key in full: `ori_` and 36 characters of base64url, which hold 24 random bytes and a checksum of 3
/// (platform, section 1). Wiped on drop, silent in `Debug`.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct PlainKey([u8; KEY_LEN]);

/// Why a text is not an API key. Nothing of the text is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseKeyError {
    /// It does not begin with `ori_`, is not 40 characters long, or holds a character that no key has.
    #[error("not of the form of an API key")]
    Form,
    /// Its checksum is wrong: it was mistyped, cut or made up.
    #[error("the checksum of the API key is wrong")]
    Checksum,
}

impl PlainKey {
    /// Draws a key. It holds no `-`, so that a double click selects it whole.
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

    /// Reads what somebody presented as a key. Whether it was ever issued is not known by this.
    ///
    /// # Errors
    /// [`ParseKeyError`] for what cannot have been issued.
    pub fn parse(text: &str) -> Result<Self, ParseKeyError> {
        check(text)?;
        let mut key = Self([0; KEY_LEN]);
        key.0.copy_from_slice(text.as_bytes());
        Ok(key)
    }

    /// The key itself, for the one answer that hands it out.
    #[must_use]
    pub fn expose(&self) -> &str {
        ascii(&self.0)
    }

    /// What is stored and looked up.
    #[must_use]
    pub fn digest(&self) -> KeyDigest {
        KeyDigest::of(self.expose())
    }

    /// The first 7 characters, by which people tell keys apart.
    #[must_use]
    pub fn prefix(&self) -> &str {
        ascii(&self.0[..PREFIX_LENGTH])
    }

    /// What is looked up for a text that somebody presents as a key. One that begins with `ori_` must be of our form,
    /// with the right checksum. Any other may have been issued by another system and taken over: then it need only look
    /// like a secret, of 16 to 512 visible ASCII characters.
    ///
    /// # Errors
    /// [`ParseKeyError`] for what can be neither.
    pub fn presented(text: &str) -> Result<KeyDigest, ParseKeyError> {
        if Self::is_own(text) {
            return check(text).map(|()| KeyDigest::of(text));
        }
        let is_likely =
            FOREIGN_LENGTHS.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        is_likely.then(|| KeyDigest::of(text)).ok_or(ParseKeyError::Form)
    }

    /// Returns whether a text begins as every key of this server does. Nothing else is checked.
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

/// How many characters of a key are shown, so that people can tell keys apart.
pub const PREFIX_LENGTH: usize = 7;

const PREFIX: &str = "ori_";
/// How long a key of another system may be.
const FOREIGN_LENGTHS: RangeInclusive<usize> = 16..=512;
const RANDOM_LEN: usize = 24;
const BODY_LEN: usize = RANDOM_LEN + 3;
/// Base64 turns each 3 bytes into 4 characters, and 27 is a multiple of 3.
const ENCODED_LEN: usize = BODY_LEN / 3 * 4;
const KEY_LEN: usize = PREFIX.len() + ENCODED_LEN;

/// That the text is a key of our form, with the right checksum. There is one text for each key: 27 bytes leave base64
/// no bits over.
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
    fn a_text_that_no_key_can_be_is_refused_for_its_form() {
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
    fn the_checksum_follows_the_written_rule() {
        let text = key(7).expose().to_owned();
        let body = URL_SAFE_NO_PAD.decode(&text[4..]).unwrap();
        let mut preimage = b"ori_".to_vec();
        preimage.extend_from_slice(&body[..24]);
        assert_eq!(body[24..], Sha256::digest(preimage)[..3]);
    }

    #[test]
    fn nothing_of_a_key_shows_in_debug() {
        let key = key(3);
        let shown = format!("{key:?} {:?}", key.digest());
        assert_eq!(shown, "PlainKey(…) KeyDigest(…)");
    }

    #[test]
    fn a_key_of_another_system_is_looked_up_as_it_is_and_one_of_ours_only_if_whole() {
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
        fn every_generated_key_is_40_word_characters_and_reads_back(seed in any::<u64>()) {
            let key = key(seed);
            prop_assert_eq!(key.expose().len(), 40);
            prop_assert!(key.expose().chars().all(|c| c.is_ascii_alphanumeric() || c == '_'));
            prop_assert_eq!(key.prefix(), &key.expose()[..7]);
            let read = PlainKey::parse(key.expose()).unwrap();
            prop_assert_eq!(read.expose(), key.expose());
            prop_assert_eq!(read.digest(), key.digest());
        }

        #[test]
        fn a_key_with_one_character_changed_is_refused(seed in any::<u64>(), at in 4usize..40, to in "[A-Za-z0-9_-]") {
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
