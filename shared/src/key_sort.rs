//! Sort orders of the key list, shared by the console and the database.

use std::borrow::Cow;

use chrono::{DateTime, Utc};

use crate::api_key::{ApiKeyView, KeyStatus};

/// A sortable column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyColumn {
    /// The name, ignoring case.
    Name,
    /// The key prefix.
    Key,
    /// The status: active, inactive, expired.
    Status,
    /// The expiry. Keys that never expire come after all others.
    Expires,
    /// The last use. Keys that were never used come before all others.
    LastUsed,
    /// The time of creation.
    Created,
}

/// A column and a direction. Equal keys are ordered newest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeySort {
    /// The column.
    pub column: KeyColumn,
    /// Whether the order is descending.
    pub descending: bool,
}

impl KeyColumn {
    /// All sortable columns, in the order of the table.
    pub const ALL: [Self; 6] = [
        Self::Name,
        Self::Key,
        Self::Status,
        Self::Expires,
        Self::LastUsed,
        Self::Created,
    ];

    /// Returns the name in a query string.
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
    /// Returns the value in a query string: `name`, or `-name` for descending order. Returns `None` for the default.
    #[must_use]
    pub fn to_param(self) -> Option<String> {
        let minus = if self.descending { "-" } else { "" };
        (self != Self::default()).then(|| format!("{minus}{}", self.column.param()))
    }

    /// Parses the value in a query string. Returns `None` if it is invalid.
    #[must_use]
    pub fn from_param(param: &str) -> Option<Self> {
        let name = param.strip_prefix('-');
        let descending = name.is_some();
        let name = name.unwrap_or(param);
        let column = KeyColumn::ALL.into_iter().find(|column| column.param() == name)?;
        Some(Self { column, descending })
    }
}

/// Returns the sort key of an API key: text that is compared byte by byte, in UTF-8. `haystack` is its search text, which
/// begins with the folded name.
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
    fn a_sort_survives_the_query_string_and_the_default_is_omitted() {
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
