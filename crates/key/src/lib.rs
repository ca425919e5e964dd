//! Types for secrets.
//!
//! A client system holds a [`PlainKey`]; the database stores its [`KeyDigest`]. The plain text is wiped on drop, redacted
//! by `Debug` and returned only by [`PlainKey::expose`]. [`Token`] and [`TokenDigest`] are the same pair for console
//! sessions and one-time links. A [`WebhookSecret`] is stored in plain text, because signing requires it.

mod digest;
mod plain_key;
mod token;
mod webhook_secret;

pub use digest::{KeyDigest, TokenDigest};
pub use plain_key::{PREFIX_LENGTH, ParseKeyError, PlainKey};
pub use token::Token;
pub use webhook_secret::WebhookSecret;
