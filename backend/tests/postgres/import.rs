//! A growing user moves from SQLite to PostgreSQL.

use std::collections::BTreeMap;
use std::process::Output;

use chrono::{DateTime, TimeDelta, Utc};
use ori_key::{PlainKey, Token};
use ori_shared::account::Role;
use ori_shared::call::CallStatus;
use ori_store::{
    Admission, Answer, ApiKeyQuery, CallOrder, CallQuery, IdempotencyRecord, IdempotencyUpdate, NewAccount,
    NewApiKey, NewCall, NewSession, SessionLimits, Store, Transition,
};
use ori_store_sqlite::SqliteStore;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use uuid::Uuid;

use ori_fixtures::Engine;
use ori_fixtures::Process;

const KEYS: u64 = 3;
/// More than fit into one batch.
const CALLS: u64 = 1_200;
const LIMITS: SessionLimits = SessionLimits {
    idle: TimeDelta::days(1),
    absolute: TimeDelta::days(1),
};

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::seconds(1_800_000_000 + seconds)
}

fn key(number: u64) -> PlainKey {
    PlainKey::generate(&mut StdRng::seed_from_u64(number))
}

fn call(number: u64) -> NewCall {
    NewCall {
        id: Uuid::from_u128(u128::from(number)),
        key: key(number % KEYS).digest(),
        claim: Some(IdempotencyRecord {
            idempotency_key: format!("order-{number}"),
            fingerprint: [7; 32],
            former_fingerprint: [7; 32],
            answer: None,
        }),
        queue_limit: None,
        order: CallOrder {
            bot_id: "bot".into(),
            to_number: "+919876543210".into(),
            to_number_raw: "98765 43210".into(),
            from_number: None,
            from_number_raw: None,
            variables: BTreeMap::from([("name".into(), "Rajesh \u{1f600}".into())]),
            call_reference: None,
        },
        now: at(1),
    }
}

async fn fill(store: &dyn Store) {
    let account = NewAccount {
        id: Uuid::from_u128(1),
        email: "ada@example.com".into(),
        password_hash: "$argon2id$hash".into(),
        role: Role::Admin,
        created_at: at(0),
    };
    assert!(store.create_account(account).await.unwrap());
    let session = NewSession {
        id: Uuid::from_u128(2),
        token: Token::presented("token").digest(),
        account_id: Uuid::from_u128(1),
        created_at: at(0),
    };
    assert!(store.create_session(session, LIMITS).await.unwrap());
    for number in 0..KEYS {
        let new = NewApiKey {
            id: Uuid::from_u128(u128::from(1_000_000 + number)),
            name: format!("CRM {number}"),
            prefix: key(number).prefix().to_owned(),
            digest: key(number).digest(),
            created_by: Uuid::from_u128(1),
            expires_at: (number == 1).then(|| at(100)),
            created_at: at(0) + TimeDelta::microseconds(i64::try_from(number).unwrap()),
        };
        store.create_api_key(new).await.unwrap();
    }
    for number in 10..10 + CALLS {
        assert!(matches!(
            store.admit_call(call(number)).await.unwrap(),
            Admission::Recorded { .. }
        ));
    }
    let mut answered = Transition::new(
        Uuid::from_u128(10),
        &[CallStatus::Reserved],
        CallStatus::Refused,
        at(2),
    );
    answered.claim = IdempotencyUpdate::Answered(Answer {
        status: 404,
        body: "none".into(),
    });
    store.transition_call(answered).await.unwrap();
}

/// All that can be asked of a store, in a form that can be compared.
async fn seen(store: &dyn Store) -> String {
    let keys = store
        .list_api_keys(ApiKeyQuery {
            limit: 100,
            ..Default::default()
        })
        .await
        .unwrap();
    let calls = store
        .list_calls(CallQuery {
            limit: 10_000,
            ..Default::default()
        })
        .await
        .unwrap();
    let account = store.credentials("ada@example.com").await.unwrap().unwrap();
    let session = store
        .session(&Token::presented("token").digest(), LIMITS, at(5))
        .await
        .unwrap();
    let record = store.call(Uuid::from_u128(10)).await.unwrap();
    let replayed = store.admit_call(call(10)).await.unwrap();
    let running = store.admit_call(call(11)).await.unwrap();
    format!(
        "{keys:?}\n{calls:?}\n{:?} {}\n{session:?}\n{record:?}\n{replayed:?} {running:?}",
        account.account, account.password_hash
    )
}

fn import(from: &str, to: &str) -> Output {
    // The address in the environment, where a password is not seen by others.
    let mut command = Process::command(&[("ORI_DATABASE_URL", to)]);
    command.args(["import", "--from", from]).output().unwrap()
}

#[tokio::test]
async fn everything_is_carried_over_and_counted_or_nothing_is() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ori.sqlite3");
    let source = SqliteStore::open(&file).await.unwrap();
    fill(&source).await;
    let kept = seen(&source).await;
    // One process at a time uses a SQLite file.
    source.close().await;
    let from = format!("sqlite://{}", file.display());
    let target = Engine::postgres().await;

    let told = import(&from, &target.url());
    let text = String::from_utf8_lossy(&told.stdout).into_owned();
    assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
    assert!(
        text.contains(&format!("{CALLS} calls")) && text.contains(&format!("{KEYS} api_keys")),
        "{text}"
    );
    let there = target.open().await;
    assert_eq!(seen(there.as_ref()).await, kept);

    // What is there already is neither doubled nor mixed.
    let again = import(&from, &target.url());
    assert!(!again.status.success());
    let told = String::from_utf8_lossy(&again.stderr).into_owned();
    assert!(told.contains("nothing was imported: it is not empty"), "{told}");
    assert_eq!(seen(there.as_ref()).await, kept);
    let other_way = import(&target.url(), &from);
    assert!(!other_way.status.success());
}
