//! Calls: dialouts, their status and the reports about them.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;

use chrono::{DateTime, Utc};
use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::newer_words;
use crate::text::is_blank;
use crate::unicode::{nfc, nfd};
use crate::{phone, timestamp};

/// A call to be placed: `POST /api/v1/sip/dialout`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PlaceCall {
    /// The bot that speaks. As every text of a request, it must not be blank: white space and invisible characters alone are
    /// refused.
    #[cfg_attr(
        feature = "openapi",
        schema(
            min_length = 1,
            max_length = 200,
            pattern = "^[^\\x00-\\x1f\\x7f-\\x9f]*[^\\x00-\\x20\\x7f-\\x9f\\xa0\\xad\u{34f}\u{61c}\u{115f}\u{1160}\u{1680}\u{17b4}\u{17b5}\u{180b}-\u{180f}\u{2000}-\u{200f}\u{2028}-\u{202f}\u{205f}-\u{206f}\u{3000}\u{3164}\u{fe00}-\u{fe0f}\u{feff}\u{ffa0}\u{fff0}-\u{fff8}][^\\x00-\\x1f\\x7f-\\x9f]*$",
            examples("bot_collections")
        )
    )]
    pub bot_id: String,
    /// The number to call: `+`, the country code, and the rest, such as `+919876543210`. Spaces, dashes, dots, slashes,
    /// brackets and a trunk prefix such as the `(0)` of `+44 (0)20 7946 0018` are removed. `91…` without `+` is read as an
    /// Indian number. Refused are an unknown country code, a length that the country does not have, letters, extensions,
    /// and emergency and other short numbers.
    #[cfg_attr(
        feature = "openapi",
        schema(max_length = 64, format = "phone-number", examples("+919876543210"))
    )]
    pub to_number: String,
    /// The number to show, under the rules of `to_number`. If it is absent, the voice fleet chooses one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        feature = "openapi",
        schema(nullable, max_length = 64, format = "phone-number", examples("+911234567890"))
    )]
    pub from_number: Option<String>,
    /// Values that the bot may use in the conversation. They reach it as strings, nested ones as JSON text.
    #[serde(
        default,
        deserialize_with = "unique_names",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(feature = "openapi", schema(schema_with = schema::variables))]
    pub variables: Option<BTreeMap<String, Box<RawValue>>>,
    /// The older name of `variables`. Not together with it.
    #[serde(
        default,
        deserialize_with = "unique_names",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(feature = "openapi", schema(schema_with = schema::older_variables))]
    pub connected_event: Option<BTreeMap<String, Box<RawValue>>>,
    /// The caller's own name for the call. Without an `Idempotency-Key` header, it makes repeating the request safe in the
    /// same way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        feature = "openapi",
        schema(
            min_length = 1,
            max_length = 255,
            pattern = "^[^\\x00-\\x1f\\x7f-\\x9f]*[^\\x00-\\x20\\x7f-\\x9f\\xa0\\xad\u{34f}\u{61c}\u{115f}\u{1160}\u{1680}\u{17b4}\u{17b5}\u{180b}-\u{180f}\u{2000}-\u{200f}\u{2028}-\u{202f}\u{205f}-\u{206f}\u{3000}\u{3164}\u{fe00}-\u{fe0f}\u{feff}\u{ffa0}\u{fff0}-\u{fff8}][^\\x00-\\x1f\\x7f-\\x9f]*$",
            examples("crm-case-4711")
        )
    )]
    pub call_reference: Option<String>,
}

/// Response to a call that was placed or is queued.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PlacedCall {
    /// `ok` if a voice worker dials, `queued` if the call waits for one.
    pub status: PlacedStatus,
    /// The call's id, by which its outcome is read.
    pub call_id: Uuid,
    /// The room of the call, if the worker named one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room_name: Option<String>,
}

/// Whether a voice worker dials already.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum PlacedStatus {
    /// A voice worker dials.
    Ok,
    /// The call waits for a voice worker with room.
    Queued,
}

/// Status of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum CallStatus {
    /// Recorded; waits for a voice worker with room.
    Queued,
    /// Recorded; not yet sent to a voice worker.
    Reserved,
    /// Sent to a voice worker, which may have dialled.
    Sent,
    /// A voice worker dials.
    Accepted,
    /// Nothing was dialled.
    Refused,
    /// Sent to a voice worker whose response was lost. The call is never sent again.
    Unknown,
    /// The conversation took place.
    Completed,
    /// The call was dialled and not answered by a person.
    Failed,
    /// A machine picked up.
    Voicemail,
}

impl CallStatus {
    /// All statuses, in the order of a call's life.
    pub const ALL: [Self; 9] = [
        Self::Queued,
        Self::Reserved,
        Self::Sent,
        Self::Accepted,
        Self::Refused,
        Self::Unknown,
        Self::Completed,
        Self::Failed,
        Self::Voicemail,
    ];

    /// Returns the name on the wire and in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Reserved => "reserved",
            Self::Sent => "sent",
            Self::Accepted => "accepted",
            Self::Refused => "refused",
            Self::Unknown => "unknown",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Voicemail => "voicemail",
        }
    }

    /// Parses a wire name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == name)
    }

    /// Returns the status of a call after a report with this `disconnected_by` (platform, section 4).
    #[must_use]
    pub fn after_result(disconnected_by: &str) -> Self {
        match disconnected_by {
            "error" | "no_answer" | "rejected" => Self::Failed,
            "voicemail" => Self::Voicemail,
            _ => Self::Completed,
        }
    }
}

/// A call and its outcome.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CallView {
    /// The call's id.
    pub call_id: Uuid,
    /// Its status.
    #[serde(deserialize_with = "newer_words::extensible")]
    pub status: CallStatus,
    /// The reason of the status, as a word, e.g. `no_capacity` or `no_answer`; `null` if there is none.
    pub reason: Option<String>,
    /// The key that placed it.
    pub key_id: Uuid,
    /// The name of the key when the call was placed.
    pub key_name: String,
    /// The bot that speaks.
    pub bot_id: String,
    /// The number that is called, in E.164.
    pub to_number: String,
    /// The number that is shown, in E.164.
    pub from_number: Option<String>,
    /// The caller's own name for the call.
    pub call_reference: Option<String>,
    /// The room of the call.
    pub room_name: Option<String>,
    /// The duration of the conversation, in seconds.
    pub duration_seconds: Option<f64>,
    /// The cause of its end, in the worker's word.
    pub disconnected_by: Option<String>,
    /// The SIP status of the failure, if the worker reported it.
    #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 65535, examples(486)))]
    pub sip_status: Option<u16>,
    /// The address of its recording.
    pub recording_url: Option<String>,
    /// Time of its admission.
    #[serde(serialize_with = "timestamp::serialize")]
    pub created_at: DateTime<Utc>,
    /// Time of its last change. It grows with each change of the call, even if the clock is set back: of two states, the one
    /// with the later `updated_at` is the newer.
    #[serde(serialize_with = "timestamp::serialize")]
    pub updated_at: DateTime<Utc>,
    /// Details, which lists omit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub details: Option<CallDetails>,
    /// Its status history, which lists omit.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub history: Vec<CallEvent>,
}

/// Details of a call that lists omit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CallDetails {
    /// The variables that the bot received.
    pub variables: BTreeMap<String, String>,
    /// The number that was shown, as reported by the worker.
    pub caller_id: Option<String>,
    /// The worker's session.
    pub session_id: Option<String>,
    /// The worker's media stream.
    pub stream_id: Option<String>,
    /// The transcript: text, or JSON text if the worker sent a list or an object.
    pub transcript: Option<String>,
}

/// An entry of a call's status history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CallEvent {
    /// The status.
    #[serde(deserialize_with = "newer_words::extensible")]
    pub status: CallStatus,
    /// The reason, as a word.
    pub reason: Option<String>,
    /// Time of the change.
    #[serde(serialize_with = "timestamp::serialize")]
    pub at: DateTime<Utc>,
}

/// One page of the calls, newest first. There is no total, because counting a long log is expensive.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CallPage {
    /// The calls of this page, without their history.
    pub items: Vec<CallView>,
    /// Send this as `cursor` to read the next page; `null` on the last page. If several filters are combined, a page may have
    /// fewer calls than `limit`, even none, without being the last.
    pub next_cursor: Option<Uuid>,
    /// The server's clock when the page was read.
    #[serde(serialize_with = "timestamp::serialize")]
    pub server_time: DateTime<Utc>,
}

/// `POST /api/v1/call-results`: a voice worker's report about a call. Anything may be missing or `null`, a report may come
/// twice, and fields that are not listed here are ignored. So is a field that cannot be understood.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CallReport {
    /// The worker's own id of the call. It, and the ids below, count up to 300 characters; longer ones are ignored.
    #[serde(default)]
    pub call_id: Option<String>,
    /// The worker's session.
    #[serde(default)]
    pub session_id: Option<String>,
    /// The worker's media stream.
    #[serde(default)]
    pub stream_id: Option<String>,
    /// The number that was shown.
    #[serde(default)]
    pub caller_id: Option<String>,
    /// The duration of the conversation, in seconds. A negative one counts as unknown.
    #[serde(default)]
    pub call_duration_seconds: Option<f64>,
    /// The cause of its end: `error`, `no_answer`, `rejected`, `voicemail`, or any other word for a call that took place. Cut
    /// after 100 characters.
    #[serde(default)]
    pub disconnected_by: Option<String>,
    /// The SIP status of the failure.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 65535, examples(486)))]
    pub sip_status: Option<u16>,
    /// The address of its recording, in at most 4,096 characters.
    #[serde(default)]
    pub recording_url: Option<String>,
    /// The transcript: text, a list or an object. Text and lists are cut after 512 KiB; a larger object is ignored.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Value>))]
    pub transcript: Option<Value>,
    /// The object that came with the request to dial, which contains this server's id of the call as `ori_call_id`.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Value>))]
    pub connected_event: Option<Value>,
}

/// `GET /api/v1/auth/whoami`: the presented key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WhoAmI {
    /// The key's id.
    pub key_id: Uuid,
    /// The key's name.
    pub name: String,
    /// The key's first 7 characters; of an imported key, its first 1 to 12.
    #[cfg_attr(
        feature = "openapi",
        schema(
            min_length = 1,
            max_length = 12,
            pattern = "^[!-~]{1,12}$",
            examples("ori_2x8")
        )
    )]
    pub key_prefix: String,
    /// The instant from which the key no longer works; `null` for never.
    #[serde(serialize_with = "timestamp::serialize_option")]
    pub expires_at: Option<DateTime<Utc>>,
}

/// Meaning of a text entered into the search of the call log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallSearch {
    /// The call with the id.
    Id(Uuid),
    /// The calls whose number begins with `number`, in E.164, or whose reference or bot begins with one of `texts`.
    Prefix {
        /// Beginning of a number, if the text can be one.
        number: Option<String>,
        /// The text and its normalized forms if they differ (NFC, NFD).
        texts: Vec<String>,
    },
}

impl CallSearch {
    /// Parses a search text. Returns `None` if it is blank.
    #[must_use]
    pub fn parse(typed: &str) -> Option<Self> {
        let text = typed.trim();
        if text.is_empty() {
            return None;
        }
        Some(Uuid::try_parse(text).map_or_else(|_| Self::prefix(text), Self::Id))
    }

    /// Creates a prefix search that matches both normalized forms of the text.
    #[must_use]
    pub fn prefix(text: &str) -> Self {
        let mut texts = vec![text.to_owned()];
        for form in [nfc(text), nfd(text)] {
            if !texts.iter().any(|text| *text == form) {
                texts.push(form.into_owned());
            }
        }
        Self::Prefix {
            number: phone::prefix(text),
            texts,
        }
    }
}

/// Maximum length of `bot_id`, in characters.
pub const BOT_ID_MAX: usize = 200;
/// Maximum length of `call_reference` and of an idempotency key, in characters.
pub const REFERENCE_MAX: usize = 255;
/// Maximum number of variables.
pub const VARIABLES_MAX: usize = 200;
/// Maximum length of a variable's name, in characters.
pub const VARIABLE_NAME_MAX: usize = 128;
/// Maximum nesting depth of a variable's value.
pub const VARIABLE_DEPTH_MAX: usize = 16;

/// Deserializes an object and rejects duplicate names, whose value would be ambiguous.
fn unique_names<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<BTreeMap<String, Box<RawValue>>>, D::Error> {
    struct Names;

    impl<'de> Visitor<'de> for Names {
        type Value = BTreeMap<String, Box<RawValue>>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
            let mut variables = BTreeMap::new();
            while let Some((name, value)) = entries.next_entry::<String, Box<RawValue>>()? {
                match variables.entry(name) {
                    Entry::Vacant(place) => drop(place.insert(value)),
                    Entry::Occupied(taken) => {
                        let name = taken.key();
                        return Err(A::Error::custom(format_args!("duplicate field `{name}`")));
                    }
                }
            }
            Ok(variables)
        }
    }

    struct Unique(BTreeMap<String, Box<RawValue>>);

    impl<'de> Deserialize<'de> for Unique {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            deserializer.deserialize_map(Names).map(Self)
        }
    }

    Ok(Option::<Unique>::deserialize(deserializer)?.map(|Unique(variables)| variables))
}

/// Converts variables to the strings that a bot receives. `null` is omitted; other values than strings keep their JSON
/// text, so that no number loses a digit.
///
/// # Errors
/// Returns the name of the first invalid variable and the reason (platform, section 2).
pub fn stringify(
    variables: BTreeMap<String, Box<RawValue>>,
) -> Result<BTreeMap<String, String>, (String, &'static str)> {
    if variables.len() > VARIABLES_MAX {
        return Err((String::new(), "Give at most 200 variables."));
    }
    variables
        .into_iter()
        .filter_map(|(name, value)| match text(&name, &value) {
            Ok(text) => text.map(|text| Ok((name, text))),
            Err(fault) => Some(Err((name, fault))),
        })
        .collect()
}

fn text(name: &str, value: &RawValue) -> Result<Option<String>, &'static str> {
    let parsed: Value = serde_json::from_str(value.get()).map_err(|_| "Give a value that is JSON.")?;
    match (fault(name, &parsed), parsed) {
        (Some(fault), _) => Err(fault),
        (None, Value::Null) => Ok(None),
        (None, Value::String(text)) => Ok(Some(text)),
        (None, _) => Ok(Some(value.get().to_owned())),
    }
}

fn fault(name: &str, value: &Value) -> Option<&'static str> {
    if is_blank(name) || name.chars().count() > VARIABLE_NAME_MAX {
        Some("Give each variable a name of 1 to 128 characters that is not blank.")
    } else if name.starts_with('_') || matches!(name, "sip_candidate_headers" | "ori_call_id") {
        Some("This name is reserved: voice workers obey it. Choose another.")
    } else if depth(value) > VARIABLE_DEPTH_MAX {
        Some("Nest values at most 16 deep.")
    } else {
        None
    }
}

fn depth(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Value::Object(fields) => 1 + fields.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

#[cfg(feature = "openapi")]
mod schema {
    use serde_json::json;
    use utoipa::openapi::extensions::Extensions;
    use utoipa::openapi::schema::{AdditionalProperties, ObjectBuilder, SchemaType, Type};
    use utoipa::openapi::{Deprecated, Object, Schema};

    use super::{VARIABLE_NAME_MAX, VARIABLES_MAX};

    /// Names that [`super::stringify`] accepts, apart from [`RESERVED`].
    const NAME: &str = "^([\\x09-\\x0d \\x85\\xa0\\xad\u{34f}\u{61c}\u{115f}\u{1160}\u{1680}\u{17b4}\u{17b5}\u{180b}-\u{180f}\u{2000}-\u{200f}\u{2028}-\u{202f}\u{205f}-\u{206f}\u{3000}\u{3164}\u{fe00}-\u{fe0f}\u{feff}\u{ffa0}\u{fff0}-\u{fff8}]+[^\\x09-\\x0d \\x85\\xa0\\xad\u{34f}\u{61c}\u{115f}\u{1160}\u{1680}\u{17b4}\u{17b5}\u{180b}-\u{180f}\u{2000}-\u{200f}\u{2028}-\u{202f}\u{205f}-\u{206f}\u{3000}\u{3164}\u{fe00}-\u{fe0f}\u{feff}\u{ffa0}\u{fff0}-\u{fff8}]|[^_\\x09-\\x0d \\x85\\xa0\\xad\u{34f}\u{61c}\u{115f}\u{1160}\u{1680}\u{17b4}\u{17b5}\u{180b}-\u{180f}\u{2000}-\u{200f}\u{2028}-\u{202f}\u{205f}-\u{206f}\u{3000}\u{3164}\u{fe00}-\u{fe0f}\u{feff}\u{ffa0}\u{fff0}-\u{fff8}])";
    const RESERVED: [&str; 2] = ["sip_candidate_headers", "ori_call_id"];

    pub(super) fn variables() -> Object {
        let about = "What the bot may use in the conversation. Values reach it as strings, others than strings as JSON text, \
                     nested at most 16 deep; one that is `null` is left out. Names that begin with `_`, `sip_candidate_headers` and `ori_call_id` are reserved.";
        let example = json!({"CUSTOMERNAME": "Rajesh", "due_amount": "50000"});
        object(about).examples([example]).build()
    }

    pub(super) fn older_variables() -> Object {
        object("The older name of `variables`. Not together with it.")
            .deprecated(Some(Deprecated::True))
            .build()
    }

    fn object(about: &str) -> ObjectBuilder {
        let name = ObjectBuilder::new()
            .schema_type(Type::String)
            .min_length(Some(1))
            .max_length(Some(VARIABLE_NAME_MAX))
            .pattern(Some(NAME))
            // utoipa has no field for `not`. A pattern cannot say it in every dialect: RE2 has no lookahead.
            .extensions(Some(Extensions::from_iter([("not", json!({"enum": RESERVED}))])))
            .build();
        ObjectBuilder::new()
            .schema_type(SchemaType::from_iter([Type::Object, Type::Null]))
            .description(Some(about))
            .max_properties(Some(VARIABLES_MAX))
            .property_names(Some(Schema::Object(name)))
            .additional_properties(Some(AdditionalProperties::FreeForm(true)))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn variables(value: Value) -> BTreeMap<String, Box<RawValue>> {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn values_become_strings_and_nested_ones_json_text() {
        let given = variables(json!({"a": "x", "b": 5, "c": true, "d": null, "e": {"f": [1, "g"]}}));
        let strings: Vec<String> = stringify(given).unwrap().into_values().collect();
        assert_eq!(strings, ["x", "5", "true", r#"{"f":[1,"g"]}"#]);
    }

    #[test]
    fn a_number_keeps_its_digits() {
        let given = r#"{"a": 50000.10, "b": 123456789012345678901234567890, "c": [1.50, 1E3]}"#;
        let strings: Vec<String> = stringify(serde_json::from_str(given).unwrap())
            .unwrap()
            .into_values()
            .collect();
        assert_eq!(
            strings,
            ["50000.10", "123456789012345678901234567890", "[1.50, 1E3]"]
        );
    }

    #[test]
    fn a_reserved_name_is_an_error() {
        for name in ["_x", "_", "sip_candidate_headers", "ori_call_id"] {
            assert_eq!(
                stringify(variables(json!({"ok": 1, name: 1}))).unwrap_err().0,
                name
            );
        }
        assert!(stringify(variables(json!({"x_": 1, "ori_call": 1}))).is_ok());
    }

    #[test]
    fn count_length_and_depth_are_bounded() {
        let many = |count: usize| variables((0..count).map(|n| (format!("v{n}"), Value::Null)).collect());
        assert!(stringify(many(200)).is_ok());
        assert!(stringify(many(201)).is_err());
        assert!(stringify(variables(json!({"x".repeat(129): null}))).is_err());
        let nested = |levels| (0..levels).fold(Value::Null, |inner, _| json!([inner]));
        assert!(stringify(variables(json!({"x": nested(16)}))).is_ok());
        assert!(stringify(variables(json!({"x": nested(17)}))).is_err());
    }

    #[test]
    fn a_search_text_is_an_id_or_a_prefix() {
        let number = |typed| match CallSearch::parse(typed) {
            Some(CallSearch::Prefix { number, .. }) => number,
            other => panic!("{typed:?} is {other:?}"),
        };
        assert_eq!(CallSearch::parse("  "), None);
        assert_eq!(
            CallSearch::parse(" 00000000-0000-0000-0000-000000000007 "),
            Some(CallSearch::Id(Uuid::from_u128(7)))
        );
        assert_eq!(number("+91 (98765)").as_deref(), Some("+9198765"));
        assert_eq!(number("9198").as_deref(), Some("+9198"));
        assert_eq!(number("case-47"), None);
        assert_eq!(number("+"), None);
    }

    #[test]
    fn a_report_determines_the_status() {
        for (word, status) in [
            ("error", CallStatus::Failed),
            ("no_answer", CallStatus::Failed),
            ("rejected", CallStatus::Failed),
            ("voicemail", CallStatus::Voicemail),
            ("user", CallStatus::Completed),
            ("bot", CallStatus::Completed),
        ] {
            assert_eq!(CallStatus::after_result(word), status);
        }
        for status in CallStatus::ALL {
            assert_eq!(CallStatus::parse(status.as_str()), Some(status));
        }
    }
}
