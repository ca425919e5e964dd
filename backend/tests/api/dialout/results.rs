//! What voice workers tell afterwards.

use super::{Stage, body};
use crate::support::Caller as _;
use ori_shared::call::{CallStatus, PlacedCall};
use ori_shared::error_code::ErrorCode;
use serde_json::json;

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
        .report(json!({"connected_event": {"ori_call_id": uuid::Uuid::nil()}}))
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
