//! Calls that wait for room.

use super::{Stage, body, fleet_options};
use chrono::TimeDelta;
use ori_fixtures::{Caller as _, DIALOUT, Place, SECRET, TestApp, send, until};
use ori_fleet::fake_host::{Behaviour, FakeHost, Script};
use ori_shared::call::{CallStatus, CallView, PlacedCall, PlacedStatus};
use ori_shared::error_code::ErrorCode;
use ori_shared::fleet::FleetStatus;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use reqwest::Method;

#[tokio::test]
async fn waiting_calls_are_dialled_in_order_as_room_comes_up() {
    let stage = Stage::with_workers(1).await;
    stage.host.take(1);
    stage.until_room(0).await;
    let mut waiting = Vec::new();
    for _ in 0..3 {
        let placed = stage.enqueue().await;
        assert_eq!(placed.status, PlacedStatus::Queued);
        assert_eq!(stage.call(placed.call_id).await.status, CallStatus::Queued);
        waiting.push(placed.call_id);
        stage.app.advance(TimeDelta::milliseconds(1));
    }
    stage.host.take(0);
    for call in &waiting {
        stage.until_status(*call, CallStatus::Accepted).await;
        stage.host.end_calls();
    }
    let dialled: Vec<String> = stage
        .host
        .dialled()
        .iter()
        .map(|dial| dial.connected_event["ori_call_id"].clone())
        .collect();
    assert_eq!(
        dialled,
        waiting.iter().map(ToString::to_string).collect::<Vec<_>>()
    );
}

#[tokio::test]
async fn a_call_that_waited_too_long_is_refused_and_the_queue_is_bounded() {
    let host = FakeHost::start(
        Script {
            workers: 0,
            ..Script::default()
        },
        Box::new(StdRng::seed_from_u64(5)),
    )
    .await
    .unwrap();
    let app = TestApp::with(&format!(
        "{}queue_limit = 1\nqueue_minutes = 5\n",
        fleet_options(&host)
    ))
    .await;
    let admin = app.admin().await;
    let created = admin.create_key("CRM").await;
    let key = app.anonymous().with_key(&created.key, Place::Header);
    let stage = Stage {
        app,
        admin,
        key_id: created.view.id,
        key,
        host,
    };
    let waiting = stage.enqueue().await;
    let full = send(
        stage
            .key
            .request(Method::POST, DIALOUT)
            .header("prefer", "respond-async")
            .json(&body()),
    )
    .await;
    full.problem(ErrorCode::QueueFull);
    stage.app.advance(TimeDelta::minutes(5));
    stage.until_status(waiting.call_id, CallStatus::Refused).await;
    assert_eq!(
        stage.call(waiting.call_id).await.reason.as_deref(),
        Some("waited_too_long")
    );
}

#[tokio::test]
async fn a_repeated_request_to_wait_is_told_the_first_answer_for_good() {
    let stage = Stage::with_workers(1).await;
    stage.host.take(1);
    stage.until_room(0).await;
    let ask = async || {
        let request = stage
            .key
            .request(Method::POST, DIALOUT)
            .header("prefer", "respond-async");
        send(request.header("idempotency-key", "order-1").json(&body())).await
    };
    let first = ask().await;
    assert_eq!((first.status, first.header("idempotent-replayed")), (202, None));
    let placed: PlacedCall = first.json();
    for is_dialled in [false, true] {
        if is_dialled {
            stage.host.take(0);
            stage.until_status(placed.call_id, CallStatus::Accepted).await;
        }
        let again = ask().await;
        assert_eq!(
            (again.status, again.header("idempotent-replayed")),
            (202, Some("true"))
        );
        assert_eq!(again.text(), first.text());
        for header in ["location", "preference-applied", "content-type"] {
            assert_eq!(again.header(header), first.header(header), "{header}");
            assert!(again.header(header).is_some(), "{header}");
        }
    }
    assert_eq!(stage.host.dialled().len(), 1);
}

#[tokio::test]
async fn a_waiting_call_that_every_host_turned_away_goes_out_when_there_is_room_after_all() {
    let host = async |seed| {
        let random = Box::new(StdRng::seed_from_u64(seed));
        FakeHost::start(Script::default(), random).await.unwrap()
    };
    let hosts = [host(5).await, host(6).await];
    let app = TestApp::with(&format!(
        "fleet_urls = '{},{}'\nfleet_secret = '{SECRET}'\n",
        hosts[0].url(),
        hosts[1].url()
    ))
    .await;
    let admin = app.admin().await;
    let created = admin.create_key("CRM").await;
    let key = app.anonymous().with_key(&created.key, Place::Header);
    let room = async || {
        let fleet: FleetStatus = admin.get("/api/v1/fleet/status").await.json();
        fleet.hosts.iter().all(|host| host.fleet_available > Some(0))
    };
    until(room).await;
    for host in &hosts {
        host.on_dial(Behaviour::status(429));
    }
    let request = key
        .request(Method::POST, DIALOUT)
        .header("prefer", "respond-async");
    let placed: PlacedCall = send(request.json(&body())).await.json();
    let was_asked = |host: &FakeHost| {
        host.requests()
            .iter()
            .any(|request| request.path == "/livekit/dialout")
    };
    until(async || hosts.iter().all(was_asked)).await;
    for host in &hosts {
        host.on_dial(Behaviour::Honest);
    }
    let dialled = || hosts.iter().map(|host| host.dialled().len()).sum::<usize>();
    until(async || dialled() == 1).await;
    let call: CallView = admin
        .get(&format!("/api/v1/calls/{}", placed.call_id))
        .await
        .json();
    assert!(
        matches!(call.status, CallStatus::Sent | CallStatus::Accepted),
        "{call:?}"
    );
}
