use std::fmt;

use sha2::{Digest, Sha256};

/// The SHA-256 of an API key: all that is stored of it besides its first characters.
///
/// A plain hash suffices because the key has 192 random bits: there is no dictionary to try.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyDigest([u8; 32]);

/// The SHA-256 of a session token or one-time link.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TokenDigest([u8; 32]);

macro_rules! digest {
    ($name:ident) => {
        impl $name {
            pub(crate) fn of(secret: &str) -> Self {
                Self(Sha256::digest(secret).into())
            }

            /// The digest as it was read from storage.
            #[must_use]
            pub const fn from_bytes(bytes: [u8; 32]) -> Self {
                Self(bytes)
            }

            /// The digest as it is stored.
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
