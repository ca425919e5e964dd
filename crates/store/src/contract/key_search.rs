use ori_shared::api_key::masked;
use ori_shared::search;

use super::{AnyStore, at, new_key, with_account};
use crate::{ApiKey, ApiKeyChange, ApiKeyQuery, ImportedApiKey, ListPage, MAX_ROWS_SCANNED};

async fn page(store: &AnyStore, search: &str, after: Option<&ApiKey>, limit: u32) -> ListPage<ApiKey> {
    let query = ApiKeyQuery {
        search: search.into(),
        after: after.map(ApiKey::position),
        limit,
        sorted: None,
    };
    store.list_api_keys(query).await.unwrap()
}

/// The names that a walk through all pages meets.
async fn walk(store: &AnyStore, search: &str, limit: u32) -> Vec<String> {
    let (mut met, mut after) = (Vec::new(), None);
    loop {
        let query = ApiKeyQuery {
            search: search.into(),
            after,
            limit,
            sorted: None,
        };
        let page = store.list_api_keys(query).await.unwrap();
        met.extend(page.rows.into_iter().map(|key| key.name));
        after = page.next;
        if after.is_none() {
            return met;
        }
    }
}

/// Whatever is searched for, the pages together hold what matches and nothing else, newest first.
pub(super) async fn a_search_neither_skips_nor_repeats(store: AnyStore) {
    with_account(&store).await;
    let mut keys = Vec::new();
    for number in 0..40 {
        let name = format!(
            "{} \"{}\" {number}",
            ["CRM", "Größe", "日本語", "Gro\u{308}ße"][number % 4],
            number % 7
        );
        let number = u64::try_from(number).unwrap();
        let created_at = at(i64::try_from(number / 5).unwrap());
        keys.push(
            store
                .create_api_key(new_key(number, &name, created_at))
                .await
                .unwrap(),
        );
    }
    keys.reverse();
    for needle in [
        "c",
        "rm",
        "crm",
        "GRÖSSE",
        "größe",
        "gro\u{308}ße",
        "ö",
        "本語",
        "日本語 \"3",
        "\"",
        "\" 1",
        "m \"2\" 3",
        "3",
        "nobody",
        "*",
        "cr*",
    ] {
        let matches = keys
            .iter()
            .filter(|key| search::matches(&search::haystack(&key.name, &masked(&key.prefix)), needle));
        let expected: Vec<&String> = matches.map(|key| &key.name).collect();
        for limit in [1, 3, 100] {
            assert_eq!(
                walk(&store, needle, limit).await.iter().collect::<Vec<_>>(),
                expected,
                "{needle:?}"
            );
        }
        let told = page(&store, needle, None, 2).await;
        assert_eq!(
            (told.total, told.total_is_exact),
            (expected.len() as u64, true),
            "{needle:?}"
        );
    }
}

/// A key is found by its current name, and a page continues after a deleted key.
pub(super) async fn a_search_follows_every_change(store: AnyStore) {
    with_account(&store).await;
    let mut keys = Vec::new();
    for number in 0..6 {
        let key = new_key(
            number,
            &format!("CRM {number}"),
            at(i64::try_from(number).unwrap()),
        );
        keys.push(store.create_api_key(key).await.unwrap());
    }
    let rename = ApiKeyChange {
        name: Some("Billing".into()),
        ..Default::default()
    };
    store.change_api_key(keys[4].id, rename, at(9)).await.unwrap();
    let off = ApiKeyChange {
        is_active: Some(false),
        ..Default::default()
    };
    store.change_api_key(keys[5].id, off, at(9)).await.unwrap();
    assert_eq!(walk(&store, "billing", 9).await, ["Billing"]);
    let first = page(&store, "crm", None, 2).await;
    assert_eq!(
        first.rows.iter().map(|key| key.id).collect::<Vec<_>>(),
        [keys[5].id, keys[3].id]
    );
    store.delete_api_key(keys[3].id).await.unwrap();
    store.create_api_key(new_key(50, "CRM 50", at(99))).await.unwrap();
    let second = page(&store, "crm", Some(&keys[3]), 2).await;
    assert_eq!(
        second.rows.iter().map(|key| key.id).collect::<Vec<_>>(),
        [keys[2].id, keys[1].id]
    );
    assert_eq!(second.total, 5);
}

/// However many keys there are, and however little is typed, all that matches is found, though not on one page.
pub(super) async fn among_very_many_keys_a_search_goes_on_page_by_page(store: AnyStore) {
    with_account(&store).await;
    let many = (0..u64::from(MAX_ROWS_SCANNED) + 5).map(|number| ImportedApiKey {
        key: new_key(number, if number == 3 { "Жук" } else { "CRM" }, at(0)),
        is_active: true,
    });
    store.import_api_keys(many.collect()).await.unwrap();
    assert_eq!(walk(&store, "ж", 9).await, ["Жук"]);
    let first = page(&store, "ж", None, 9).await;
    assert!(!first.total_is_exact);
    let rare = page(&store, "жук", None, 9).await;
    assert_eq!(
        (rare.rows.len(), rare.total, rare.total_is_exact, rare.next),
        (1, 1, true, None)
    );
    let crm = page(&store, "crm", None, 9).await;
    assert!(
        crm.rows.len() == 9 && !crm.total_is_exact && crm.total >= 9_999,
        "{}",
        crm.total
    );
    let all = page(&store, "", None, 9).await;
    assert_eq!(
        (all.total, all.total_is_exact),
        (u64::from(MAX_ROWS_SCANNED) + 5, true)
    );
}
