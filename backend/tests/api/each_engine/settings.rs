//! Settings of a person.

use std::collections::BTreeSet;

use ori_shared::account::Role;
use ori_shared::error_code::ErrorCode;
use ori_shared::session::SessionView;
use ori_shared::settings::SettingsView;
use serde_json::json;

use ori_fixtures::{Caller as _, TestApp};

const SETTINGS: &str = "/api/v1/settings";

#[tokio::test]
async fn a_timezone_is_kept_for_whoever_chose_it_alone() {
    let app = TestApp::start().await;
    let (ada, bob) = (app.admin().await, app.person(Role::Agent).await);
    assert_eq!(ada.get(SETTINGS).await.json::<SettingsView>().timezone, None);
    let saved = ada.patch(SETTINGS, json!({"timezone": "Asia/Kolkata"})).await;
    assert_eq!(saved.status, 200);
    assert_eq!(
        saved.json::<SettingsView>().timezone.as_deref(),
        Some("Asia/Kolkata")
    );
    let session: SessionView = ada.get("/api/v1/session").await.json();
    assert_eq!(session.timezone.as_deref(), Some("Asia/Kolkata"));
    assert_eq!(bob.get(SETTINGS).await.json::<SettingsView>().timezone, None);
}

#[tokio::test]
async fn what_is_left_out_stays() {
    let app = TestApp::start().await;
    let ada = app.admin().await;
    ada.patch(SETTINGS, json!({"timezone": "Asia/Tokyo"})).await;
    let after: SettingsView = ada.patch(SETTINGS, json!({})).await.json();
    assert_eq!(after.timezone.as_deref(), Some("Asia/Tokyo"));
}

#[tokio::test]
async fn a_zone_that_iana_does_not_know_is_refused_and_the_old_one_stays() {
    let app = TestApp::start().await;
    let ada = app.admin().await;
    ada.patch(SETTINGS, json!({"timezone": "Asia/Tokyo"})).await;
    for unknown in ["Mars/Olympus", "", "IST+5:30", "asia/kolkata"] {
        let answer = ada.patch(SETTINGS, json!({"timezone": unknown})).await;
        assert!(!answer.fault("/timezone").is_empty());
    }
    let after: SettingsView = ada.get(SETTINGS).await.json();
    assert_eq!(after.timezone.as_deref(), Some("Asia/Tokyo"));
}

#[tokio::test]
async fn an_unknown_field_is_named() {
    let app = TestApp::start().await;
    let answer = app.admin().await.patch(SETTINGS, json!({"theme": "dark"})).await;
    let problem = answer.problem(ErrorCode::InvalidBody);
    assert_eq!(problem.field("/theme"), Some("Unknown field `theme`."));
}

#[tokio::test]
async fn the_usual_zones_are_offered_first_then_all_others_by_name() {
    let app = TestApp::start().await;
    let zones = app
        .admin()
        .await
        .get(SETTINGS)
        .await
        .json::<SettingsView>()
        .timezones;
    let (first, others) = zones.split_at(11);
    assert_eq!(
        first,
        [
            "UTC",
            "Asia/Kolkata",
            "America/New_York",
            "America/Chicago",
            "America/Los_Angeles",
            "Europe/London",
            "Europe/Berlin",
            "Asia/Dubai",
            "Asia/Singapore",
            "Asia/Tokyo",
            "Australia/Sydney",
        ]
    );
    assert!(others.is_sorted());
    assert_eq!(zones.iter().collect::<BTreeSet<_>>().len(), zones.len());
    assert!(others.len() > 400 && others.iter().any(|zone| zone == "Pacific/Chatham"));
}

#[tokio::test]
async fn every_zone_that_is_offered_can_be_chosen() {
    for zone in TestApp::start()
        .await
        .admin()
        .await
        .get(SETTINGS)
        .await
        .json::<SettingsView>()
        .timezones
    {
        assert!(zone.parse::<chrono_tz::Tz>().is_ok(), "{zone}");
    }
}
