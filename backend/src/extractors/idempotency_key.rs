use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use ori_shared::call::REFERENCE_MAX;
use ori_shared::error_code::ErrorCode;
use ori_shared::text::is_blank;

use crate::error::ApiError;

/// The `Idempotency-Key` header (draft-ietf-httpapi-idempotency-key-header), bare or quoted.
pub struct IdempotencyKey(pub Option<String>);

impl FromRequest for IdempotencyKey {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let mut sent = request.headers().get_all("idempotency-key");
        let key = match (sent.next(), sent.next()) {
            (None, _) => Ok(None),
            (Some(value), None) => read(value.to_str().unwrap_or_default()).map(Some).ok_or(()),
            (Some(_), Some(_)) => Err(()),
        };
        ready(key.map(Self).map_err(|()| {
            let detail =
                "Send one Idempotency-Key of 1 to 255 printable ASCII characters, bare or in double quotes.";
            ApiError::with_detail(ErrorCode::ValidationFailed, detail)
        }))
    }
}

/// The key without its quotes (RFC 9651, section 3.3.3).
fn read(value: &str) -> Option<String> {
    let value = value.trim();
    let key = match value.strip_prefix('"') {
        Some(rest) => unescape(rest.strip_suffix('"')?)?,
        None => value.to_owned(),
    };
    let fits = key.len() <= REFERENCE_MAX
        && !is_blank(&key)
        && key.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    fits.then_some(key)
}

fn unescape(quoted: &str) -> Option<String> {
    let mut text = String::new();
    let mut rest = quoted.chars();
    while let Some(c) = rest.next() {
        match c {
            '\\' => text.push(rest.next().filter(|next| matches!(next, '"' | '\\'))?),
            '"' => return None,
            other => text.push(other),
        }
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bare_and_quoted_keys_are_the_same() {
        for value in ["order-1", "\"order-1\"", "  order-1 "] {
            assert_eq!(read(value).as_deref(), Some("order-1"));
        }
        assert_eq!(read(r#""a\"b\\c""#).as_deref(), Some(r#"a"b\c"#));
    }

    #[test]
    fn what_is_no_key_is_refused() {
        for value in [
            "",
            "\"\"",
            "\"  \"",
            "\"open",
            r#""a\x""#,
            r#""a"b""#,
            "é",
            &"x".repeat(256),
        ] {
            assert_eq!(read(value), None, "{value}");
        }
    }
}
