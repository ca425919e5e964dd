//! Words of a newer server: a console that is older than the server reads its answers all the same.

use serde::{Deserialize, Deserializer};

use crate::account::Role;
use crate::api_key::KeyStatus;
use crate::call::CallStatus;
use crate::error_code::ErrorCode;
use crate::fleet::HostState;
use crate::webhook::{CallEventType, DeliveryStatus};

/// An enumeration that later versions may extend.
pub(crate) trait Extensible: Sized {
    /// The value for an unknown word: the one that allows and claims the least.
    const UNKNOWN_WORD: Self;

    /// Returns the value of a word.
    fn of_word(word: &str) -> Option<Self>;
}

/// Reads a word of an answer. One that is not known becomes [`Extensible::UNKNOWN_WORD`].
pub(crate) fn extensible<'de, T: Extensible, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    let word = String::deserialize(deserializer)?;
    Ok(T::of_word(&word).unwrap_or(T::UNKNOWN_WORD))
}

macro_rules! extensible {
    ($($type:ty => $unknown:expr;)+) => {
        $(impl Extensible for $type {
            const UNKNOWN_WORD: Self = $unknown;

            fn of_word(word: &str) -> Option<Self> {
                Self::parse(word)
            }
        })+
    };
}

extensible! {
    Role => Self::Agent;
    KeyStatus => Self::Inactive;
    CallStatus => Self::Unknown;
    ErrorCode => Self::Internal;
    HostState => Self::Unknown;
    DeliveryStatus => Self::Pending;
    CallEventType => Self::Updated;
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read<T: Extensible + serde::Serialize>(word: &str) -> Value {
        let value: T = extensible(json!(word)).unwrap();
        serde_json::to_value(value).unwrap()
    }

    #[test]
    fn a_word_of_a_newer_server_makes_no_answer_unreadable() {
        for (known, fallback, read) in [
            ("admin", "agent", read::<Role> as fn(&str) -> Value),
            ("active", "inactive", read::<KeyStatus>),
            ("failed", "unknown", read::<CallStatus>),
            ("invalid_body", "internal", read::<ErrorCode>),
            ("healthy", "unknown", read::<HostState>),
            ("delivered", "pending", read::<DeliveryStatus>),
        ] {
            assert_eq!(read(known), known);
            assert_eq!(read("of_a_newer_server"), fallback);
        }
        assert!(extensible::<Role, _>(json!(7)).is_err());
    }
}
