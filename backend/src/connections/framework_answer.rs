//! Recognises the responses that actix-http makes by itself, before any route is called.

/// An answer of actix-http at the end of what it writes.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct FrameworkAnswer {
    /// Number of bytes of other responses before it.
    pub(super) start: usize,
    pub(super) status: u16,
}

/// Longer than such an answer, which has no more than the headers that HTTP demands, and shorter than any other.
const LONGEST: usize = 200;

/// Finds the answer at the end of the bytes that actix-http writes, if there is one. It is always the last of a
/// connection, has no body, and lacks the request id that each answer of a route has.
pub(super) fn find(written: &[u8]) -> Option<FrameworkAnswer> {
    if !written.ends_with(b"\r\n\r\n") {
        return None;
    }
    let tail = written.len().saturating_sub(LONGEST);
    let version = b"HTTP/1.";
    let at = written[tail..]
        .windows(version.len())
        .rposition(|window| window == version)?;
    let start = tail + at;
    let head = std::str::from_utf8(&written[start..]).ok()?;
    let mut lines = head.trim_end().split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let is_bare = lines.all(|line| {
        let name = line.split(':').next().unwrap_or_default();
        ["content-length", "connection", "date"]
            .iter()
            .any(|known| name.eq_ignore_ascii_case(known))
    });
    (status >= 400 && is_bare).then_some(FrameworkAnswer { start, status })
}

#[cfg(test)]
mod tests {
    use super::*;

    const BARE: &str =
        "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\ndate: Thu, 26 Nov 2026 00:00:00 GMT\r\n\r\n";

    #[test]
    fn only_the_last_and_bare_answer_is_one_of_the_framework() {
        let ours = "HTTP/1.1 404 Not Found\r\nx-request-id: 0123\r\ncontent-length: 2\r\n\r\n{}";
        let empty = "HTTP/1.1 204 No Content\r\ndate: now\r\n\r\n";
        let head = "HTTP/1.1 404 Not Found\r\ncontent-length: 12\r\nx-request-id: 0123\r\n\r\n";
        let continues = "HTTP/1.1 100 Continue\r\n\r\n";
        for (written, start) in [
            (BARE.to_owned(), Some(0)),
            (format!("{ours}{BARE}"), Some(ours.len())),
            (format!("{empty}{BARE}"), Some(empty.len())),
            (format!("{continues}{BARE}"), Some(continues.len())),
            (ours.to_owned(), None),
            (empty.to_owned(), None),
            (head.to_owned(), None),
            (continues.to_owned(), None),
            (format!("{BARE}{ours}"), None),
            ("HTTP/1.1 400 \r\n\r\n0\r\n\r\n".to_owned(), None),
            (String::new(), None),
        ] {
            let found = find(written.as_bytes());
            let expected = start.map(|start| FrameworkAnswer { start, status: 400 });
            assert_eq!(found, expected, "{written}");
        }
    }
}
