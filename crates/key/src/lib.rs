//! Secrets as types.
//!
//! A [`PlainKey`] is what a CRM holds; a [`KeyDigest`] is what is stored. Neither turns into the other by accident: the
//! plain text is wiped on drop, its `Debug` shows nothing, and it leaves only through [`PlainKey::expose`]. [`Token`]
//! and [`TokenDigest`] are the same pair for console sessions and one-time links. A [`WebhookSecret`] signs, so it is
//! kept as it is.

mod digest;
mod plain_key;
mod token;
mod webhook_secret;

pub use digest::{KeyDigest, TokenDigest};
pub use plain_key::{PREFIX_LENGTH, ParseKeyError, PlainKey};
pub use token::Token;
pub use webhook_secret::WebhookSecret;
