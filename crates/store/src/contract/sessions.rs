use chrono::TimeDelta;
use ori_key::Token;
use ori_shared::account::Role;

use super::{AnyStore, at, id, new_account, with_account};
use crate::{NewSession, SessionLimits};

const LIMITS: SessionLimits = SessionLimits {
    idle: TimeDelta::seconds(100),
    absolute: TimeDelta::seconds(250),
};

fn new_session(number: u128, token: &str, start: i64) -> NewSession {
    NewSession {
        id: id(number),
        token: Token::presented(token).digest(),
        account_id: id(1),
        created_at: at(start),
    }
}

async fn lives(store: &AnyStore, token: &str, seconds: i64) -> bool {
    store
        .session(&Token::presented(token).digest(), LIMITS, at(seconds))
        .await
        .unwrap()
        .is_some()
}

/// A token leads to its account; an unknown or deleted one leads nowhere.
pub(super) async fn a_session_leads_to_its_account_until_it_is_deleted(store: AnyStore) {
    with_account(&store).await;
    store
        .create_session(new_session(1, "one", 0), LIMITS)
        .await
        .unwrap();
    let one = Token::presented("one").digest();
    let session = store.session(&one, LIMITS, at(1)).await.unwrap().unwrap();
    assert_eq!(
        (session.id, session.account.id, session.last_seen_at),
        (id(1), id(1), at(0))
    );
    assert!(!lives(&store, "other", 1).await);
    assert!(store.delete_session(&one).await.unwrap());
    assert!(!store.delete_session(&one).await.unwrap());
    assert!(!lives(&store, "one", 1).await);
}

/// Use keeps a session alive, but not beyond its absolute limit.
pub(super) async fn a_session_ends_when_idle_and_at_its_absolute_limit(store: AnyStore) {
    with_account(&store).await;
    store
        .create_session(new_session(1, "one", 0), LIMITS)
        .await
        .unwrap();
    assert!(lives(&store, "one", 99).await);
    assert!(!lives(&store, "one", 100).await);
    store.touch_session(id(1), at(99)).await.unwrap();
    assert!(lives(&store, "one", 198).await);
    store.touch_session(id(1), at(198)).await.unwrap();
    assert!(lives(&store, "one", 249).await);
    assert!(!lives(&store, "one", 250).await);
}

/// Deactivation ends the sessions, and activation brings none of them back. The sessions of others go on.
pub(super) async fn a_deactivated_account_has_no_session_any_more(store: AnyStore) {
    with_account(&store).await;
    assert!(
        store
            .create_account(new_account(2, "bob@example.com"))
            .await
            .unwrap()
    );
    let bob = NewSession {
        account_id: id(2),
        ..new_session(3, "bob", 0)
    };
    for session in [new_session(1, "one", 0), new_session(2, "two", 0), bob] {
        assert!(store.create_session(session, LIMITS).await.unwrap());
    }
    assert!(store.set_account_active(id(1), false, at(1)).await.unwrap());
    assert!(
        !store
            .create_session(new_session(4, "late", 1), LIMITS)
            .await
            .unwrap()
    );
    assert!(!lives(&store, "one", 1).await);
    assert!(store.set_account_active(id(1), true, at(2)).await.unwrap());
    for token in ["one", "two", "late"] {
        assert!(!lives(&store, token, 2).await, "{token}");
    }
    assert!(lives(&store, "bob", 2).await);
    assert!(
        store
            .create_session(new_session(5, "new", 2), LIMITS)
            .await
            .unwrap()
    );
    assert!(store.set_account_active(id(1), true, at(3)).await.unwrap());
    assert!(lives(&store, "new", 3).await);
    assert!(!store.set_account_active(id(9), false, at(1)).await.unwrap());
}

/// A session that is started while its account is deactivated either ends with the others or is not started.
pub(super) async fn no_session_of_an_account_outlives_its_deactivation(store: AnyStore) {
    with_account(&store).await;
    for round in 0..20 {
        let tokens: Vec<String> = (0..4).map(|n| format!("{round}-{n}")).collect();
        let mut racers: Vec<std::pin::Pin<Box<dyn Future<Output = bool> + Send>>> = Vec::new();
        for (number, token) in (0..).zip(&tokens) {
            let (store, session) = (store.clone(), new_session(100 + round * 10 + number, token, 0));
            racers.push(Box::pin(async move {
                store.create_session(session, LIMITS).await.unwrap()
            }));
        }
        let deactivating = store.clone();
        racers.insert(
            2,
            Box::pin(async move {
                deactivating
                    .set_account_active(id(1), false, at(1))
                    .await
                    .unwrap()
            }),
        );
        super::join_all(racers).await;
        assert!(store.set_account_active(id(1), true, at(2)).await.unwrap());
        for token in &tokens {
            assert!(!lives(&store, token, 2).await, "{token}");
        }
    }
}

/// The account is read each time.
pub(super) async fn a_session_has_the_role_that_its_account_has_now(store: AnyStore) {
    with_account(&store).await;
    assert!(
        store
            .create_session(new_session(1, "one", 0), LIMITS)
            .await
            .unwrap()
    );
    assert!(store.set_role(id(1), Role::Agent, at(3)).await.unwrap());
    assert!(!store.set_role(id(9), Role::Agent, at(3)).await.unwrap());
    let one = Token::presented("one").digest();
    let session = store.session(&one, LIMITS, at(3)).await.unwrap().unwrap();
    assert_eq!(session.account.role, Role::Agent);
}

/// Ended sessions are deleted.
pub(super) async fn starting_a_session_forgets_those_that_ended(store: AnyStore) {
    with_account(&store).await;
    store
        .create_session(new_session(1, "idle", 0), LIMITS)
        .await
        .unwrap();
    store
        .create_session(new_session(2, "alive", 50), LIMITS)
        .await
        .unwrap();
    store
        .create_session(new_session(3, "new", 120), LIMITS)
        .await
        .unwrap();
    assert!(
        !store
            .delete_session(&Token::presented("idle").digest())
            .await
            .unwrap()
    );
    assert!(
        store
            .delete_session(&Token::presented("alive").digest())
            .await
            .unwrap()
    );
}
