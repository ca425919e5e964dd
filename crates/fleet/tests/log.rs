//! No log line contains the secret, the password in a URL or a called number, at any log level.
//!
//! A separate test binary, because tracing caches per process which log statements are enabled.

#![expect(clippy::unwrap_used, reason = "a panic fails the test")]

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex};

use chrono::DateTime;
use ori_fleet::fake_host::{Behaviour, FakeHost, Script};
use ori_fleet::{Dial, Fleet, FleetConfig, FleetSecret, HeaderName};
use rand::SeedableRng;
use rand::rngs::StdRng;
use uuid::Uuid;

const SECRET: &str = "s3cret-of-the-fleet";
const PASSWORD: &str = "password-of-ada";
const NUMBER: &str = "+919876543210";

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn capture_log() -> Log {
    let log = Log::default();
    let writer = log.clone();
    tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .init();
    log
}

async fn host() -> FakeHost {
    let script = Script {
        secret_header: HeaderName::from_static("x-voxcore-secret"),
        secret: FleetSecret::new(SECRET.to_owned()),
        ..Script::default()
    };
    let rng = Box::new(StdRng::seed_from_u64(7));
    FakeHost::start(script, rng).await.unwrap()
}

fn config(host: &FakeHost) -> FleetConfig {
    let mut url = host.url();
    url.set_username("ada").unwrap();
    url.set_password(Some(PASSWORD)).unwrap();
    FleetConfig {
        hosts: vec![url],
        secret_header: HeaderName::from_static("x-voxcore-secret"),
        secret: FleetSecret::new(SECRET.to_owned()),
        ..FleetConfig::default()
    }
}

async fn dial(fleet: &Fleet, call_id: u128) {
    let dial = Dial {
        bot_id: "bot-1".to_owned(),
        to_number: NUMBER.to_owned(),
        from_number: None,
        connected_event: BTreeMap::new(),
    };
    let reservation = fleet.reserve(Uuid::from_u128(call_id), &[]).unwrap();
    reservation.dial(&dial).await;
}

#[tokio::test]
async fn the_secret_is_sent_in_its_configured_header_and_never_logged() {
    let log = capture_log();
    let mut host = host().await;
    let config = config(&host);
    let shown = format!("{config:?}");
    let rng = Box::new(StdRng::seed_from_u64(7));
    let fleet = Fleet::new(config, Arc::new(DateTime::default), rng).unwrap();
    fleet.poll_once().await;
    dial(&fleet, 1).await;
    host.on_dial(Behaviour::HangUp);
    dial(&fleet, 2).await;
    host.die().await;
    dial(&fleet, 3).await;
    fleet.poll_once().await;

    assert!(host.requests().len() >= 3);
    for request in host.requests() {
        assert_eq!(request.headers["x-voxcore-secret"], SECRET);
    }
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(log.contains("dial request completed"), "{log}");
    let status = serde_json::to_string(&fleet.status()).unwrap();
    for text in [log, shown, status, format!("{fleet:?}")] {
        for hidden in [SECRET, PASSWORD, NUMBER] {
            assert!(!text.contains(hidden), "{text}");
        }
    }
}
