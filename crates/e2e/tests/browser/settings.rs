//! "All dates and times use your display timezone, set on the Settings page."

use serde_json::json;

use crate::support::browser::Options;
use crate::support::{Browser, Console};

const SETTINGS: &str = "/dashboard/settings";

async fn choose(page: &Browser, zone: &str) {
    let script = "const field = find('field', 'Timezone'); field.value = arguments[0];
        field.dispatchEvent(new Event('change', { bubbles: true })); return field.value";
    page.sees("field", "Timezone").await;
    let chosen = page.script(script, vec![json!(zone)]).await.expect("a choice");
    assert_eq!(chosen, zone, "is offered");
}

/// The default is the browser's own zone.
#[tokio::test]
async fn the_choice_starts_at_the_browsers_zone() {
    let console = Console::start_with(Options {
        timezone: "Asia/Dubai",
        ..Options::default()
    })
    .await;
    let page = &console.page;
    page.open(SETTINGS).await;
    page.sees("field", "Timezone").await;
    assert_eq!(page.value("Timezone").await, "Asia/Dubai");
    console.finish().await;
}

/// The most common zones come first, followed by all others.
#[tokio::test]
async fn every_zone_is_offered() {
    let console = Console::start().await;
    let page = &console.page;
    page.open(SETTINGS).await;
    page.sees("field", "Timezone").await;
    let offered = page
        .ask("return [...find('field', 'Timezone').options].map(option => option.value)")
        .await;
    let offered: Vec<String> = serde_json::from_value(offered).expect("names");
    let first = [
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
    ];
    assert_eq!(offered[..11], first);
    assert!(offered.len() > 300, "{}", offered.len());
    console.finish().await;
}

/// A saved zone applies to every date, is stored by the server, and applies in another browser.
#[tokio::test]
async fn a_saved_zone_rules_every_date() {
    let console = Console::start().await;
    console
        .api
        .create(json!({"name": "CRM", "expires_at": "2035-07-04T20:00:00Z"}))
        .await;
    console.open_keys().await;
    let page = &console.page;
    page.shows("CRM", 3, "4 Jul 2035, 20:00").await;
    page.follow("Settings").await;
    choose(page, "Asia/Kolkata").await;
    page.press("Save Timezone").await;
    page.toasts("Timezone updated").await;
    page.follow("API Keys").await;
    page.shows("CRM", 3, "5 Jul 2035, 01:30").await;
    page.driver().refresh().await.expect("a reload");
    page.shows("CRM", 3, "5 Jul 2035, 01:30").await;
    assert_eq!(console.api.timezone().await, "Asia/Kolkata");

    let other = Browser::start(&console.server.url).await;
    other.take_cookie(&console.api.cookie).await;
    other.open("/dashboard/api-keys").await;
    other.shows("CRM", 3, "5 Jul 2035, 01:30").await;
    other.finish().await;
    console.finish().await;
}

/// The button reads "Saving…" and is disabled during the request; a failure is shown.
#[tokio::test]
async fn saving_and_its_failure_are_shown() {
    let console = Console::start().await;
    let page = &console.page;
    page.open(SETTINGS).await;
    choose(page, "Asia/Tokyo").await;
    console.server.process.pause();
    page.press("Save Timezone").await;
    page.until(
        "a disabled “Saving…”",
        "return find('button', 'Saving…')?.disabled",
        Vec::new(),
    )
    .await;
    console.server.process.resume();
    page.toasts("Timezone updated").await;
    page.set_offline(true).await;
    page.press("Save Timezone").await;
    page.reads("The timezone was not saved.").await;
    page.set_offline(false).await;
    console.finish().await;
}
