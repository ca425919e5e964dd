//! Webhook of a key: its settings and its deliveries.

use serde_json::json;
use thirtyfour::Key;

use crate::support::Console;
use crate::support::console::CALLS;
use crate::support::voice_host::voice_host;
use crate::support::webhook_receiver::Receiver;

/// Opens the dialog of the only key, types a URL and saves it.
async fn save(console: &Console, url: &str) {
    let page = &console.page;
    page.press("Webhook of CRM").await;
    page.sees("dialog", "Webhook").await;
    page.write("URL", url).await;
    page.press("Save").await;
}

/// An invalid URL is an error of its field; a valid one creates the secret, which is shown once.
#[tokio::test]
async fn the_secret_is_shown_once() {
    let host = voice_host(1).await;
    let console = Console::with_fleet(&host).await;
    console.api.create_named("CRM").await;
    console.open_keys().await;
    let page = &console.page;
    page.expect_network_errors();
    save(&console, "crm.example.com/hook").await;
    let tied = "const field = find('field', 'URL');
        const error = field.getAttribute('aria-describedby').split(' ').map(id => document.getElementById(id)).find(e => e.role === 'alert');
        return field.getAttribute('aria-invalid') === 'true' && error.innerText.includes('whole address')";
    page.until("an error at the field", tied, Vec::new()).await;
    page.focuses("URL").await;
    page.wipe("URL").await;
    page.write("URL", "https://crm.example.com/hook").await;
    page.press("Save").await;
    page.reads("Copy this signing secret now.").await;
    let secret = page.value("Webhook secret").await;
    assert!(secret.starts_with("whsec_"), "a secret");
    page.ticks_after(page.press("Copy")).await;
    assert_eq!(page.clipboard().await, secret);
    page.key(Key::Escape).await;
    page.click_at(5, 5).await;
    assert_eq!(
        page.value("Webhook secret").await,
        secret,
        "it is not closed by accident"
    );
    page.press("Done").await;
    page.sees("button", "Rotate secret…").await;
    let everything = "return document.documentElement.outerHTML + location.href
        + [...document.querySelectorAll('input, textarea')].map(e => e.value) + JSON.stringify({ ...localStorage, ...sessionStorage })";
    let left = page.ask(everything).await;
    assert!(
        !left.as_str().expect("text").contains(&secret),
        "the secret is still there"
    );
    // A changed URL keeps the secret.
    page.wipe("URL").await;
    page.write("URL", "https://crm.example.com/other").await;
    page.press("Save").await;
    page.reads("Saved.").await;
    page.press("Rotate secret…").await;
    page.reads("Rotate the signing secret?").await;
    page.focuses("Cancel").await;
    page.press("Rotate").await;
    page.reads("Copy this signing secret now.").await;
    assert_ne!(page.value("Webhook secret").await, secret);
    page.press("Done").await;
    page.press("Close").await;
    page.sees_no_dialog().await;
    page.focuses("Webhook of CRM").await;
    console.finish().await;
}

/// Removing asks first, and then the key has no webhook.
#[tokio::test]
async fn removing_needs_a_confirmation() {
    let host = voice_host(1).await;
    let console = Console::with_fleet(&host).await;
    console.api.create_named("CRM").await;
    console.open_keys().await;
    let page = &console.page;
    page.expect_network_errors();
    save(&console, "https://crm.example.com/hook").await;
    page.press("Done").await;
    page.press("Remove webhook").await;
    page.reads("Remove this webhook?").await;
    page.press("Cancel").await;
    page.press("Remove webhook").await;
    page.press("Remove").await;
    page.sees_no("button", "Remove webhook").await;
    page.press("Close").await;
    page.press("Webhook of CRM").await;
    page.focuses("URL").await;
    assert_eq!(page.value("URL").await, "");
    console.finish().await;
}

/// Deliveries are listed with their outcome, by key and by call, and can be replayed.
#[tokio::test]
async fn deliveries_are_listed_and_replayed() {
    let (host, receiver) = (voice_host(1).await, Receiver::start().await);
    let console = Console::with_fleet(&host).await;
    let page = &console.page;
    page.expect_network_errors();
    console.open_keys().await;
    let key = console.create_on_page("CRM").await;
    page.press("Done").await;
    save(&console, &receiver.url()).await;
    page.press("Done").await;
    page.reads("No deliveries yet.").await;
    let id = console
        .api
        .place(
            &key,
            json!({"bot_id": "collections", "to_number": "+919876543210"}),
        )
        .await;
    console.api.report(&id, json!({"disconnected_by": "user"})).await;
    for text in ["Delivered", "call.completed", "1 attempt · HTTP 200"] {
        page.reads(text).await;
    }
    page.press("Replay call.completed").await;
    receiver.until_requests(2).await;
    page.reads("2 attempts · HTTP 200").await;
    page.press("Close").await;
    page.open(&format!("{CALLS}?call={id}")).await;
    page.reads("2 attempts · HTTP 200").await;
    page.press("Replay call.completed").await;
    receiver.until_requests(3).await;
    console.finish().await;
}
