//! In which order the key list stands, the same on the page and in the database.

use std::borrow::Cow;

use chrono::{DateTime, Utc};

use crate::api_key::{ApiKeyView, KeyStatus};

/// A column that sorts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyColumn {
    /// By name, whatever its case.
    Name,
    /// By prefix.
    Key,
    /// Active, inactive, expired.
    Status,
    /// By expiry; a key that never expires is later than any that does.
    Expires,
    /// By last use; a key that was never used is earlier than any that was.
    LastUsed,
    /// By creation.
    Created,
}

/// A column and its order. Equals stand newest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeySort {
    /// The column.
    pub column: KeyColumn,
    /// Whether the greatest stands first.
    pub descending: bool,
}

impl KeyColumn {
    /// Every column that sorts, in the order in which they stand.
    pub const ALL: [Self; 6] = [
        Self::Name,
        Self::Key,
        Self::Status,
        Self::Expires,
        Self::LastUsed,
        Self::Created,
    ];

    /// Its name in an address.
    #[must_use]
    pub const fn param(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Key => "key",
            Self::Status => "status",
            Self::Expires => "expires",
            Self::LastUsed => "last-used",
            Self::Created => "created",
        }
    }
}

impl Default for KeySort {
    /// Newest first.
    fn default() -> Self {
        Self {
            column: KeyColumn::Created,
            descending: true,
        }
    }
}

impl KeySort {
    /// As it stands in an address: `name`, or `-name` for the other way round. Nothing for the default.
    #[must_use]
    pub fn to_param(self) -> Option<String> {
        let minus = if self.descending { "-" } else { "" };
        (self != Self::default()).then(|| format!("{minus}{}", self.column.param()))
    }

    /// As it stood in an address; nothing for what means nothing.
    #[must_use]
    pub fn from_param(param: &str) -> Option<Self> {
        let name = param.strip_prefix('-');
        let descending = name.is_some();
        let name = name.unwrap_or(param);
        let column = KeyColumn::ALL.into_iter().find(|column| column.param() == name)?;
        Some(Self { column, descending })
    }
}

/// What decides where a key stands among others: text that orders byte by byte, in UTF-8. `haystack` is what the key is
/// found by, which begins with its folded name.
#[must_use]
pub fn place<'a>(
    column: KeyColumn,
    view: &'a ApiKeyView,
    haystack: &'a str,
    now: DateTime<Utc>,
) -> Cow<'a, str> {
    match column {
        KeyColumn::Name => haystack.into(),
        KeyColumn::Key => view.key_prefix.as_str().into(),
        KeyColumn::Status => match view.status_at(now) {
            KeyStatus::Active => "0".into(),
            KeyStatus::Inactive => "1".into(),
            KeyStatus::Expired => "2".into(),
        },
        KeyColumn::Expires => view.expires_at.map_or("~".into(), instant),
        KeyColumn::LastUsed => view.last_used_at.map_or("".into(), instant),
        KeyColumn::Created => instant(view.created_at),
    }
}

fn instant(at: DateTime<Utc>) -> Cow<'static, str> {
    format!("{:020}", at.timestamp_micros().max(0)).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_keeps_the_sort_and_nothing_stands_for_the_default() {
        for column in KeyColumn::ALL {
            for descending in [false, true] {
                let sort = KeySort { column, descending };
                let read = sort.to_param().map(|param| KeySort::from_param(&param));
                assert_eq!(read.unwrap_or(Some(KeySort::default())), Some(sort));
            }
        }
        assert_eq!(KeySort::default().to_param(), None);
        assert_eq!(KeySort::from_param("-created"), Some(KeySort::default()));
        for nonsense in ["nonsense", "", "-", "--name", "Name"] {
            assert_eq!(KeySort::from_param(nonsense), None);
        }
    }
}
