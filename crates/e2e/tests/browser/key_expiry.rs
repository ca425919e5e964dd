//! "Pick a date to have the key stop working automatically after it."

use std::time::Duration;

use serde_json::json;

use crate::support::Console;
use crate::support::browser::Options;

/// The day is one of the display timezone, and the key works through the end of that day.
#[tokio::test]
async fn a_picked_day_is_one_of_the_display_timezone() {
    let console = Console::start_with(Options {
        timezone: "America/New_York",
        ..Options::default()
    })
    .await;
    console.open_keys().await;
    let page = &console.page;
    page.press("Create API Key").await;
    page.write("Name", "CRM").await;
    page.put("Expires At", "2035-07-04").await;
    assert_eq!(page.value("Expires At").await, "2035-07-04");
    page.reads("Expires at the end of that day (America/New_York).")
        .await;
    page.press("Create Key").await;
    page.press("Done").await;
    // Midnight at its end, in summer time; shown as the last minute of the picked day.
    assert_eq!(
        console.api.list().await[0]["expires_at"],
        json!("2035-07-05T04:00:00.000000Z")
    );
    page.shows("CRM", 3, "4 Jul 2035, 23:59").await;
    let exact = page
        .ask("return document.querySelector('tbody time').title")
        .await;
    assert!(
        exact.as_str().expect("a tooltip").contains("America/New_York"),
        "{exact}"
    );
    console.finish().await;
}

/// A day in the past is an error of its field.
#[tokio::test]
async fn a_past_day_is_an_error() {
    let console = Console::with_keys(&[]).await;
    let page = &console.page;
    page.press("Create API Key").await;
    page.write("Name", "CRM").await;
    page.put("Expires At", "2020-01-01").await;
    page.press("Create Key").await;
    page.focuses("Expires At").await;
    let invalid = "return find('field', 'Expires At').getAttribute('aria-invalid') === 'true'";
    page.until("an error at the field", invalid, Vec::new()).await;
    assert!(console.api.list().await.is_empty());
    console.finish().await;
}

/// "Expired (grey): The key’s expiry date has passed." The badge changes at that moment, without a reload.
#[tokio::test]
async fn a_key_expires_without_a_reload() {
    let console = Console::start().await;
    // Late enough for a slow machine to open the page first.
    let end = console.api.now().await + chrono::TimeDelta::seconds(20);
    console
        .api
        .create(json!({"name": "CRM", "expires_at": end}))
        .await;
    console.open_keys().await;
    let page = &console.page;
    page.shows("CRM", 2, "Active").await;
    page.ask("window.sameDocument = true").await;
    let expired = "return rows()[0][2] === 'Expired'";
    page.until_within(Duration::from_secs(60), "“Expired”", expired, Vec::new())
        .await;
    assert!(
        console.api.now().await >= end,
        "not before it is true by the server's clock"
    );
    assert_eq!(page.ask("return window.sameDocument").await, true);
    console.finish().await;
}
