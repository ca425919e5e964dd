use chrono::TimeDelta;
use ori_key::Token;
use ori_shared::account::Role;

use super::{AnyStore, at, id, with_account};
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
pub async fn a_session_leads_to_its_account_until_it_is_deleted(store: AnyStore) {
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
pub async fn a_session_ends_when_idle_and_at_its_absolute_limit(store: AnyStore) {
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

/// The account is read each time.
pub async fn a_switched_off_account_is_out_at_once(store: AnyStore) {
    with_account(&store).await;
    store
        .create_session(new_session(1, "one", 0), LIMITS)
        .await
        .unwrap();
    assert!(store.set_account_active(id(1), false, at(1)).await.unwrap());
    assert!(!lives(&store, "one", 1).await);
    assert!(store.set_account_active(id(1), true, at(2)).await.unwrap());
    assert!(lives(&store, "one", 2).await);
    assert!(!store.set_account_active(id(9), false, at(1)).await.unwrap());
    assert!(store.set_role(id(1), Role::Agent, at(3)).await.unwrap());
    assert!(!store.set_role(id(9), Role::Agent, at(3)).await.unwrap());
    let one = Token::presented("one").digest();
    assert_eq!(
        store
            .session(&one, LIMITS, at(3))
            .await
            .unwrap()
            .unwrap()
            .account
            .role,
        Role::Agent
    );
}

/// What has ended is not kept.
pub async fn starting_a_session_forgets_those_that_ended(store: AnyStore) {
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
