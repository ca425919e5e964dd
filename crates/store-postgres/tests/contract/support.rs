use std::collections::BTreeMap;
use std::sync::OnceLock;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use ori_key::PlainKey;
use ori_shared::account::Role;
use ori_store::{CallOrder, NewAccount, NewApiKey, NewCall, Store};

use ori_store_postgres::PostgresOptions;
use ori_store_postgres::test_cluster::{Cluster, Durability};
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use uuid::Uuid;

/// The address of an empty database, on a server that all tests of this process share.
pub(crate) async fn database() -> String {
    cluster().database().await
}

pub(crate) fn cluster() -> &'static Cluster {
    static CLUSTER: OnceLock<Cluster> = OnceLock::new();
    CLUSTER.get_or_init(|| Cluster::start(Durability::None))
}

pub(crate) fn options(url: String) -> PostgresOptions {
    PostgresOptions {
        url,
        connections: 8,
        statement_timeout: Duration::from_secs(60),
        lock_timeout: Duration::from_secs(60),
        migrate: true,
    }
}

pub(crate) fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::seconds(1_800_000_000 + seconds)
}

fn key() -> PlainKey {
    PlainKey::generate(&mut StdRng::seed_from_u64(1))
}

pub(crate) fn account(number: u128) -> NewAccount {
    NewAccount {
        id: Uuid::from_u128(number),
        email: format!("{number}@example.com"),
        password_hash: "hash".into(),
        role: Role::Admin,
        created_at: at(0),
    }
}

pub(crate) fn call(number: u128) -> NewCall {
    NewCall {
        id: Uuid::from_u128(number),
        key: key().digest(),
        claim: None,
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
        now: at(1),
    }
}

pub(crate) async fn with_key(store: &dyn Store) -> Uuid {
    assert!(store.create_account(account(1)).await.unwrap());
    let key = NewApiKey {
        id: Uuid::from_u128(1000),
        name: "CRM".into(),
        prefix: key().prefix().to_owned(),
        digest: key().digest(),
        created_by: Uuid::from_u128(1),
        expires_at: None,
        created_at: at(0),
    };
    store.create_api_key(key).await.unwrap().id
}
