//! A background worker that panics: the server says that it is not ready, and starts the worker again.

use ori_shared::error_code::ErrorCode;

use super::Stage;
use ori_fixtures::{Caller as _, until};

#[tokio::test]
async fn a_worker_that_dies_is_missed_by_readiness_and_works_again_once_it_can() {
    let stage = Stage::new().await;
    let key = stage.hooked().await;
    stage.receiver.answer(500);
    let call = stage.ended_call(&key).await;
    let waiting = stage.until_waits(call, 1, 5).await;
    let ready = async || stage.app.anonymous().get("/readyz").await;
    assert_eq!(ready().await.status, 200);
    stage.app.set_clock_broken(true);
    stage.pass_until_due(&waiting);
    until(async || {
        let answer = ready().await;
        let is_missed = answer.status == 503;
        if is_missed {
            answer.problem(ErrorCode::NotReady);
        }
        is_missed
    })
    .await;
    // What people and CRMs ask for is served meanwhile.
    assert_eq!(stage.view(key.id).await.url, stage.receiver.url());
    stage.app.set_clock_broken(false);
    stage.receiver.answer(204);
    until(async || ready().await.status == 200).await;
    until(async || {
        stage.app.advance(chrono::TimeDelta::minutes(5));
        stage.delivery_of(call).await.next_attempt_at.is_none()
    })
    .await;
    stage.until_delivered(call).await;
}
