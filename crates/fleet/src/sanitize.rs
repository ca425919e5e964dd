//! Error texts without URLs and control characters, bounded to one short line.

use std::error::Error;
use std::time::Duration;

/// Maximum length of a text from a host, in characters.
const HOST_TEXT_MAX_CHARS: usize = 300;

/// Describes why a request with the time limit `limit` failed.
pub(crate) fn failure_reason(error: reqwest::Error, limit: Duration) -> String {
    if error.is_timeout() && !error.is_connect() {
        return format!("no answer within {limit:?}");
    }
    let doing = if error.is_connect() {
        "no connection"
    } else {
        "the connection broke"
    };
    // The outer errors only state that sending failed, and contain the URL, which may carry credentials.
    let error = error.without_url();
    let mut root: &dyn Error = &error;
    while let Some(source) = root.source() {
        root = source;
    }
    let cause = single_line(&root.to_string()).unwrap_or_default();
    format!("{doing}: {cause}")
}

/// Replaces control characters by spaces and truncates the text. Returns `None` if nothing remains.
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
    fn a_text_from_a_host_becomes_one_bounded_line() {
        assert_eq!(single_line(" a\nb\u{1b}[31m "), Some("a b [31m".to_owned()));
        assert_eq!(single_line("\n\t "), None);
        assert_eq!(
            single_line(&"é".repeat(1000)).map(|t| t.chars().count()),
            Some(300)
        );
    }
}
