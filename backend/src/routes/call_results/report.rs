//! Reads what a voice worker reports, leniently: a report is evidence, so one unreadable field must not void the rest.

use std::borrow::Cow;

use ori_shared::fleet::DisconnectedBy;
use ori_store::CallResult;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use uuid::Uuid;

use super::repair::repaired;

/// The longest id of a worker, of a session or of a stream, and the longest caller id, in characters. A longer id is
/// dropped: shortened, it would be another.
const ID_MAX_CHARS: usize = 300;
/// The longest address of a recording, in characters: presigned ones are long.
const URL_MAX_CHARS: usize = 4096;
/// Maximum length of the word for the end's cause, in characters. It is shown in lists, and longer ones are cut.
const WORD_MAX_CHARS: usize = 100;
/// The longest transcript, in bytes. Longer ones are cut, so that an event stays below 1 MiB, which many receivers accept
/// at most.
const TRANSCRIPT_MAX_BYTES: usize = 512 * 1024;

/// Reads the report from the body, which is a JSON object. What cannot be understood is dropped and logged, by the
/// field's name alone.
///
/// # Errors
/// Returns an error if the body is no JSON object, even after the repairs of [`repaired`].
pub(super) fn read(body: &[u8]) -> serde_json::Result<CallResult> {
    let body = repaired(&String::from_utf8_lossy(body));
    let report = Report(serde_json::from_str(&body)?);
    let sip_status = report.last("sip_status", status);
    // A SIP status without a word implies the cause of the end (platform, section 3).
    let failed_with = sip_status
        .filter(|status| *status >= 400)
        .map(|status| DisconnectedBy::from_sip(status).into());
    Ok(CallResult {
        call: report.last("connected_event", our_id),
        worker_call_id: report.last("call_id", id),
        session_id: report.last("session_id", id),
        stream_id: report.last("stream_id", id),
        caller_id: report.last("caller_id", id),
        duration_seconds: report.last("call_duration_seconds", duration),
        disconnected_by: report.last("disconnected_by", word).or(failed_with),
        sip_status,
        recording_url: report.last("recording_url", url),
        transcript: report.last("transcript", transcript),
        ..CallResult::default()
    })
}

/// The fields as they were sent, those that come twice included.
struct Report(Fields);

impl Report {
    /// The field's last value that can be read.
    fn last<T>(&self, name: &'static str, read: impl Fn(&str) -> Read<T>) -> Option<T> {
        let mut values = self.0.0.iter().filter(|(known, _)| known == name).rev();
        values.find_map(|(_, raw)| match read(raw.get()) {
            Read::Understood(value) => Some(value),
            Read::Shortened(value) => {
                tracing::warn!(field = name, "a field of a call report was too long and was cut");
                Some(value)
            }
            Read::Nothing => None,
            Read::Unfit(problem) => {
                tracing::warn!(field = name, problem, "a field of a call report was dropped");
                None
            }
        })
    }
}

/// Result of reading a value.
enum Read<T> {
    Understood(T),
    Shortened(T),
    Nothing,
    Unfit(&'static str),
}

impl<T> Read<T> {
    fn and_then<U>(self, next: impl FnOnce(T) -> Read<U>) -> Read<U> {
        match self {
            Self::Understood(value) | Self::Shortened(value) => next(value),
            Self::Nothing => Read::Nothing,
            Self::Unfit(problem) => Read::Unfit(problem),
        }
    }
}

/// A scalar as text: numbers and booleans keep the digits and letters in which they were sent.
fn text(raw: &str) -> Read<String> {
    match raw.bytes().next() {
        _ if raw == "null" => Read::Nothing,
        Some(b'"') => serde_json::from_str(raw).map_or(Read::Unfit("not text"), Read::Understood),
        Some(b'{' | b'[') | None => Read::Unfit("not text"),
        Some(_) => Read::Understood(raw.to_owned()),
    }
}

fn bounded(raw: &str, max_chars: usize) -> Read<String> {
    text(raw).and_then(|text| match text.chars().count() {
        count if count > max_chars => Read::Unfit("too long"),
        _ => Read::Understood(text),
    })
}

fn id(raw: &str) -> Read<String> {
    bounded(raw, ID_MAX_CHARS)
}

fn url(raw: &str) -> Read<String> {
    bounded(raw, URL_MAX_CHARS)
}

fn word(raw: &str) -> Read<String> {
    text(raw).and_then(|text| {
        let text = text.trim();
        match text.char_indices().nth(WORD_MAX_CHARS) {
            Some((end, _)) => Read::Shortened(text[..end].to_owned()),
            None => Read::Understood(text.to_owned()),
        }
    })
}

/// A number, also if it was sent as text.
fn number(raw: &str) -> Read<f64> {
    text(raw).and_then(|text| match text.trim().parse::<f64>() {
        Ok(number) if number.is_finite() => Read::Understood(number),
        _ => Read::Unfit("not a number"),
    })
}

fn duration(raw: &str) -> Read<f64> {
    number(raw).and_then(|seconds| match seconds {
        _ if seconds < 0.0 => Read::Nothing,
        _ => Read::Understood(seconds),
    })
}

/// A SIP status, also as text with its reason behind it, such as `486 Busy Here`.
fn status(raw: &str) -> Read<u16> {
    let code = |text: String| text.split_whitespace().next().unwrap_or_default().to_owned();
    let number = text(raw).and_then(|text| number(&code(text)));
    number.and_then(|number| {
        if number.fract() == 0.0 && (100.0..700.0).contains(&number) {
            Read::Understood(number as u16)
        } else {
            Read::Unfit("not a SIP status")
        }
    })
}

/// Our id of the call, in an object or in an object's JSON text.
fn our_id(raw: &str) -> Read<Uuid> {
    const NO_ID: Read<Uuid> = Read::Unfit("without our id of the call");
    let inner = match raw.bytes().next() {
        Some(b'"') => match text(raw) {
            Read::Understood(text) => Cow::Owned(repaired(&text)),
            _ => return NO_ID,
        },
        _ if raw == "null" => return Read::Nothing,
        _ => Cow::Borrowed(raw),
    };
    let Ok(Fields(fields)) = serde_json::from_str(&inner) else {
        return NO_ID;
    };
    let mut ids = fields.iter().filter(|(name, _)| name == "ori_call_id").rev();
    let id =
        ids.find_map(|(_, raw)| Uuid::try_parse(serde_json::from_str::<&str>(raw.get()).ok()?.trim()).ok());
    id.map_or(NO_ID, Read::Understood)
}

/// Text as it is, anything else as JSON text. What is too long is cut: text at a character, a list behind an item.
fn transcript(raw: &str) -> Read<String> {
    if raw == "null" {
        return Read::Nothing;
    }
    if raw.starts_with('"') {
        return text(raw).and_then(|mut text| {
            if text.len() <= TRANSCRIPT_MAX_BYTES {
                return Read::Understood(text);
            }
            text.truncate(text.floor_char_boundary(TRANSCRIPT_MAX_BYTES));
            Read::Shortened(text)
        });
    }
    // What does not fit into a value, such as 1e400, is kept as it was written.
    let compact =
        serde_json::from_str::<Value>(raw).map_or_else(|_| raw.to_owned(), |value| value.to_string());
    if compact.len() <= TRANSCRIPT_MAX_BYTES {
        return Read::Understood(compact);
    }
    serde_json::from_str::<Vec<&RawValue>>(&compact).map_or(Read::Unfit("too long"), |items| {
        Read::Shortened(first_items(&items))
    })
}

/// The list of as many of the first items as fit.
fn first_items(items: &[&RawValue]) -> String {
    let mut list = String::from("[");
    for item in items {
        if list.len() + item.get().len() + 2 > TRANSCRIPT_MAX_BYTES {
            break;
        }
        if list.len() > 1 {
            list.push(',');
        }
        list += item.get();
    }
    list + "]"
}

/// The fields of an object in the order in which they were sent, with their values unread.
struct Fields(Vec<(String, Box<RawValue>)>);

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(FieldsVisitor)
    }
}

struct FieldsVisitor;

impl<'de> serde::de::Visitor<'de> for FieldsVisitor {
    type Value = Fields;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
        let mut fields = Vec::new();
        while let Some(field) = map.next_entry()? {
            fields.push(field);
        }
        Ok(Fields(fields))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(body: &str) -> CallResult {
        read(body.as_bytes()).unwrap()
    }

    #[test]
    fn each_field_is_read_or_dropped_without_the_others() {
        let of = |field: &str, value: &str| {
            read_text(&format!(
                r#"{{"{field}": {value}, "unheard_of": [1], "connected_event": {{"ori_call_id": "00000000-0000-0000-0000-000000000007"}}}}"#
            ))
        };
        for (value, seconds) in [
            ("31.5", Some(31.5)),
            (r#""12.5""#, Some(12.5)),
            (r#"" 12 ""#, Some(12.0)),
            ("-1", None),
            ("NaN", None),
            ("-Infinity", None),
            ("1e400", None),
            ("-1e400", None),
            (r#""soon""#, None),
            ("true", None),
            ("[3]", None),
            ("null", None),
        ] {
            let result = of("call_duration_seconds", value);
            assert_eq!(result.duration_seconds, seconds, "{value}");
            assert_eq!(result.call, Some(Uuid::from_u128(7)), "{value}");
        }
        for (value, status) in [
            ("486", Some(486)),
            ("486.0", Some(486)),
            (r#""486""#, Some(486)),
            (r#""486 Busy Here""#, Some(486)),
            ("486.5", None),
            ("0", None),
            ("70000", None),
            ("1e400", None),
            (r#""""#, None),
            (r#""busy""#, None),
            ("{}", None),
        ] {
            let result = of("sip_status", value);
            assert_eq!(result.sip_status, status, "{value}");
            let ended_by = status.map(|_| "rejected".to_owned());
            assert_eq!(result.disconnected_by, ended_by, "{value}");
        }
        for (value, word) in [
            (r#""user""#, Some("user")),
            (r#"" no_answer ""#, Some("no_answer")),
            ("7", Some("7")),
            ("true", Some("true")),
            (r#""bot\ud83d""#, Some("bot\u{fffd}")),
            ("NaN", Some("NaN")),
            ("[]", None),
            ("null", None),
        ] {
            assert_eq!(
                of("disconnected_by", value).disconnected_by.as_deref(),
                word,
                "{value}"
            );
        }
        for (value, text) in [
            (r#""hi \ud83d there""#, Some("hi \u{fffd} there")),
            (r#""\ud83d\ude00""#, Some("\u{1f600}")),
            (r#""\udc00\ud800""#, Some("\u{fffd}\u{fffd}")),
            ("\"two\nlines\"", Some("two\nlines")),
            (r#""\q""#, Some(r"\q")),
            (
                r#"[{"text": "hi", "at": 1.50}]"#,
                Some(r#"[{"text":"hi","at":1.5}]"#),
            ),
            (r#"[{"at":NaN}]"#, Some(r#"[{"at":"NaN"}]"#)),
            (r#"[{"at": 1e400}]"#, Some(r#"[{"at": 1e400}]"#)),
            ("null", None),
        ] {
            assert_eq!(of("transcript", value).transcript.as_deref(), text, "{value}");
        }
    }

    #[test]
    fn what_is_too_long_is_cut_where_that_leaves_it_true_and_dropped_where_not() {
        let long = "x".repeat(5000);
        let list = format!("[{}\"x\"]", "\"sentence\",".repeat(60_000));
        let result = read_text(&format!(
            r#"{{"call_id": "{long}", "session_id": "{long}", "stream_id": "{long}", "caller_id": "{long}",
                "recording_url": "{long}", "disconnected_by": "{long}", "transcript": {list}}}"#
        ));
        let ids = [
            &result.worker_call_id,
            &result.session_id,
            &result.stream_id,
            &result.caller_id,
            &result.recording_url,
        ];
        assert!(ids.iter().all(|id| id.is_none()), "{ids:?}");
        assert_eq!(result.disconnected_by, Some("x".repeat(WORD_MAX_CHARS)));
        let transcript = result.transcript.unwrap();
        assert!((TRANSCRIPT_MAX_BYTES - 20..=TRANSCRIPT_MAX_BYTES).contains(&transcript.len()));
        assert!(serde_json::from_str::<Vec<String>>(&transcript).is_ok());

        let text = read_text(&format!(
            r#"{{"transcript": "{}"}}"#,
            "é".repeat(TRANSCRIPT_MAX_BYTES)
        ));
        assert_eq!(text.transcript.unwrap().len(), TRANSCRIPT_MAX_BYTES);
        let object = read_text(&format!(
            r#"{{"transcript": {{"x": "{}"}}}}"#,
            "x".repeat(TRANSCRIPT_MAX_BYTES)
        ));
        assert_eq!(object.transcript, None);
    }

    #[test]
    fn of_a_field_that_comes_twice_the_last_readable_value_counts() {
        let result = read_text(
            r#"{"disconnected_by": "user", "disconnected_by": [], "sip_status": 1, "sip_status": 480}"#,
        );
        assert_eq!(
            (result.disconnected_by.as_deref(), result.sip_status),
            (Some("user"), Some(480))
        );
    }

    #[test]
    fn the_call_is_found_in_whichever_form_its_event_is_sent() {
        for event in [
            r#"{"x": NaN, "ori_call_id": "00000000-0000-0000-0000-000000000007", "y": 1e400}"#,
            r#""{\"ori_call_id\": \"00000000-0000-0000-0000-000000000007\", \"x\": \"\\ud800\", \"y\": NaN}""#,
        ] {
            let result = read_text(&format!(r#"{{"connected_event": {event}}}"#));
            assert_eq!(result.call, Some(Uuid::from_u128(7)), "{event}");
        }
        for event in ["7", "[]", r#""""#, r#"{"ori_call_id": 7}"#] {
            assert_eq!(
                read_text(&format!(r#"{{"connected_event": {event}}}"#)).call,
                None,
                "{event}"
            );
        }
    }

    #[test]
    fn a_body_is_read_with_a_byte_order_mark_and_with_bytes_that_are_no_utf8() {
        let result = read(b"\xef\xbb\xbf {\"disconnected_by\": \"user\xff\"}").unwrap();
        assert_eq!(result.disconnected_by.as_deref(), Some("user\u{fffd}"));
        for broken in ["", "{", "[]", "null", r#"{"a": "b}"#, "{} x", "NaN"] {
            assert!(read(broken.as_bytes()).is_err(), "{broken:?}");
        }
    }
}
