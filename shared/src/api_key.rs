//! API keys on the wire.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::newer_words;
use crate::patch::{Patch, not_null};
use crate::text::is_blank;
use crate::timestamp;

/// Maximum length of a key's name after trimming, in characters.
pub const NAME_MAX_CHARS: usize = 100;

/// A key to be created: `POST /api/v1/api-keys`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct CreateApiKey {
    /// The name of the key, e.g. of the system that will use it: 1 to 100 characters, none of them a
    /// control character. Names need not be unique.
    #[cfg_attr(
        feature = "openapi",
        schema(
            min_length = 1,
            max_length = 100,
            pattern = "^[^\\x00-\\x1f\\x7f-\\x9f\u{200e}\u{200f}\u{202a}-\u{202e}\u{2066}-\u{2069}]*[^\\x00-\\x20\\x7f-\\x9f\\xa0\\xad\u{34f}\u{61c}\u{115f}\u{1160}\u{1680}\u{17b4}\u{17b5}\u{180b}-\u{180f}\u{2000}-\u{200f}\u{2028}-\u{202f}\u{205f}-\u{206f}\u{3000}\u{3164}\u{fe00}-\u{fe0f}\u{feff}\u{ffa0}\u{fff0}-\u{fff8}][^\\x00-\\x1f\\x7f-\\x9f\u{200e}\u{200f}\u{202a}-\u{202e}\u{2066}-\u{2069}]*$",
            examples("CRM Integration")
        )
    )]
    pub name: String,
    /// The instant from which the key no longer works. Not together with `expires_on`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(serialize_with = "timestamp::serialize_option")]
    pub expires_at: Option<DateTime<Utc>>,
    /// The last day on which the key works, in the display timezone of the person who creates it. Not together with `expires_at`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(examples("2030-12-31")))]
    pub expires_on: Option<NaiveDate>,
}

/// A change of a key: `PATCH /api/v1/api-keys/{id}`. Absent fields do not change.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PatchApiKey {
    /// A new name, under the rules of creation.
    #[serde(
        default,
        deserialize_with = "not_null",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(
        feature = "openapi",
        schema(
            nullable = false,
            min_length = 1,
            max_length = 100,
            pattern = "^[^\\x00-\\x1f\\x7f-\\x9f\u{200e}\u{200f}\u{202a}-\u{202e}\u{2066}-\u{2069}]*[^\\x00-\\x20\\x7f-\\x9f\\xa0\\xad\u{34f}\u{61c}\u{115f}\u{1160}\u{1680}\u{17b4}\u{17b5}\u{180b}-\u{180f}\u{2000}-\u{200f}\u{2028}-\u{202f}\u{205f}-\u{206f}\u{3000}\u{3164}\u{fe00}-\u{fe0f}\u{feff}\u{ffa0}\u{fff0}-\u{fff8}][^\\x00-\\x1f\\x7f-\\x9f\u{200e}\u{200f}\u{202a}-\u{202e}\u{2066}-\u{2069}]*$",
            examples("CRM Integration")
        )
    )]
    pub name: Option<String>,
    /// `false` switches the key off at once, `true` switches it on again.
    #[serde(
        default,
        deserialize_with = "not_null",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub is_active: Option<bool>,
    /// A new instant of expiry; `null` for none.
    #[serde(default, skip_serializing_if = "Patch::is_absent")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<DateTime<Utc>>))]
    pub expires_at: Patch<DateTime<Utc>>,
}

/// An API key without its secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ApiKeyView {
    /// The key's id.
    pub id: Uuid,
    /// The name of the key.
    #[cfg_attr(feature = "openapi", schema(examples("CRM Integration")))]
    pub name: String,
    /// The first 7 characters of the key; of an imported key, its first 1 to 12.
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
    /// Whether the key works at the time of the response.
    #[serde(deserialize_with = "newer_words::extensible")]
    pub status: KeyStatus,
    /// Whether the key is switched on.
    pub is_active: bool,
    /// The instant from which the key no longer works; `null` for never.
    #[serde(serialize_with = "timestamp::serialize_option")]
    pub expires_at: Option<DateTime<Utc>>,
    /// Time of the last use, accurate to a minute; `null` for never. Each request for which the key was accepted is a use: placing
    /// a call, whether or not a voice host had capacity, and reading. A refused request is none.
    #[serde(serialize_with = "timestamp::serialize_option")]
    pub last_used_at: Option<DateTime<Utc>>,
    /// Time of creation.
    #[serde(serialize_with = "timestamp::serialize")]
    pub created_at: DateTime<Utc>,
    /// Time of the last change.
    #[serde(serialize_with = "timestamp::serialize")]
    pub updated_at: DateTime<Utc>,
    /// The e-mail address of the person who created the key; `null` if that account no longer exists.
    pub created_by: Option<String>,
}

impl ApiKeyView {
    /// Returns the masked key for lists, e.g. `ori_2x8...••••`.
    #[must_use]
    pub fn masked(&self) -> String {
        masked(&self.key_prefix)
    }

    /// Returns the status of the key at `now`. The `status` in the response becomes outdated while a page is open.
    #[must_use]
    pub fn status_at(&self, now: DateTime<Utc>) -> KeyStatus {
        KeyStatus::at(self.is_active, self.expires_at, now)
    }
}

/// Response to the creation of a key, the only one that contains it.
///
/// It cannot be cloned, and `Debug` redacts the key.
#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(
    feature = "openapi",
    schema(description = "Response to the creation of a key, the only one that contains it.")
)]
pub struct CreatedApiKey {
    /// The full key. It is shown only once and cannot be recovered.
    #[cfg_attr(
        feature = "openapi",
        schema(
            examples("ori_2x8EXAMPLEexampleEXAMPLEexampleEXAMP"),
            pattern = "^ori_[A-Za-z0-9_]{36}$"
        )
    )]
    pub key: String,
    /// The key without its secret.
    #[serde(flatten)]
    pub view: ApiKeyView,
}

impl std::fmt::Debug for CreatedApiKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CreatedApiKey")
            .field("key", &"[redacted]")
            .field("view", &self.view)
            .finish()
    }
}

/// Whether a key works.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum KeyStatus {
    /// Switched on and not expired.
    Active,
    /// Switched off.
    Inactive,
    /// Switched on, but past its expiry.
    Expired,
}

impl KeyStatus {
    /// Returns the name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Inactive => "inactive",
            Self::Expired => "expired",
        }
    }

    /// Parses a wire name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Active, Self::Inactive, Self::Expired]
            .into_iter()
            .find(|status| status.as_str() == name)
    }

    /// Returns the status of a key at `now`. *Inactive* takes precedence over *expired* (platform, section 1).
    ///
    /// # Examples
    ///
    /// ```
    /// use chrono::{DateTime, Utc};
    /// use ori_shared::api_key::KeyStatus;
    ///
    /// let now: DateTime<Utc> = "2026-11-26T12:00:00Z".parse().unwrap();
    ///
    /// assert_eq!(KeyStatus::at(true, None, now), KeyStatus::Active);
    /// // A key has expired at the instant of its expiry.
    /// assert_eq!(KeyStatus::at(true, Some(now), now), KeyStatus::Expired);
    /// assert_eq!(KeyStatus::at(false, Some(now), now), KeyStatus::Inactive);
    /// ```
    #[must_use]
    pub fn at(is_active: bool, expires_at: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Self {
        if !is_active {
            Self::Inactive
        } else if expires_at.is_some_and(|end| end <= now) {
            Self::Expired
        } else {
            Self::Active
        }
    }

    /// Returns the label of the badge.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Active => "Active",
            Self::Inactive => "Inactive",
            Self::Expired => "Expired",
        }
    }
}

/// Maximum length of an imported key's prefix, in characters.
pub const IMPORTED_PREFIX_MAX: usize = 12;

/// Returns the masked key for a key prefix.
#[must_use]
pub fn masked(key_prefix: &str) -> String {
    format!("{key_prefix}...••••")
}

/// Trims and checks a key's name: 1 to 100 characters, none of them a control character.
///
/// # Errors
/// Returns a sentence for the person who entered the name.
pub fn clean_name(typed: &str) -> Result<String, &'static str> {
    let name = typed.trim();
    if name.is_empty() {
        return Err("Enter a name for the key.");
    }
    if name.chars().count() > NAME_MAX_CHARS {
        return Err("Use a name of at most 100 characters.");
    }
    if name.contains(|c: char| c.is_control() || is_bidi_control(c)) {
        return Err("Use a name without line breaks or other control characters.");
    }
    if is_blank(name) {
        return Err("Use a name that can be seen.");
    }
    Ok(name.to_owned())
}

/// Returns whether the character changes the direction of the text around it. In a question such as "delete this key?"
/// it could make the name look like another one.
fn is_bidi_control(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
    }

    #[test]
    fn inactive_takes_precedence_over_expired() {
        assert_eq!(KeyStatus::at(false, Some(at(-1)), at(0)), KeyStatus::Inactive);
        assert_eq!(KeyStatus::at(true, Some(at(-1)), at(0)), KeyStatus::Expired);
        assert_eq!(KeyStatus::at(true, Some(at(1)), at(0)), KeyStatus::Active);
        assert_eq!(KeyStatus::at(true, None, at(0)), KeyStatus::Active);
    }

    #[test]
    fn a_key_has_expired_at_the_instant_of_its_expiry() {
        assert_eq!(KeyStatus::at(true, Some(at(0)), at(0)), KeyStatus::Expired);
    }

    #[test]
    fn a_name_is_trimmed_and_its_errors_are_described() {
        assert_eq!(clean_name("  CRM Integration "), Ok("CRM Integration".to_owned()));
        assert_eq!(clean_name("é".repeat(100).as_str()), Ok("é".repeat(100)));
        for wrong in [
            "",
            "   ",
            "\t\n",
            "a\nb",
            "a\u{7f}b",
            "a\0",
            "a\u{202e}b",
            "\u{200b}\u{feff}",
            "\u{3164}",
        ] {
            assert!(clean_name(wrong).is_err(), "{wrong:?}");
        }
        assert!(clean_name(&"é".repeat(101)).is_err());
    }

    #[test]
    fn debug_redacts_the_key() {
        let view = ApiKeyView {
            id: Uuid::nil(),
            name: "CRM".into(),
            key_prefix: "ori_2x8".into(),
            status: KeyStatus::Active,
            is_active: true,
            expires_at: None,
            last_used_at: None,
            created_at: at(0),
            updated_at: at(0),
            created_by: None,
        };
        let created = CreatedApiKey {
            key: "ori_2x8secret".into(),
            view,
        };
        assert!(!format!("{created:?}").contains("secret"));
    }

    proptest! {
        #[test]
        fn status_never_goes_back_as_time_passes(end in -1000i64..1000, now in -1000i64..1000, later in 0i64..1000) {
            let first = KeyStatus::at(true, Some(at(end)), at(now));
            let second = KeyStatus::at(true, Some(at(end)), at(now + later));
            prop_assert!(!(first == KeyStatus::Expired && second == KeyStatus::Active));
        }

        #[test]
        fn a_cleaned_name_is_clean(typed in "\\PC{0,120}") {
            if let Ok(name) = clean_name(&typed) {
                prop_assert_eq!(clean_name(&name), Ok(name.clone()));
                prop_assert!((1..=NAME_MAX_CHARS).contains(&name.chars().count()));
            }
        }
    }
}
