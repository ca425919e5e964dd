//! A key and calls, for tests of this engine alone.

use std::collections::BTreeMap;

use chrono::DateTime;
use ori_key::PlainKey;
use ori_shared::account::Role;
use ori_store::{Accounts as _, ApiKeys as _, CallOrder, IdempotencyRecord, NewAccount, NewApiKey, NewCall};
use ori_store_sqlite::SqliteStore;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use uuid::Uuid;

/// Has the store keep a key.
pub(crate) async fn key(store: &SqliteStore) -> PlainKey {
    let account = NewAccount {
        id: Uuid::from_u128(1),
        email: "ada@example.com".into(),
        password_hash: "hash".into(),
        role: Role::Admin,
        created_at: DateTime::UNIX_EPOCH,
    };
    assert!(store.create_account(account).await.unwrap());
    let key = PlainKey::generate(&mut StdRng::seed_from_u64(1));
    let new = NewApiKey {
        id: Uuid::from_u128(1),
        name: "CRM".into(),
        prefix: key.prefix().into(),
        digest: key.digest(),
        created_by: Uuid::from_u128(1),
        expires_at: None,
        created_at: DateTime::UNIX_EPOCH,
    };
    store.create_api_key(new).await.unwrap();
    key
}

/// A call with that key, which names a reference besides.
pub(crate) fn call(key: &PlainKey, id: u128, reference: Option<&str>) -> NewCall {
    let claim = |reference| IdempotencyRecord {
        idempotency_key: format!("{reference} {id}"),
        fingerprint: [7; 32],
        former_fingerprint: [7; 32],
        answer: None,
    };
    NewCall {
        id: Uuid::from_u128(id),
        key: key.digest(),
        claim: reference.map(claim),
        queue_limit: None,
        order: CallOrder {
            bot_id: "bot".into(),
            to_number: "+919876543210".into(),
            to_number_raw: "+919876543210".into(),
            from_number: None,
            from_number_raw: None,
            variables: BTreeMap::new(),
            call_reference: None,
        },
        now: DateTime::UNIX_EPOCH,
    }
}
