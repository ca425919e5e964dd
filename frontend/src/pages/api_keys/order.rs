//! The order of the list.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use leptos::prelude::*;
use ori_shared::key_sort::{self, KeyColumn, KeySort};
use uuid::Uuid;

use super::key_entry::KeyEntry;
use super::key_filter::KeyFilter;
use super::store::KeyList;
use crate::components::sort_header::Order;
use crate::state::clock::use_clock;

/// Returns the order of a column, if the list is sorted by it.
#[must_use]
pub fn order_of(sort: KeySort, column: KeyColumn) -> Option<Order> {
    (sort.column == column).then_some(if sort.descending {
        Order::Descending
    } else {
        Order::Ascending
    })
}

/// Returns the sort after a click on a column's header. The first click sorts in the order that is most likely wanted.
#[must_use]
pub fn pressed(sort: KeySort, column: KeyColumn) -> KeySort {
    let descending = if sort.column == column {
        !sort.descending
    } else {
        matches!(column, KeyColumn::LastUsed | KeyColumn::Created)
    };
    KeySort { column, descending }
}

/// Inputs of the order: a key that is switched on or off keeps its place until one of these changes.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Basis {
    sort: KeySort,
    epoch: u64,
    expired: usize,
}

/// Returns the keys in the order of the table, and tracks them.
pub(super) fn sorted(keys: KeyList, filter: KeyFilter) -> Memo<Vec<Arc<KeyEntry>>> {
    let clock = use_clock();
    let expired = Memo::new(move |_| {
        if filter.sort.get().column != KeyColumn::Status {
            return 0;
        }
        let now = clock.tick();
        let is_expired = |key: &&Arc<KeyEntry>| key.view.expires_at.is_some_and(|end| end <= now);
        keys.entries.with(|keys| keys.iter().filter(is_expired).count())
    });
    let arranged = Memo::new(move |before: Option<&(Basis, Vec<Arc<KeyEntry>>)>| {
        let basis = Basis {
            sort: filter.sort.get(),
            epoch: keys.epoch.get(),
            expired: expired.get(),
        };
        let entries = keys.entries.read();
        if keys.by_server.get() {
            return (basis, entries.clone());
        }
        let list = match before {
            Some((known, list)) if *known == basis => refreshed(list, &entries),
            _ => sort(&entries, basis.sort, clock.now()),
        };
        (basis, list)
    });
    Memo::new(move |_| arranged.with(|(_, list)| list.clone()))
}

/// Returns the current entries of the same keys in the same order.
fn refreshed(list: &[Arc<KeyEntry>], entries: &[Arc<KeyEntry>]) -> Vec<Arc<KeyEntry>> {
    let now: HashMap<Uuid, &Arc<KeyEntry>> = entries.iter().map(|key| (key.view.id, key)).collect();
    list.iter()
        .filter_map(|key| now.get(&key.view.id).map(|key| Arc::clone(key)))
        .collect()
}

/// Sorts keys as the server does.
fn sort(keys: &[Arc<KeyEntry>], sort: KeySort, now: DateTime<Utc>) -> Vec<Arc<KeyEntry>> {
    // The sort key is computed once per key.
    let place =
        |key: &Arc<KeyEntry>| key_sort::place(sort.column, &key.view, &key.haystack, now).into_owned();
    let mut placed: Vec<_> = keys.iter().map(|key| (place(key), key)).collect();
    placed.sort_unstable_by(|(a, x), (b, y)| {
        let order = if sort.descending { b.cmp(a) } else { a.cmp(b) };
        let newest_first = (y.view.created_at, y.view.id).cmp(&(x.view.created_at, x.view.id));
        order.then(newest_first)
    });
    placed.into_iter().map(|(_, key)| key.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ori_shared::api_key::{ApiKeyView, KeyStatus};

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
    }

    fn key(name: &str, created: i64, expires: Option<i64>, used: Option<i64>) -> Arc<KeyEntry> {
        KeyEntry::new(ApiKeyView {
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
        })
    }

    fn names(keys: &[Arc<KeyEntry>]) -> Vec<&str> {
        keys.iter().map(|key| key.view.name.as_str()).collect()
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
            let sorted = sort(&keys, KeySort::from_param(param).unwrap(), at(0));
            assert_eq!(names(&sorted), wanted, "{param}");
        }
    }

    #[test]
    fn a_changed_key_keeps_its_place() {
        let (a, b) = (key("a", 1, None, None), key("b", 2, None, None));
        let changed = key("b, renamed", 2, None, None);
        let now = refreshed(&[b, a.clone()], &[a, changed]);
        assert_eq!(names(&now), ["b, renamed", "a"]);
    }

    #[test]
    fn a_press_reverses_the_order_and_a_second_restores_it() {
        let once = pressed(KeySort::default(), KeyColumn::Name);
        assert_eq!(once.to_param().as_deref(), Some("name"));
        assert_eq!(pressed(pressed(once, KeyColumn::Name), KeyColumn::Name), once);
        let last_used = pressed(once, KeyColumn::LastUsed);
        assert_eq!(last_used.to_param().as_deref(), Some("-last-used"));
    }
}
