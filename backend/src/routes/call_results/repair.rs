//! Turns what JSON writers produce beside the standard into JSON.

use std::borrow::Cow;

/// The text without a byte order mark, with `NaN` and `Infinity` as strings, with U+FFFD in place of lone surrogates and
/// of broken escapes, and with control characters in strings escaped.
pub(super) fn repaired(text: &str) -> String {
    let mut rest = text.trim_start_matches('\u{feff}');
    let mut out = String::with_capacity(rest.len());
    let mut in_string = false;
    while !rest.is_empty() {
        let (written, read) = if in_string { inside(rest) } else { outside(rest) };
        in_string ^= read == 1 && rest.starts_with('"');
        out += &written;
        rest = &rest[read..];
    }
    out
}

/// The next piece outside of a string, and how many bytes it stands for.
fn outside(rest: &str) -> (Cow<'_, str>, usize) {
    let word = ["NaN", "Infinity", "-Infinity"]
        .into_iter()
        .find(|word| rest.starts_with(word));
    word.map_or_else(|| first(rest), |word| (format!("\"{word}\"").into(), word.len()))
}

/// The next piece of a string, and how many bytes it stands for.
fn inside(rest: &str) -> (Cow<'_, str>, usize) {
    match rest.as_bytes() {
        [b'\\', b'u', ..] => unicode_escape(rest),
        [b'\\', b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't', ..] => (rest[..2].into(), 2),
        [b'\\', ..] => ("\\\\".into(), 1),
        [control @ 0..=0x1f, ..] => (format!("\\u{control:04x}").into(), 1),
        _ => first(rest),
    }
}

fn unicode_escape(rest: &str) -> (Cow<'_, str>, usize) {
    match (unit(rest), rest.get(6..).and_then(unit)) {
        (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => (rest[..12].into(), 12),
        (Some(0xd800..=0xdfff), _) => ("\\ufffd".into(), 6),
        (Some(_), _) => (rest[..6].into(), 6),
        (None, _) => ("\\ufffd".into(), 2),
    }
}

/// The UTF-16 code unit of an escape at the start.
fn unit(text: &str) -> Option<u16> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    let is_hex = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    is_hex.then(|| u16::from_str_radix(digits, 16).ok()).flatten()
}

fn first(rest: &str) -> (Cow<'_, str>, usize) {
    let length = rest.chars().next().map_or(0, char::len_utf8);
    (rest[..length].into(), length)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    #[test]
    fn what_is_not_standard_becomes_json() {
        for (text, json) in [
            ("\u{feff}{}", "{}"),
            (
                r#"{"NaN": NaN, "x": [-Infinity, Infinity]}"#,
                r#"{"NaN": "NaN", "x": ["-Infinity", "Infinity"]}"#,
            ),
            (r#""NaN \" Infinity""#, r#""NaN \" Infinity""#),
            (
                r#""\ud83d\ude00 \ud83d \ude00""#,
                r#""\ud83d\ude00 \ufffd \ufffd""#,
            ),
            (r#""\ud83d\ud83d\ude00""#, r#""\ufffd\ud83d\ude00""#),
            (r#""\u12 \x \\u""#, r#""\ufffd12 \\x \\u""#),
            ("\"a\tb\"", "\"a\\u0009b\""),
        ] {
            assert_eq!(repaired(text), json);
            assert!(serde_json::from_str::<Value>(json).is_ok(), "{json}");
        }
    }

    proptest! {
        #[test]
        fn json_stays_as_it_is(value in any::<(String, f64, Vec<String>)>()) {
            let json = serde_json::to_string(&value).unwrap();
            prop_assert_eq!(repaired(&json), json);
        }

        #[test]
        fn any_text_in_quotes_becomes_a_string(text in r#"[^"]{0,20}"#) {
            let is_open = text.ends_with('\\');
            let json = repaired(&format!("\"{text}\""));
            prop_assert!(is_open || serde_json::from_str::<String>(&json).is_ok(), "{}", json);
        }
    }
}
