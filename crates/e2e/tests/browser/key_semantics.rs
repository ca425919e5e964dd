//! The texts of the page about keys match the behaviour of the API.

use reqwest::StatusCode;
use serde_json::json;

use crate::support::Console;

/// "Inactive: It is rejected on every request until you switch it back on." "Deleting a key is permanent and takes
/// effect immediately — any CRM or system still using it will start getting rejected right away."
#[tokio::test]
async fn a_key_works_exactly_as_described_on_the_page() {
    let console = Console::with_keys(&[]).await;
    let page = &console.page;
    let key = console.create_on_page("CRM").await;
    page.press("Done").await;
    assert_eq!(
        console.api.call_with(&key).await,
        StatusCode::SERVICE_UNAVAILABLE,
        "let in"
    );
    page.press("Toggle CRM").await;
    page.shows("CRM", 2, "Inactive").await;
    assert_eq!(console.api.call_with(&key).await, StatusCode::FORBIDDEN);
    page.press("Toggle CRM").await;
    page.shows("CRM", 2, "Active").await;
    assert_eq!(
        console.api.call_with(&key).await,
        StatusCode::SERVICE_UNAVAILABLE,
        "let in"
    );
    page.press("Delete CRM").await;
    page.press("Delete").await;
    page.reads("No API keys yet").await;
    assert_eq!(console.api.call_with(&key).await, StatusCode::UNAUTHORIZED);
    console.finish().await;
}

/// "Expired: The key’s expiry date has passed. It can no longer be used."
#[tokio::test]
async fn an_expired_key_can_no_longer_be_used() {
    let console = Console::start().await;
    let end = console.api.now().await + chrono::TimeDelta::hours(1);
    let created = console
        .api
        .create(json!({"name": "CRM", "expires_at": end}))
        .await;
    let key = created["key"].as_str().expect("the key in full");
    assert_eq!(
        console.api.call_with(key).await,
        StatusCode::SERVICE_UNAVAILABLE,
        "let in"
    );
    console.api.expire("CRM").await;
    console.open_keys().await;
    console.page.shows("CRM", 2, "Expired").await;
    assert_eq!(console.api.call_with(key).await, StatusCode::FORBIDDEN);
    console.finish().await;
}

/// "Last Used: How long ago the key was last used …, or -- if it has never been used."
#[tokio::test]
async fn a_used_key_shows_its_last_use() {
    let console = Console::start().await;
    let created = console.api.create(json!({"name": "CRM"})).await;
    let key = created["key"].as_str().expect("the key in full");
    console.open_keys().await;
    let page = &console.page;
    page.shows("CRM", 4, "--").await;
    console.api.call_with(key).await;
    // Uses are stored in batches, so the page may have to be loaded twice.
    let shown = "if (rows()[0][4] !== '--') return rows()[0][4]; window.dispatchEvent(new Event('focus')); return false";
    let shown = page.until("a last use", shown, Vec::new()).await;
    assert_eq!(shown, "just now");
    console.finish().await;
}
