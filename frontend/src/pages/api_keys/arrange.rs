//! In which order the list stands.

use std::cmp::Ordering;

use ori_shared::api_key::{ApiKeyView, KeyStatus};

use crate::ui::sort_header::Order;

/// A column that sorts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
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

/// A column and its order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sort {
    /// The column.
    pub column: Column,
    /// Its order.
    pub order: Order,
}

impl Default for Sort {
    /// Newest first.
    fn default() -> Self {
        Self::first(Column::Created)
    }
}

impl Column {
    /// Every column that sorts, in the order in which they stand.
    pub const ALL: [Self; 6] = [
        Self::Name,
        Self::Key,
        Self::Status,
        Self::Expires,
        Self::LastUsed,
        Self::Created,
    ];

    /// The header.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Name => "Name",
            Self::Key => "Key",
            Self::Status => "Status",
            Self::Expires => "Expires",
            Self::LastUsed => "Last Used",
            Self::Created => "Created",
        }
    }

    const fn param(self) -> &'static str {
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

impl Sort {
    /// How a column is sorted at the first press: what one most likely looks for comes first.
    #[must_use]
    pub const fn first(column: Column) -> Self {
        let order = match column {
            Column::LastUsed | Column::Created => Order::Descending,
            _ => Order::Ascending,
        };
        Self { column, order }
    }

    /// After a press on a column's header.
    #[must_use]
    pub fn pressed(self, column: Column) -> Self {
        match (self.column == column, self.order) {
            (false, _) => Self::first(column),
            (true, Order::Ascending) => Self {
                column,
                order: Order::Descending,
            },
            (true, Order::Descending) => Self {
                column,
                order: Order::Ascending,
            },
        }
    }

    /// As it stands in the address: `name`, or `-name` for the other way round. Nothing for the default.
    #[must_use]
    pub fn to_param(self) -> Option<String> {
        let minus = if self.order == Order::Descending { "-" } else { "" };
        (self != Self::default()).then(|| format!("{minus}{}", self.column.param()))
    }

    /// As it stood in the address; the default for what means nothing.
    #[must_use]
    pub fn from_param(param: Option<&str>) -> Self {
        let Some(param) = param else {
            return Self::default();
        };
        let (name, order) = match param.strip_prefix('-') {
            Some(name) => (name, Order::Descending),
            None => (param, Order::Ascending),
        };
        Column::ALL
            .into_iter()
            .find(|column| column.param() == name)
            .map_or_else(Self::default, |column| Self { column, order })
    }

    /// Which of two keys stands first, where each comes with its folded name and its status. Equals stand newest first.
    #[must_use]
    pub fn compare(self, a: Sortable<'_>, b: Sortable<'_>) -> Ordering {
        let natural = match self.column {
            Column::Name => a.folded.cmp(b.folded),
            Column::Key => a.view.key_prefix.cmp(&b.view.key_prefix),
            Column::Status => a.status.cmp(&b.status),
            Column::Expires => match (a.view.expires_at, b.view.expires_at) {
                (None, None) => Ordering::Equal,
                (None, Some(_)) => Ordering::Greater,
                (Some(_), None) => Ordering::Less,
                (Some(a), Some(b)) => a.cmp(&b),
            },
            Column::LastUsed => a.view.last_used_at.cmp(&b.view.last_used_at),
            Column::Created => a.view.created_at.cmp(&b.view.created_at),
        };
        let ordered = match self.order {
            Order::Ascending => natural,
            Order::Descending => natural.reverse(),
        };
        let newer = || b.view.created_at.cmp(&a.view.created_at);
        ordered.then_with(newer).then_with(|| b.view.id.cmp(&a.view.id))
    }
}

/// What of a key decides where it stands.
#[derive(Clone, Copy)]
pub struct Sortable<'a> {
    /// The key.
    pub view: &'a ApiKeyView,
    /// Its name with case folded away; more may follow on further lines.
    pub folded: &'a str,
    /// Its status now.
    pub status: KeyStatus,
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use chrono::{DateTime, Utc};
    use ori_shared::search::fold;
    use uuid::Uuid;

    pub(crate) fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
    }

    pub(crate) fn key(name: &str, created: i64, expires: Option<i64>, used: Option<i64>) -> ApiKeyView {
        ApiKeyView {
            id: Uuid::from_u128(u128::from(created.unsigned_abs())),
            name: name.to_owned(),
            key_prefix: "ori_2x8".to_owned(),
            status: KeyStatus::Active,
            is_active: true,
            expires_at: expires.map(at),
            last_used_at: used.map(at),
            created_at: at(created),
            updated_at: at(created),
            created_by: None,
        }
    }

    fn names(param: &str, keys: &[ApiKeyView]) -> Vec<String> {
        let sort = Sort::from_param(Some(param));
        let folded: Vec<_> = keys.iter().map(|view| fold(&view.name)).collect();
        let mut sorted: Vec<_> = keys
            .iter()
            .zip(&folded)
            .map(|(view, folded)| Sortable {
                view,
                folded,
                status: view.status,
            })
            .collect();
        sorted.sort_by(|a, b| sort.compare(*a, *b));
        sorted.into_iter().map(|key| key.view.name.clone()).collect()
    }

    #[test]
    fn each_column_sorts_both_ways_and_equals_stand_newest_first() {
        let keys = [
            key("beta", 1, None, Some(9)),
            key("Alpha", 2, Some(5), None),
            key("gamma", 3, Some(4), Some(8)),
        ];
        for (param, wanted) in [
            ("name", ["Alpha", "beta", "gamma"]),
            ("-name", ["gamma", "beta", "Alpha"]),
            ("expires", ["gamma", "Alpha", "beta"]),
            ("-expires", ["beta", "Alpha", "gamma"]),
            ("-last-used", ["beta", "gamma", "Alpha"]),
            ("-created", ["gamma", "Alpha", "beta"]),
            ("created", ["beta", "Alpha", "gamma"]),
            ("status", ["gamma", "Alpha", "beta"]),
            ("key", ["gamma", "Alpha", "beta"]),
        ] {
            assert_eq!(names(param, &keys), wanted, "{param}");
        }
    }

    #[test]
    fn the_address_keeps_the_sort_and_nothing_stands_for_the_default() {
        for column in Column::ALL {
            for sort in [Sort::first(column), Sort::first(column).pressed(column)] {
                assert_eq!(Sort::from_param(sort.to_param().as_deref()), sort);
            }
        }
        assert_eq!(Sort::default().to_param(), None);
        assert_eq!(Sort::from_param(Some("nonsense")), Sort::default());
    }

    #[test]
    fn a_press_turns_the_order_round_and_a_second_turns_it_back() {
        let once = Sort::default().pressed(Column::Name);
        assert_eq!(once, Sort::first(Column::Name));
        assert_eq!(once.pressed(Column::Name).pressed(Column::Name), once);
    }
}
