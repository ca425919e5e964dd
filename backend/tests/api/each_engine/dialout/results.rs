//! Reports of voice workers.

use super::{Stage, body};
use ori_fixtures::{Caller as _, SECRET};
use ori_shared::call::{CallStatus, PlacedCall};
use ori_shared::error_code::ErrorCode;
use serde_json::json;
use uuid::Uuid;

#[tokio::test]
async fn results_settle_calls_whatever_their_order_and_number() {
    let stage = Stage::with_workers(2).await;
    let placed: PlacedCall = stage.place(body()).await.json();
    let event = json!({"ori_call_id": placed.call_id.to_string()});
    let full = json!({"session_id": "s", "call_duration_seconds": 31.5, "sip_status": 486, "disconnected_by": "user", "unheard_of": [1],
                      "recording_url": "https://r/1", "transcript": [{"role": "bot", "text": "hi"}], "connected_event": event});
    for _ in 0..2 {
        assert_eq!(stage.report(full.clone()).await.status, 200);
    }
    let sparse = json!({"connected_event": event.to_string(), "recording_url": null});
    assert_eq!(stage.report(sparse).await.status, 200);
    let call = stage.call(placed.call_id).await;
    assert_eq!(
        (call.status, call.disconnected_by.as_deref()),
        (CallStatus::Completed, Some("user"))
    );
    assert_eq!(
        (call.duration_seconds, call.recording_url.as_deref()),
        (Some(31.5), Some("https://r/1"))
    );
    assert_eq!(call.history.len(), 4);
    assert_eq!(call.sip_status, Some(486));
    let details = call.details.expect("one call is shown with its details");
    assert_eq!(details.session_id.as_deref(), Some("s"));
    assert_eq!(
        details.transcript.as_deref(),
        Some(r#"[{"role":"bot","text":"hi"}]"#)
    );
    stage
        .report(json!({"connected_event": {"ori_call_id": Uuid::nil()}}))
        .await
        .problem(ErrorCode::CallNotFound);
    let stranger = stage.app.anonymous().with_fleet_secret("guess");
    stranger
        .post("/api/v1/call-results", full)
        .await
        .problem(ErrorCode::InvalidFleetSecret);
}

#[tokio::test]
async fn a_result_that_tells_only_how_the_call_failed_settles_it() {
    let stage = Stage::with_workers(1).await;
    let placed: PlacedCall = stage.place(body()).await.json();
    let event = json!({"ori_call_id": placed.call_id.to_string()});
    let report = json!({"sip_status": 480, "connected_event": event});
    assert_eq!(stage.report(report).await.status, 200);
    let call = stage.call(placed.call_id).await;
    assert_eq!(
        (call.status, call.reason.as_deref(), call.sip_status),
        (CallStatus::Failed, Some("no_answer"), Some(480))
    );
}

/// Malformed reports of real workers, each of which still ends its call.
#[tokio::test]
async fn a_report_ends_its_call_although_parts_of_it_cannot_be_understood() {
    let cases = [
        (
            r#""transcript": "caf\ud83d", "disconnected_by": "user""#,
            CallStatus::Completed,
        ),
        (
            r#""call_duration_seconds": NaN, "disconnected_by": "user""#,
            CallStatus::Completed,
        ),
        (
            r#""call_duration_seconds": 1e400, "disconnected_by": "user""#,
            CallStatus::Completed,
        ),
        (
            r#""call_duration_seconds": "12.5", "disconnected_by": "user""#,
            CallStatus::Completed,
        ),
        (r#""sip_status": "486""#, CallStatus::Failed),
        (
            r#""sip_status": [486], "disconnected_by": "no_answer""#,
            CallStatus::Failed,
        ),
        (
            r#""session_id": 7, "stream_id": {}, "unheard_of": NaN, "disconnected_by": "voicemail""#,
            CallStatus::Voicemail,
        ),
        (
            r#""disconnected_by": "user", "disconnected_by": "user""#,
            CallStatus::Completed,
        ),
        (r#""disconnected_by": 7"#, CallStatus::Completed),
    ];
    let stage = Stage::with_workers(20).await;
    for (fields, status) in cases {
        let placed: PlacedCall = stage.place(body()).await.json();
        let report = report_of(placed.call_id, fields);
        assert_eq!(stage.report_text(report).await.status, 200, "{fields}");
        assert_eq!(stage.call(placed.call_id).await.status, status, "{fields}");
    }
    let placed: PlacedCall = stage.place(body()).await.json();
    let with_mark = format!(
        "\u{feff}{}",
        report_of(placed.call_id, r#""disconnected_by": "user""#)
    );
    assert_eq!(stage.report_text(with_mark).await.status, 200);
    for (text, code) in [
        ("[]", ErrorCode::InvalidBody),
        ("7", ErrorCode::InvalidBody),
        ("{", ErrorCode::MalformedJson),
    ] {
        stage.report_text(text.to_owned()).await.problem(code);
    }
}

/// Neither a row, nor a list, nor a receiver is made to fail by what a worker sends.
#[tokio::test]
async fn a_report_with_long_texts_ends_its_call_and_is_bounded() {
    let stage = Stage::with_workers(1).await;
    let placed: PlacedCall = stage.place(body()).await.json();
    // As random as ids are: a database that compresses must not hide that they are long.
    let long: String = (0..300)
        .map(|n| Uuid::from_u128(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c834_u128.wrapping_mul(n)).to_string())
        .collect();
    let report = json!({"connected_event": {"ori_call_id": placed.call_id}, "call_id": long, "session_id": long,
                        "stream_id": long, "caller_id": long, "recording_url": long, "disconnected_by": long,
                        "transcript": "word ".repeat(500_000)});
    assert_eq!(stage.report(report).await.status, 200);
    let call = stage.call(placed.call_id).await;
    assert_eq!(call.status, CallStatus::Completed);
    assert_eq!(call.reason.map(|reason| reason.len()), Some(100));
    let details = call.details.expect("one call is shown with its details");
    assert_eq!((details.session_id, call.recording_url), (None, None));
    assert_eq!(details.transcript.map(|text| text.len()), Some(512 * 1024));
}

fn report_of(call: Uuid, fields: &str) -> String {
    format!(r#"{{"connected_event": {{"ori_call_id": "{call}"}}, {fields}}}"#)
}

#[tokio::test]
async fn guessing_the_fleet_secret_is_slowed_and_the_right_one_is_let_in() {
    let stage = Stage::with_workers(1).await;
    let placed: PlacedCall = stage.place(body()).await.json();
    let guess = async |secret: &str| {
        let worker = stage.app.anonymous().with_fleet_secret(secret);
        worker
            .post(
                "/api/v1/call-results",
                json!({"connected_event": {"ori_call_id": placed.call_id}}),
            )
            .await
    };
    for number in 0..60 {
        guess(&format!("wrong secret {number}"))
            .await
            .problem(ErrorCode::InvalidFleetSecret);
    }
    let slowed = guess("wrong secret 60").await;
    slowed.problem(ErrorCode::TooManyAttempts);
    assert_eq!(slowed.header("retry-after"), Some("1"));
    assert_eq!(guess(SECRET).await.status, 200);
    stage.app.advance(chrono::TimeDelta::seconds(1));
    guess("wrong secret 61")
        .await
        .problem(ErrorCode::InvalidFleetSecret);
}
