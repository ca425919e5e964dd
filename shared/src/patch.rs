//! Fields of a PATCH with three states: absent, null, a value (RFC 7396).

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A field of a PATCH. Requires `#[serde(default, skip_serializing_if = "Patch::is_absent")]` on the field.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Patch<T> {
    /// The field was not sent: the stored value remains.
    #[default]
    Absent,
    /// The field was sent as `null`: the stored value is cleared.
    Null,
    /// The field was sent with a value, which is stored.
    Value(T),
}

impl<T> Patch<T> {
    /// Returns whether the field was not sent.
    pub const fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }

    /// Returns the value to store, or `None` if the field was not sent.
    pub fn into_change(self) -> Option<Option<T>> {
        match self {
            Self::Absent => None,
            Self::Null => Some(None),
            Self::Value(value) => Some(Some(value)),
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Patch<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::deserialize(deserializer)?.map_or(Self::Null, Self::Value))
    }
}

impl<T: Serialize> Serialize for Patch<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Absent | Self::Null => serializer.serialize_none(),
            Self::Value(value) => value.serialize(serializer),
        }
    }
}

/// Deserializes a field that may be absent but not `null`, which serde would treat as absent. Requires
/// `#[serde(default, deserialize_with = "not_null")]` on the field.
///
/// # Errors
/// Returns an error for `null`, and for a value that is not a `T`.
pub fn not_null<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Change {
        #[serde(default, skip_serializing_if = "Patch::is_absent")]
        field: Patch<u8>,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct Rename {
        #[serde(default, deserialize_with = "not_null")]
        name: Option<String>,
    }

    #[test]
    fn a_field_that_cannot_be_cleared_rejects_null() {
        assert_eq!(
            serde_json::from_str::<Rename>("{}").unwrap(),
            Rename { name: None }
        );
        assert_eq!(
            serde_json::from_str::<Rename>(r#"{"name":"a"}"#).unwrap(),
            Rename {
                name: Some("a".into())
            }
        );
        assert!(serde_json::from_str::<Rename>(r#"{"name":null}"#).is_err());
    }

    #[test]
    fn absent_null_and_a_value_survive_a_round_trip() {
        for (text, field) in [
            ("{}", Patch::Absent),
            (r#"{"field":null}"#, Patch::Null),
            (r#"{"field":7}"#, Patch::Value(7)),
        ] {
            let change: Change = serde_json::from_str(text).unwrap();
            assert_eq!(change, Change { field });
            assert_eq!(serde_json::to_string(&change).unwrap(), text);
        }
    }
}
