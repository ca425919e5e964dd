//! What went wrong, in words that may be shown: no addresses, no secrets, no more than a line.

use std::error::Error;
use std::time::Duration;

/// The longest text of a host that is kept, in characters.
const HOST_TEXT_MAX_CHARS: usize = 300;

/// Why a request failed, where `limit` is what it had been given.
pub(crate) fn failure_reason(error: reqwest::Error, limit: Duration) -> String {
    if error.is_timeout() && !error.is_connect() {
        return format!("no answer within {limit:?}");
    }
    let doing = if error.is_connect() {
        "no connection"
    } else {
        "the connection broke"
    };
    // The outer layers only say that sending failed, and name the address, which may carry credentials.
    let error = error.without_url();
    let mut root: &dyn Error = &error;
    while let Some(source) = root.source() {
        root = source;
    }
    let cause = single_line(&root.to_string()).unwrap_or_default();
    format!("{doing}: {cause}")
}

/// A host's own text as it may be shown: one line of a bounded length, or nothing.
pub(crate) fn single_line(text: &str) -> Option<String> {
    let one_line: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(HOST_TEXT_MAX_CHARS)
        .collect();
    let tidy = one_line.trim();
    (!tidy.is_empty()).then(|| tidy.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hosts_text_is_kept_to_one_bounded_line() {
        assert_eq!(single_line(" a\nb\u{1b}[31m "), Some("a b [31m".to_owned()));
        assert_eq!(single_line("\n\t "), None);
        assert_eq!(
            single_line(&"é".repeat(1000)).map(|t| t.chars().count()),
            Some(300)
        );
    }
}
