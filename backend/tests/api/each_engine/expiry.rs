//! A key that expires on a day works through the end of that day, in the timezone of the person that creates it.

use serde_json::{Value, json};

use ori_fixtures::{Caller as _, SignedIn, TestApp};

const KEYS: &str = "/api/v1/api-keys";

/// An admin with that display timezone.
async fn admin_in(app: &TestApp, zone: &str) -> SignedIn {
    let admin = app.admin().await;
    let saved = admin.patch("/api/v1/settings", json!({ "timezone": zone })).await;
    assert_eq!(saved.status, 200);
    admin
}

fn through(day: &str) -> Value {
    json!({"name": "CRM", "expires_on": day})
}

#[tokio::test]
async fn a_day_ends_at_midnight_of_the_operators_zone_also_where_clocks_change() {
    let app = TestApp::start().await;
    for (zone, day, end) in [
        ("UTC", "2026-11-23", "2026-11-24T00:00:00Z"),
        ("Asia/Kolkata", "2026-11-23", "2026-11-23T18:30:00Z"),
        ("America/New_York", "2026-12-31", "2027-01-01T05:00:00Z"),
        ("Europe/Berlin", "2027-03-27", "2027-03-27T23:00:00Z"),
        ("Europe/Berlin", "2027-03-28", "2027-03-28T22:00:00Z"),
        ("Europe/Berlin", "2027-10-31", "2027-10-31T23:00:00Z"),
        ("America/Los_Angeles", "2027-03-14", "2027-03-15T07:00:00Z"),
        ("America/Los_Angeles", "2027-11-07", "2027-11-08T08:00:00Z"),
    ] {
        let key = admin_in(&app, zone).await.create(through(day)).await;
        assert_eq!(json!(key.view.expires_at), end, "{day} in {zone}");
    }
}

#[tokio::test]
async fn without_a_saved_zone_a_day_is_one_of_utc() {
    let app = TestApp::start().await;
    let key = app.admin().await.create(through("2026-11-23")).await;
    assert_eq!(json!(key.view.expires_at), "2026-11-24T00:00:00Z");
}

#[tokio::test]
async fn the_same_day_is_over_in_one_zone_and_not_in_another() {
    let app = TestApp::start().await;
    let refused = admin_in(&app, "Pacific/Kiritimati")
        .await
        .post(KEYS, through("2026-11-23"))
        .await;
    assert_eq!(
        refused.fault("/expires_on"),
        "That day is already over in Pacific/Kiritimati."
    );
    let key = admin_in(&app, "Pacific/Pago_Pago")
        .await
        .create(through("2026-11-23"))
        .await;
    assert_eq!(json!(key.view.expires_at), "2026-11-24T11:00:00Z");
}

#[tokio::test]
async fn a_day_and_an_instant_cannot_both_be_given() {
    let app = TestApp::start().await;
    let body = json!({"name": "CRM", "expires_on": "2027-01-01", "expires_at": "2027-01-01T00:00:00Z"});
    app.admin().await.post(KEYS, body).await.fault("/expires_on");
}

#[tokio::test]
async fn neither_is_needed_and_null_means_neither() {
    let app = TestApp::start().await;
    let body = json!({"name": "CRM", "expires_on": null, "expires_at": null});
    assert_eq!(app.admin().await.create(body).await.view.expires_at, None);
}

#[tokio::test]
async fn what_is_no_day_of_the_calendar_is_refused() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    for wrong in ["2027-02-29", "2027-13-01", "01/02/2027", "soon", ""] {
        let answer = admin.post(KEYS, through(wrong)).await;
        let problem = answer.problem(ori_shared::error_code::ErrorCode::InvalidBody);
        assert!(problem.field("/expires_on").is_some(), "{wrong}");
    }
    admin.post(KEYS, through("9999-12-31")).await.fault("/expires_on");
    admin.post(KEYS, through("2026-11-22")).await.fault("/expires_on");
}
