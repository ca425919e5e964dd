//! In which order the list stands.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use ori_shared::key_sort::{self, KeyColumn, KeySort};

use super::entry::Told;
use crate::ui::sort_header::Order;

/// A column's header.
#[must_use]
pub const fn label(column: KeyColumn) -> &'static str {
    match column {
        KeyColumn::Name => "Name",
        KeyColumn::Key => "Key",
        KeyColumn::Status => "Status",
        KeyColumn::Expires => "Expires",
        KeyColumn::LastUsed => "Last Used",
        KeyColumn::Created => "Created",
    }
}

/// How a column is sorted, if it is.
#[must_use]
pub fn order_of(sort: KeySort, column: KeyColumn) -> Option<Order> {
    (sort.column == column).then_some(if sort.descending {
        Order::Descending
    } else {
        Order::Ascending
    })
}

/// After a press on a column's header. At the first press, what one most likely looks for comes first.
#[must_use]
pub fn pressed(sort: KeySort, column: KeyColumn) -> KeySort {
    let descending = if sort.column == column {
        !sort.descending
    } else {
        matches!(column, KeyColumn::LastUsed | KeyColumn::Created)
    };
    KeySort { column, descending }
}

/// Sorts keys as the server would. What a key is sorted by is made once a key.
#[must_use]
pub fn sorted(keys: &[Arc<Told>], sort: KeySort, now: DateTime<Utc>) -> Vec<Arc<Told>> {
    let place = |key: &Arc<Told>| key_sort::place(sort.column, &key.view, &key.haystack, now).into_owned();
    let mut placed: Vec<_> = keys.iter().map(|key| (place(key), key)).collect();
    placed.sort_unstable_by(|(a, x), (b, y)| {
        let order = if sort.descending { b.cmp(a) } else { a.cmp(b) };
        let newest_first = (y.view.created_at, y.view.id).cmp(&(x.view.created_at, x.view.id));
        order.then(newest_first)
    });
    placed.into_iter().map(|(_, key)| key.clone()).collect()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use ori_shared::api_key::{ApiKeyView, KeyStatus};
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
        let keys: Vec<_> = keys.iter().cloned().map(Told::of).collect();
        let sorted = sorted(&keys, KeySort::from_param(param).unwrap(), at(0));
        sorted.iter().map(|key| key.view.name.clone()).collect()
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
    fn a_press_turns_the_order_round_and_a_second_turns_it_back() {
        let once = pressed(KeySort::default(), KeyColumn::Name);
        assert_eq!(once.to_param().as_deref(), Some("name"));
        assert_eq!(pressed(pressed(once, KeyColumn::Name), KeyColumn::Name), once);
        let last_used = pressed(once, KeyColumn::LastUsed);
        assert_eq!(last_used.to_param().as_deref(), Some("-last-used"));
    }
}
