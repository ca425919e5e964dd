use chrono::{DateTime, Utc};
use ori_shared::api_key::masked;
use ori_shared::key_sort::{self, KeyColumn, KeySort};
use ori_shared::search;

use super::calls::new_call;
use super::{AnyStore, at, id, new_key, plain_key, with_account};
use crate::{ApiKey, ApiKeyChange, ApiKeyQuery, ImportedApiKey, NewApiKey, Position, SortSpec};

/// A stored key is returned unchanged by each look-up.
pub(super) async fn a_created_key_is_found_by_id_and_by_digest(store: AnyStore) {
    with_account(&store).await;
    let new = NewApiKey {
        expires_at: Some(at(500)),
        ..new_key(1, "CRM", at(7))
    };
    let created = store.create_api_key(new.clone()).await.unwrap();
    let expected = ApiKey {
        id: new.id,
        name: "CRM".into(),
        prefix: plain_key(1).prefix().into(),
        is_active: true,
        expires_at: Some(at(500)),
        last_used_at: None,
        last_refused_at: None,
        created_at: at(7),
        updated_at: at(7),
        created_by: Some("ada@example.com".into()),
    };
    assert_eq!(created, expected);
    assert_eq!(store.api_key(new.id).await.unwrap().as_ref(), Some(&expected));
    assert_eq!(
        store.known_key(&new.digest).await.unwrap(),
        Some(expected.known())
    );
    assert_eq!(store.api_key(id(9)).await.unwrap(), None);
    assert_eq!(store.known_key(&plain_key(2).digest()).await.unwrap(), None);
}

/// Absent, null and a value are three things, and the answer is what is stored.
pub(super) async fn a_change_touches_only_what_it_names(store: AnyStore) {
    with_account(&store).await;
    let new = NewApiKey {
        expires_at: Some(at(500)),
        ..new_key(1, "CRM", at(0))
    };
    let mut expected = store.create_api_key(new.clone()).await.unwrap();
    let changes = [
        ApiKeyChange {
            is_active: Some(false),
            ..Default::default()
        },
        ApiKeyChange {
            name: Some("Ünï".into()),
            ..Default::default()
        },
        ApiKeyChange {
            expires_at: Some(None),
            ..Default::default()
        },
        ApiKeyChange {
            expires_at: Some(Some(at(900))),
            is_active: Some(true),
            ..Default::default()
        },
        ApiKeyChange::default(),
    ];
    for (second, change) in (1..).zip(changes) {
        expected.name = change.name.clone().unwrap_or(expected.name);
        expected.is_active = change.is_active.unwrap_or(expected.is_active);
        expected.expires_at = change.expires_at.unwrap_or(expected.expires_at);
        expected.updated_at = at(second);
        let changed = store.change_api_key(new.id, change, at(second)).await.unwrap();
        assert_eq!(changed.as_ref(), Some(&expected));
        assert_eq!(
            store.known_key(&new.digest).await.unwrap(),
            Some(expected.known())
        );
    }
    assert_eq!(
        store
            .change_api_key(id(9), ApiKeyChange::default(), at(1))
            .await
            .unwrap(),
        None
    );
    let found = list(&store, "ÜNÏ", None, 10).await;
    assert_eq!(found, ["Ünï"]);
}

/// A deleted key is found in no way, and deleting again says so.
pub(super) async fn a_deleted_key_is_gone_for_good(store: AnyStore) {
    with_account(&store).await;
    let new = new_key(1, "CRM", at(0));
    store.create_api_key(new.clone()).await.unwrap();
    assert!(store.delete_api_key(new.id).await.unwrap());
    assert!(!store.delete_api_key(new.id).await.unwrap());
    assert_eq!(store.api_key(new.id).await.unwrap(), None);
    assert_eq!(store.known_key(&new.digest).await.unwrap(), None);
    assert!(list(&store, "", None, 10).await.is_empty());
}

/// The pages contain each key once, even if many were created in one instant.
pub(super) async fn keys_are_listed_newest_first_in_pages_that_neither_skip_nor_repeat(store: AnyStore) {
    with_account(&store).await;
    for number in 0..23 {
        let created_at = at(i64::try_from(number / 5).unwrap());
        store
            .create_api_key(new_key(number, &format!("key {number}"), created_at))
            .await
            .unwrap();
    }
    let (mut met, mut after) = (Vec::new(), None);
    loop {
        let page = store
            .list_api_keys(ApiKeyQuery {
                search: String::new(),
                after,
                limit: 4,
                sorted: None,
            })
            .await
            .unwrap();
        assert_eq!(page.total, 23);
        after = page.rows.last().map(ApiKey::position);
        met.extend(page.rows.iter().map(|key| (key.created_at, key.id)));
        if page.next.is_none() {
            break;
        }
    }
    assert_eq!(met.len(), 23);
    assert!(met.windows(2).all(|pair| pair[0] > pair[1]));
}

/// Whatever the list is sorted by, the store's order is the page's, and walking its pages meets each key once.
pub(super) async fn keys_are_sorted_by_the_shared_rule_in_pages_that_neither_skip_nor_repeat(
    store: AnyStore,
) {
    with_account(&store).await;
    let names = [
        "beta", "Alpha", "ärger", "Straße", "beta", "_x", "Ωmega", "a", "z", "beta",
    ];
    let expiries = [None, Some(at(50)), Some(at(500)), Some(at(501))];
    for ((number, name), expires_at) in (0..).zip(names).zip(expiries.into_iter().cycle()) {
        let key = NewApiKey {
            expires_at,
            ..new_key(number, name, at(i64::try_from(number / 3).unwrap()))
        };
        let is_active = number % 5 != 1;
        let imported = ImportedApiKey { key, is_active };
        assert_eq!(store.import_api_keys(vec![imported]).await.unwrap(), 1);
    }
    // Keys 2 and 8 are used in one instant.
    for (call, number, used) in [(1, 2, 40), (2, 8, 40), (3, 4, 30)] {
        store.admit_call(new_call(call, number, at(used))).await.unwrap();
    }
    let all = store.list_api_keys(page_of(100, None, None)).await.unwrap().rows;
    let now = at(100);
    for column in KeyColumn::ALL {
        for descending in [false, true] {
            let sort = KeySort { column, descending };
            let mut expected: Vec<_> = all.iter().map(|key| (place(key, sort, now), key)).collect();
            expected.sort_by(|(a, _), (b, _)| if descending { b.cmp(a) } else { a.cmp(b) });
            let expected: Vec<_> = expected.into_iter().map(|(_, key)| key.clone()).collect();
            let (mut met, mut last) = (Vec::new(), None::<ApiKey>);
            loop {
                let after = last
                    .as_ref()
                    .map_or_else(String::new, |key| place(key, sort, now));
                let sorted = SortSpec { sort, now, after };
                let query = page_of(3, last.as_ref().map(ApiKey::position), Some(sorted));
                let page = store.list_api_keys(query).await.unwrap();
                assert_eq!(page.total, 10);
                met.extend(page.rows);
                last = met.last().cloned();
                if page.next.is_none() {
                    break;
                }
            }
            assert_eq!(met, expected, "{sort:?}");
        }
    }
}

fn place(key: &ApiKey, sort: KeySort, now: DateTime<Utc>) -> String {
    let view = key.clone().into_view(now);
    let haystack = search::haystack(&view.name, &view.masked());
    key_sort::place(sort.column, &view, &haystack, now).into_owned()
}

fn page_of(limit: u32, after: Option<Position>, sorted: Option<SortSpec>) -> ApiKeyQuery {
    ApiKeyQuery {
        limit,
        after,
        sorted,
        ..Default::default()
    }
}

/// A key that comes or goes meanwhile moves no other key to another page.
pub(super) async fn a_page_is_stable_while_keys_come_and_go(store: AnyStore) {
    with_account(&store).await;
    for number in 0..6 {
        let created_at = at(i64::try_from(number).unwrap());
        store
            .create_api_key(new_key(number, &format!("key {number}"), created_at))
            .await
            .unwrap();
    }
    let first = store
        .list_api_keys(ApiKeyQuery {
            limit: 3,
            ..Default::default()
        })
        .await
        .unwrap();
    let last = first.rows.last().map(ApiKey::position);
    store.create_api_key(new_key(50, "newer", at(99))).await.unwrap();
    store.delete_api_key(last.unwrap().id).await.unwrap();
    assert_eq!(list(&store, "", last, 3).await, ["key 2", "key 1", "key 0"]);
}

/// Whatever is typed, the store finds what the page would find.
pub(super) async fn search_in_the_store_is_the_shared_rule(store: AnyStore) {
    with_account(&store).await;
    let names = [
        "CRM Integration",
        "Straße",
        "100% _sure_",
        "ΟΔΥΣΣΕΥΣ",
        "a\\b",
        "Ünïted [crm]",
    ];
    for (number, name) in (1..).zip(names) {
        store
            .create_api_key(new_key(number, name, at(i64::try_from(number).unwrap())))
            .await
            .unwrap();
    }
    let all = store
        .list_api_keys(ApiKeyQuery {
            limit: 100,
            ..Default::default()
        })
        .await
        .unwrap()
        .rows;
    for query in [
        "",
        "crm",
        "STRASSE",
        "%",
        "_",
        "[",
        "\\",
        "οδυσσευς",
        "...••••",
        "ori_",
        "ORI_",
        " crm ",
        "zzz",
    ] {
        let expected: Vec<&str> = all
            .iter()
            .filter(|key| search::matches(&search::haystack(&key.name, &masked(&key.prefix)), query))
            .map(|key| key.name.as_str())
            .collect();
        assert_eq!(list(&store, query, None, 100).await, expected, "{query:?}");
        let page = ApiKeyQuery {
            search: query.into(),
            limit: 1,
            ..Default::default()
        };
        let page = store.list_api_keys(page).await.unwrap();
        assert_eq!(
            (page.total, page.total_is_exact, page.next.is_some()),
            (expected.len() as u64, true, expected.len() > 1),
            "{query:?}"
        );
    }
}

async fn list(store: &AnyStore, search: &str, after: Option<Position>, limit: u32) -> Vec<String> {
    let query = ApiKeyQuery {
        search: search.into(),
        after,
        limit,
        sorted: None,
    };
    store
        .list_api_keys(query)
        .await
        .unwrap()
        .rows
        .into_iter()
        .map(|key| key.name)
        .collect()
}

/// Imported keys are stored with their attributes, and existing ones do not change.
pub(super) async fn keys_of_another_system_are_taken_over_once(store: AnyStore) {
    with_account(&store).await;
    let there = store.create_api_key(new_key(1, "Ours", at(0))).await.unwrap();
    let imported = |number, is_active| ImportedApiKey {
        key: new_key(number, "Theirs", at(1)),
        is_active,
    };
    let keys = vec![imported(1, false), imported(2, true), imported(3, false)];
    assert_eq!(store.import_api_keys(keys.clone()).await.unwrap(), 2);
    assert_eq!(store.import_api_keys(keys).await.unwrap(), 0);
    let found = async |number| {
        store
            .known_key(&plain_key(number).digest())
            .await
            .unwrap()
            .unwrap()
    };
    assert_eq!(found(1).await, there.known());
    assert_eq!(
        (found(2).await.is_active, found(3).await.is_active),
        (true, false)
    );
}
