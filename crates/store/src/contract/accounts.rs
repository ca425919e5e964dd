use ori_key::Token;

use super::{AnyStore, at, id, new_account};

/// However many set-ups race, one wins, and it is whole.
pub(super) async fn one_account_is_the_first_however_many_race(store: AnyStore) {
    assert!(!store.any_account().await.unwrap());
    let emails: Vec<String> = (0..8).map(|n| format!("first-{n}@example.com")).collect();
    let mut racers = Vec::new();
    for (n, email) in (1..).zip(emails.clone()) {
        let store = store.clone();
        racers.push(async move { store.create_first_account(new_account(n, &email)).await.unwrap() });
    }
    let won = super::join_all(racers).await;
    assert_eq!(won.iter().filter(|won| **won).count(), 1);
    assert!(store.any_account().await.unwrap());
    for (email, won) in emails.iter().zip(won) {
        assert_eq!(store.credentials(email).await.unwrap().is_some(), won);
    }
}

/// A second account with the same address is refused and changes nothing.
pub(super) async fn an_email_is_taken_once(store: AnyStore) {
    assert!(
        store
            .create_account(new_account(1, "ada@example.com"))
            .await
            .unwrap()
    );
    assert!(
        !store
            .create_account(new_account(2, "ada@example.com"))
            .await
            .unwrap()
    );
    assert!(
        !store
            .create_first_account(new_account(3, "eve@example.com"))
            .await
            .unwrap()
    );
    let kept = store.credentials("ada@example.com").await.unwrap().unwrap();
    assert_eq!(
        (kept.account.id, kept.password_hash.as_str()),
        (id(1), "$argon2id$hash-1")
    );
    assert!(kept.account.is_active);
    assert!(store.credentials("eve@example.com").await.unwrap().is_none());
}

/// Each person has a timezone of their own.
pub(super) async fn a_timezone_is_kept_per_account(store: AnyStore) {
    for (number, email) in [(1, "ada@example.com"), (2, "bob@example.com")] {
        assert!(store.create_account(new_account(number, email)).await.unwrap());
    }
    assert!(store.set_timezone(id(1), "Asia/Kolkata", at(1)).await.unwrap());
    assert!(!store.set_timezone(id(9), "Asia/Kolkata", at(1)).await.unwrap());
    let zone = async |email| store.credentials(email).await.unwrap().unwrap().account.timezone;
    assert_eq!(zone("ada@example.com").await.as_deref(), Some("Asia/Kolkata"));
    assert_eq!(zone("bob@example.com").await, None);
}

/// Its token is known by its digest, and the first account ends every link.
pub(super) async fn a_setup_link_works_until_there_is_an_account(store: AnyStore) {
    let token = |text: &str| Token::presented(text).digest();
    store.keep_setup_link(&token("one"), at(0)).await.unwrap();
    assert!(store.is_setup_link(&token("one")).await.unwrap());
    assert!(!store.is_setup_link(&token("other")).await.unwrap());
    assert!(
        store
            .create_first_account(new_account(1, "ada@example.com"))
            .await
            .unwrap()
    );
    assert!(!store.is_setup_link(&token("one")).await.unwrap());
}
