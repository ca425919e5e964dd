//! Every row of the table of dialout responses (platform, section 3).

use ori_fleet::fake_host::{Behaviour, FakeHost, Script};
use ori_fleet::{DialOutcome, FleetConfig, FleetSecret, HostId, NotDialled, Refusal, RefusalReason};
use ori_shared::fleet::HostState;
use serde_json::{Value, json};

use crate::support::*;

/// Dials a host with this behaviour, and checks that it received the call once, or never if the outcome proves so.
async fn outcome_of(behaviour: Behaviour) -> DialOutcome {
    let host = host().await;
    let fleet = polled(config(&[&host])).await;
    host.on_dial(behaviour);
    let outcome = dial(&fleet).await;
    let certainly_not = matches!(outcome, DialOutcome::NotDialled(_) | DialOutcome::Refused(_));
    assert_eq!(host.dialled().len(), usize::from(!certainly_not), "{outcome:?}");
    assert_eq!(dialouts(&host).len(), 1, "one request");
    assert_eq!(
        reserved(&fleet),
        u64::from(!certainly_not),
        "the reservation of a call that may take place remains"
    );
    outcome
}

fn dialouts(host: &FakeHost) -> Vec<Value> {
    let asked = host
        .requests()
        .into_iter()
        .filter(|request| request.path == "/livekit/dialout");
    asked
        .map(|request| serde_json::from_slice(&request.body).unwrap())
        .collect()
}

fn refusal(status: u16, reason: RefusalReason) -> DialOutcome {
    let detail = Some(format!("scripted response {status}"));
    DialOutcome::Refused(Refusal {
        status,
        reason,
        detail,
    })
}

fn assert_unknown(outcome: &DialOutcome, words: &str) {
    let DialOutcome::Unknown { why } = outcome else {
        panic!("{outcome:?} instead of an unknown outcome");
    };
    assert!(why.contains(words), "{why}");
}

#[tokio::test]
async fn an_accepted_call_has_the_workers_id_and_room() {
    let DialOutcome::Accepted {
        worker_call_id,
        room_name,
    } = outcome_of(Behaviour::Honest).await
    else {
        panic!("not accepted");
    };
    assert_eq!(room_name, Some(format!("dialout-{worker_call_id}")));
    let no_room = Behaviour::lying(r#"{"status":"accepted","call_id":"w-1"}"#);
    let accepted = DialOutcome::Accepted {
        worker_call_id: "w-1".to_owned(),
        room_name: None,
    };
    assert_eq!(outcome_of(no_room).await, accepted);
}

#[tokio::test]
async fn the_request_has_exactly_the_fields_of_the_contract() {
    let host = host().await;
    let fleet = polled(FleetConfig {
        config_url: Some("https://console.example.com/config".parse().unwrap()),
        ..config(&[&host])
    })
    .await;
    dial(&fleet).await;
    let full = ori_fleet::Dial {
        from_number: Some("+911234567890".to_owned()),
        ..dial_request()
    };
    reserve(&fleet).dial(&full).await;
    let mut expected = json!({"bot_id": "bot-1", "to_number": "+919876543210",
        "connected_event": {"ori_call_id": "call-1"}, "config_url": "https://console.example.com/config"});
    let sent = dialouts(&host);
    assert_eq!(sent[0], expected);
    expected["from_number"] = "+911234567890".into();
    assert_eq!(sent[1], expected);
}

#[tokio::test]
async fn fields_without_a_value_are_not_sent() {
    let host = host().await;
    let bare = ori_fleet::Dial {
        connected_event: std::collections::BTreeMap::new(),
        ..dial_request()
    };
    reserve(&polled(config(&[&host])).await).dial(&bare).await;
    assert_eq!(
        dialouts(&host),
        [json!({"bot_id": "bot-1", "to_number": "+919876543210"})]
    );
}

#[tokio::test]
async fn a_refusal_is_final_and_has_its_status_and_detail() {
    for (status, reason) in [
        (403, RefusalReason::WrongSecret),
        (404, RefusalReason::BotNotFound),
        (400, RefusalReason::Other),
        (409, RefusalReason::Other),
        (422, RefusalReason::Other),
    ] {
        assert_eq!(
            outcome_of(Behaviour::status(status)).await,
            refusal(status, reason)
        );
    }
    let silent = Behaviour::Answer {
        status: 404,
        body: "<html>".to_owned(),
    };
    let DialOutcome::Refused(refusal) = outcome_of(silent).await else {
        panic!("not refused");
    };
    assert_eq!(refusal.detail, None);
}

#[tokio::test]
async fn an_unknown_bot_is_refused() {
    let script = Script {
        unknown_bots: vec!["bot-1".to_owned()],
        ..Script::default()
    };
    let host = host_of(script).await;
    let outcome = dial(&polled(config(&[&host])).await).await;
    assert!(
        matches!(&outcome, DialOutcome::Refused(r) if r.reason == RefusalReason::BotNotFound),
        "{outcome:?}"
    );
    assert!(host.dialled().is_empty());
}

#[tokio::test]
async fn a_rejected_call_goes_to_the_next_host() {
    for (status, why) in [(429, NotDialled::AtCapacity), (503, NotDialled::NotConfigured)] {
        let (first, second) = (host_with(9).await, host_with(1).await);
        let fleet = polled(config(&[&first, &second])).await;
        first.on_dial(Behaviour::status(status));
        let call_id = new_call();
        let reservation = fleet.reserve(call_id, &[]).unwrap();
        let tried = reservation.host().clone();
        assert_eq!(
            reservation.dial(&dial_request()).await,
            DialOutcome::NotDialled(why)
        );
        let next = fleet.reserve(call_id, &[tried]).unwrap();
        assert!(matches!(
            next.dial(&dial_request()).await,
            DialOutcome::Accepted { .. }
        ));
        assert_eq!((first.dialled().len(), second.dialled().len()), (0, 1));
    }
}

/// Responses that proxies send after the worker received the request. None of them proves that it did not dial.
#[tokio::test]
async fn a_429_or_503_of_a_proxy_is_unknown() {
    let json = "application/json";
    for (status, content_type, body) in [
        (
            503,
            "text/plain",
            "upstream connect error or disconnect/reset before headers. reset reason: connection termination",
        ),
        (503, "text/html", "<html>Service Temporarily Unavailable</html>"),
        (503, "text/plain", ""),
        (503, "text/plain", r#"{"detail":"not configured"}"#),
        (
            503,
            "application/problem+json",
            r#"{"status":503,"detail":"no healthy upstream"}"#,
        ),
        (503, json, ""),
        (503, json, "upstream request timeout"),
        (503, json, r#""not configured""#),
        (503, json, r#"["detail"]"#),
        (503, json, "{}"),
        (503, json, r#"{"message":"Service Unavailable"}"#),
        (503, json, r#"{"status":503,"error":"Service Unavailable"}"#),
        (503, json, r#"{"detail":null,"status":503}"#),
        (429, "text/plain", "local_rate_limited"),
        (429, json, r#"{"message":"API rate limit exceeded"}"#),
    ] {
        let proxied = Behaviour::Proxy {
            status,
            content_type,
            body,
        };
        assert_unknown(&outcome_of(proxied).await, &status.to_string());
    }
}

#[tokio::test]
async fn a_429_or_503_of_the_worker_lets_the_next_host_dial() {
    for (status, body) in [
        (429, r#"{"detail":"at_capacity"}"#),
        (429, r#"{"status":"at_capacity"}"#),
        (503, r#"{"detail":"not configured"}"#),
        (503, r#"{"detail":{"reason":"not configured"}}"#),
        (503, r#"{"status":"not_configured"}"#),
    ] {
        let body = body.to_owned();
        let outcome = outcome_of(Behaviour::Answer { status, body }).await;
        assert!(matches!(outcome, DialOutcome::NotDialled(_)), "{outcome:?}");
    }
}

#[tokio::test]
async fn a_full_host_gets_no_call_until_its_next_health_response() {
    let host = host_with(5).await;
    let fleet = polled(config(&[&host])).await;
    host.take(5);
    assert_eq!(
        dial(&fleet).await,
        DialOutcome::NotDialled(NotDialled::AtCapacity)
    );
    assert_eq!(
        (only_host(&fleet).state, fleet.status().available),
        (HostState::Healthy, 0)
    );
    assert!(fleet.reserve(new_call(), &[]).is_none());
    host.take(0);
    fleet.poll_once().await;
    assert!(matches!(dial(&fleet).await, DialOutcome::Accepted { .. }));
}

#[tokio::test]
async fn an_unreachable_host_is_unhealthy_and_was_not_dialled() {
    let mut host = host().await;
    let fleet = polled(config(&[&host])).await;
    host.die().await;
    let outcome = dial(&fleet).await;
    assert!(
        matches!(outcome, DialOutcome::NotDialled(NotDialled::Unreachable { .. })),
        "{outcome:?}"
    );
    let status = only_host(&fleet);
    assert_eq!((status.state, status.reserved), (HostState::Unhealthy, 0));
    assert!(status.last_error.unwrap().contains("no connection"));
    host.revive().await.unwrap();
    fleet.poll_once().await;
    assert!(matches!(dial(&fleet).await, DialOutcome::Accepted { .. }));
}

#[tokio::test]
async fn every_other_response_is_unknown() {
    for (behaviour, words) in [
        (Behaviour::HangUp, "the connection broke"),
        (Behaviour::BreakOff, "the connection broke"),
        (Behaviour::Oversized, "longer than"),
        (Behaviour::lying("rubbish"), "without JSON"),
        (Behaviour::lying(""), "without JSON"),
        (Behaviour::lying("{}"), "without accepting"),
        (Behaviour::lying(r#"{"status":"accepted"}"#), "without accepting"),
        (
            Behaviour::lying(r#"{"status":"accepted","call_id":""}"#),
            "without accepting",
        ),
        (
            Behaviour::lying(r#"{"status":"accepted","call_id":7}"#),
            "without accepting",
        ),
        (
            Behaviour::lying(r#"{"status":"queued","call_id":"w"}"#),
            "without accepting",
        ),
        (Behaviour::status(202), "202"),
        (Behaviour::status(204), "204"),
        (Behaviour::status(304), "304"),
        (Behaviour::status(500), "500"),
        (Behaviour::status(502), "502"),
        (Behaviour::status(504), "504"),
    ] {
        let outcome = outcome_of(behaviour.clone()).await;
        assert_unknown(&outcome, words);
    }
}

#[tokio::test]
async fn a_timeout_on_the_way_is_unknown_although_it_is_a_4xx() {
    let host = host().await;
    let fleet = polled(config(&[&host])).await;
    host.on_dial(Behaviour::status(408));
    assert_unknown(&dial(&fleet).await, "408");
}

#[tokio::test]
async fn a_redirect_is_unknown_and_not_followed() {
    let elsewhere = host().await;
    let to = elsewhere.url().join("livekit/dialout").unwrap();
    assert_unknown(&outcome_of(Behaviour::Redirect(to.to_string())).await, "307");
    assert!(elsewhere.requests().is_empty());
}

#[tokio::test]
async fn a_response_after_the_time_limit_is_unknown() {
    let host = host().await;
    let fleet = polled(FleetConfig {
        dial_timeout: SOON,
        ..config(&[&host])
    })
    .await;
    host.on_dial(Behaviour::Held);
    assert_unknown(&dial(&fleet).await, "no answer within 100ms");
    host.until_dialled(1).await;
}

#[tokio::test]
async fn a_failure_of_tls_or_dns_proves_that_nothing_was_sent() {
    let plain = host().await;
    let tls = plain.url().as_str().replace("http://", "https://");
    for url in [tls.as_str(), "http://nowhere.invalid:1/"] {
        // Such a host never becomes healthy, so it is never dialled. Its health check classifies errors in the same way
        // as a dial request.
        let fleet = fleet(config_of(vec![url.parse().unwrap()]));
        fleet.poll_once().await;
        let why = only_host(&fleet).last_error.unwrap();
        assert!(why.starts_with("no connection"), "{url}: {why}");
    }
    assert!(plain.requests().is_empty());
}

#[tokio::test]
async fn a_detail_that_contains_the_secret_is_redacted() {
    let host = host_of(Script {
        secret: FleetSecret::new("s3cret-of-the-fleet".to_owned()),
        ..Script::default()
    })
    .await;
    let fleet = polled(FleetConfig {
        secret: FleetSecret::new("s3cret-of-the-fleet".to_owned()),
        ..config(&[&host])
    })
    .await;
    let body = json!({"detail": "got s3cret-of-the-fleet, expected another"}).to_string();
    host.on_dial(Behaviour::Answer { status: 403, body });
    let outcome = format!("{:?}", dial(&fleet).await);
    assert!(outcome.contains("got [redacted], expected"), "{outcome}");
}

#[tokio::test]
async fn a_host_id_survives_being_stored() {
    let host = host().await;
    let fleet = polled(config(&[&host])).await;
    let stored = reserve(&fleet).host().to_string();
    assert!(
        fleet
            .reserve(new_call(), &[HostId::from(stored.as_str())])
            .is_none()
    );
}
