//! Every rule of a health response, and the status that follows from it.

use ori_fleet::fake_host::{Behaviour, FakeHost, Script};
use ori_fleet::{FleetConfig, FleetConfigError, FleetSecret};
use ori_shared::fleet::HostState;

use crate::support::*;

async fn error_of(host: &FakeHost, behaviour: Behaviour) -> String {
    host.on_health(behaviour);
    let fleet = polled(config(&[host])).await;
    let status = only_host(&fleet);
    assert_eq!(status.state, HostState::Unhealthy);
    assert_eq!(
        (status.fleet_calls, status.fleet_max, status.fleet_available),
        (None, None, None)
    );
    assert!(fleet.reserve(new_call(), &[]).is_none());
    status.last_error.expect("an error")
}

#[tokio::test]
async fn the_status_of_a_healthy_host_has_its_reported_values() {
    let host = host_with(3).await;
    host.take(1);
    let fleet = polled(config(&[&host])).await;
    let status = only_host(&fleet);
    assert_eq!(format!("{}/", status.host), host.url().as_str());
    assert_eq!((status.state, status.last_error), (HostState::Healthy, None));
    assert_eq!(status.last_checked_at, Some(noon()));
    assert_eq!(
        (status.fleet_calls, status.fleet_max, status.fleet_available),
        (Some(1), Some(3), Some(2))
    );
    assert_eq!(status.workers.len(), 3);
    assert!(status.simulated && fleet.is_simulated() && fleet.is_configured());
}

#[tokio::test]
async fn totals_add_up_over_healthy_hosts_and_count_reservations() {
    let (a, b, broken) = (host_with(3).await, host_with(5).await, host_with(9).await);
    b.take(2);
    broken.on_health(Behaviour::status(500));
    let fleet = polled(config(&[&a, &b, &broken])).await;
    let reservation = reserve(&fleet);
    let status = fleet.status();
    assert_eq!(
        (status.total_capacity, status.active_calls, status.available),
        (8, 2, 5)
    );
    drop(reservation);
    assert_eq!(fleet.status().available, 6);
}

#[tokio::test]
async fn an_unreachable_worker_is_in_the_status() {
    let host = host().await;
    host.on_health(Behaviour::lying(
        r#"{"status":"ok","fleet_calls":8,"fleet_max":20,"fleet_available":12,
            "workers":[{"port":8001,"calls":3,"pid":1},{"port":8002,"status":"unreachable"}]}"#,
    ));
    let fleet = polled(config(&[&host])).await;
    let status = only_host(&fleet);
    assert_eq!(status.state, HostState::Healthy);
    assert_eq!(status.workers[1].status.as_deref(), Some("unreachable"));
    assert!(!fleet.is_simulated());
}

#[tokio::test]
async fn only_a_2xx_is_a_health_response() {
    let host = host().await;
    let body = r#"{"status":"ok","fleet_calls":0,"fleet_max":1,"fleet_available":1,"workers":[]}"#;
    for (status, state) in [
        (200, HostState::Healthy),
        (203, HostState::Healthy),
        (304, HostState::Unhealthy),
        (401, HostState::Unhealthy),
        (429, HostState::Unhealthy),
        (500, HostState::Unhealthy),
        (503, HostState::Unhealthy),
    ] {
        host.on_health(Behaviour::Answer {
            status,
            body: body.to_owned(),
        });
        assert_eq!(
            only_host(&polled(config(&[&host])).await).state,
            state,
            "{status}"
        );
    }
}

#[tokio::test]
async fn an_invalid_body_is_described() {
    let host = host().await;
    for (body, words) in [
        ("rubbish", "not a JSON object"),
        ("[]", "not a JSON object"),
        (r#"{"status":"degraded"}"#, "status"),
        (r#"{"status":"ok","fleet_calls":"8"}"#, "fleet_calls"),
        (r#"{"status":"ok","fleet_calls":8,"fleet_max":20.0}"#, "fleet_max"),
        (
            r#"{"status":"ok","fleet_calls":8,"fleet_max":20,"fleet_available":-1}"#,
            "fleet_available",
        ),
        (
            r#"{"status":"ok","fleet_calls":8,"fleet_max":20,"fleet_available":12,"workers":{}}"#,
            "workers",
        ),
        (
            r#"{"status":"ok","fleet_calls":8,"fleet_max":20,"fleet_available":21,"workers":[]}"#,
            "available",
        ),
    ] {
        let why = error_of(&host, Behaviour::lying(body)).await;
        assert!(why.contains(words), "{body}: {why}");
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let (host, elsewhere) = (host().await, host().await);
    let to = elsewhere.url().join("health/fleet").unwrap();
    let why = error_of(&host, Behaviour::Redirect(to.to_string())).await;
    assert!(why.contains("307"), "{why}");
    assert!(elsewhere.requests().is_empty());
}

#[tokio::test]
async fn an_endless_body_is_not_read_completely() {
    let why = error_of(&host().await, Behaviour::Oversized).await;
    assert!(why.contains("longer than 262144 bytes"), "{why}");
}

#[tokio::test]
async fn a_host_that_closes_the_connection_is_unhealthy() {
    let host = host().await;
    for behaviour in [Behaviour::HangUp, Behaviour::BreakOff] {
        let why = error_of(&host, behaviour).await;
        assert!(why.contains("the connection broke"), "{why}");
    }
}

#[tokio::test]
async fn a_host_that_exceeds_the_time_limit_is_unhealthy() {
    let host = host().await;
    host.on_health(Behaviour::Held);
    let fleet = polled(FleetConfig {
        health_timeout: SOON,
        ..config(&[&host])
    })
    .await;
    assert_eq!(
        only_host(&fleet).last_error.as_deref(),
        Some("no answer within 100ms")
    );
}

#[tokio::test]
async fn a_host_is_unhealthy_while_it_is_down() {
    let mut host = host().await;
    host.die().await;
    let fleet = polled(config(&[&host])).await;
    let why = only_host(&fleet).last_error.unwrap();
    assert!(why.starts_with("no connection: "), "{why}");
    host.revive().await.unwrap();
    fleet.poll_once().await;
    assert_eq!(
        (only_host(&fleet).state, only_host(&fleet).last_error),
        (HostState::Healthy, None)
    );
}

#[tokio::test]
async fn a_host_that_rejects_the_secret_is_unhealthy() {
    let host = host_of(Script {
        secret: FleetSecret::new("another".to_owned()),
        ..Script::default()
    })
    .await;
    let why = only_host(&polled(config(&[&host])).await).last_error.unwrap();
    assert!(why.contains("403"), "{why}");
}

#[tokio::test]
async fn a_fleet_without_hosts_is_not_configured_and_has_no_capacity() {
    let fleet = polled(FleetConfig::default()).await;
    assert!(!fleet.is_configured() && !fleet.is_simulated());
    assert!(fleet.reserve(new_call(), &[]).is_none());
    assert!(!fleet.knows_secret(b""));
}

#[test]
fn an_invalid_configuration_is_an_error() {
    let host = || vec!["http://voice.example.com".parse().unwrap()];
    let secret = |text: &str| FleetSecret::new(text.to_owned());
    let refusal = |hosts, secret| {
        let config = FleetConfig {
            hosts,
            secret,
            ..FleetConfig::default()
        };
        ori_fleet::Fleet::new(config, clock(), rng()).unwrap_err()
    };
    assert!(matches!(refusal(host(), secret("")), FleetConfigError::NoSecret));
    assert!(matches!(
        refusal(host(), secret("a\nb")),
        FleetConfigError::UnfitSecret
    ));
    let twice = ["http://Voice.example.com:80/", "http://ada:pw@voice.example.com"];
    let twice = twice.iter().map(|url| url.parse().unwrap()).collect();
    assert!(matches!(
        refusal(twice, secret("s")),
        FleetConfigError::RepeatedHost(_)
    ));
    let unfit = vec!["ws://voice.example.com".parse().unwrap()];
    assert!(matches!(
        refusal(unfit, secret("s")),
        FleetConfigError::UnfitHost(_)
    ));
}
