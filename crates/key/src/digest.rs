use std::fmt;

use sha2::{Digest, Sha256};

/// SHA-256 of an API key. Only the digest and the key's first characters are stored.
///
/// A plain hash suffices because a key has 192 random bits, which rules out a dictionary attack.
///
/// # Examples
///
/// ```
/// use ori_key::{KeyDigest, PlainKey};
/// use rand::{SeedableRng, rngs::StdRng};
///
/// let key = PlainKey::generate(&mut StdRng::seed_from_u64(1));
/// let stored: [u8; 32] = *key.digest().as_bytes();
///
/// assert_eq!(KeyDigest::from_bytes(stored), key.digest());
/// assert_eq!(format!("{:?}", key.digest()), "KeyDigest(…)");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyDigest([u8; 32]);

/// SHA-256 of a session token or of the token in a one-time link.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TokenDigest([u8; 32]);

macro_rules! digest {
    ($name:ident) => {
        impl $name {
            pub(crate) fn of(secret: &str) -> Self {
                Self(Sha256::digest(secret).into())
            }

            /// Creates a digest from its stored bytes.
            #[must_use]
            pub const fn from_bytes(bytes: [u8; 32]) -> Self {
                Self(bytes)
            }

            /// Returns the bytes to store.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; 32] {
                &self.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    };
}

digest!(KeyDigest);
digest!(TokenDigest);
