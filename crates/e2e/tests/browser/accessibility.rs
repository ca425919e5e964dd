//! Checks every state in light and dark, on wide and narrow screens: no violation found by axe-core and no sideways
//! scrolling. Takes a screenshot of each.

use std::time::Duration;

use ori_shared::account::Role;
use serde_json::json;

use crate::support::console::{CALLS, FLEET, KEYS};
use crate::support::gallery::Gallery;
use crate::support::server::EMAIL;
use crate::support::voice_host::voice_host;
use crate::support::{Browser, Console, Fonts, Server};

/// Runs each test with each set of fonts.
macro_rules! with_each_set_of_fonts {
    ($($test:ident),* $(,)?) => {
        mod dejavu {
            use crate::support::Fonts;
            $(#[tokio::test] async fn $test() { super::$test(Fonts::DejaVu).await; })*
        }
        mod liberation {
            use crate::support::Fonts;
            $(#[tokio::test] async fn $test() { super::$test(Fonts::Liberation).await; })*
        }
    };
}

with_each_set_of_fonts![
    signed_out,
    empty_loading_failed,
    list,
    not_allowed,
    dialogs,
    calls,
    webhook,
    fleet,
    no_fleet,
    zoomed,
];

async fn signed_out(fonts: Fonts) {
    let (server, link) = Server::without_accounts();
    let page = Browser::start_with(&server.url, fonts.into()).await;
    page.expect_network_errors();
    let mut gallery = Gallery::of(fonts);
    page.open("/sign-in").await;
    page.sees("button", "Sign in").await;
    gallery.show(&page, "sign-in").await;
    page.write("Email", EMAIL).await;
    page.write("Password", "not it").await;
    page.press("Sign in").await;
    page.until(
        "an alert",
        "return !!document.querySelector('.alert')",
        Vec::new(),
    )
    .await;
    gallery.show(&page, "sign-in-refused").await;
    page.open("/setup").await;
    page.reads("This setup link is incomplete.").await;
    gallery.show(&page, "setup-incomplete").await;
    page.open(link.strip_prefix(&server.url).expect("a link to this server"))
        .await;
    page.press("Create admin").await;
    gallery.show(&page, "setup").await;
    page.open("/nowhere").await;
    page.sees("heading", "Page not found").await;
    gallery.show(&page, "not-found").await;
    page.finish().await;
    gallery.judge();
}

async fn empty_loading_failed(fonts: Fonts) {
    let console = Console::with_keys_in(&[], fonts.into()).await;
    let page = &console.page;
    let mut gallery = Gallery::of(fonts);
    page.reads("No API keys yet").await;
    gallery.show(page, "keys-empty").await;
    page.follow("Settings").await;
    page.sees("button", "Save Timezone").await;
    gallery.show(page, "settings").await;
    console.server.process.pause();
    page.follow("API Keys").await;
    page.reads("Loading…").await;
    gallery.show(page, "keys-loading").await;
    console.server.process.resume();
    page.reads("No API keys yet").await;
    page.follow("Settings").await;
    page.sees("button", "Save Timezone").await;
    page.set_offline(true).await;
    page.follow("API Keys").await;
    page.reads("Couldn’t load the API keys").await;
    gallery.show(page, "keys-failed").await;
    console.finish().await;
    gallery.judge();
}

/// Shows three badges, names of different lengths, and a toast.
async fn list(fonts: Fonts) {
    let console = Console::start_with(fonts.into()).await;
    let page = &console.page;
    for name in [
        "CRM Integration",
        "Billing",
        &"A very long name ".repeat(6)[..100],
        &"W".repeat(100),
    ] {
        console.api.create_named(name).await;
    }
    console
        .api
        .create(json!({"name": "Until summer", "expires_on": "2035-07-04"}))
        .await;
    console.api.create_named("Trial").await;
    console.api.expire("Trial").await;
    console.open_keys().await;
    page.shows("Trial", 2, "Expired").await;
    page.press("Toggle Billing").await;
    page.shows("Billing", 2, "Inactive").await;
    page.toasts("Key deactivated").await;
    let mut gallery = Gallery::of(fonts);
    gallery.show(page, "keys-list").await;
    page.write("Search", "zebra").await;
    page.reads("No API keys found").await;
    gallery.show(page, "keys-no-match").await;
    console.finish().await;
    gallery.judge();
}

async fn not_allowed(fonts: Fonts) {
    let console = Console::start_with(fonts.into()).await;
    let page = &console.page;
    page.expect_network_errors();
    console.server.database.give_role(EMAIL, Role::Agent).await;
    page.open(KEYS).await;
    page.reads("Only admins manage API keys").await;
    let mut gallery = Gallery::of(fonts);
    gallery.show(page, "keys-not-allowed").await;
    console.finish().await;
    gallery.judge();
}

async fn dialogs(fonts: Fonts) {
    let console = Console::with_keys_in(&["CRM Integration"], fonts.into()).await;
    let page = &console.page;
    let mut gallery = Gallery::of(fonts);
    page.press("Create API Key").await;
    page.focuses("Name").await;
    gallery.show(page, "create").await;
    page.press("Create Key").await;
    page.reads("Enter a name for the key.").await;
    gallery.show(page, "create-blank").await;
    page.write("Name", "Dialer").await;
    page.press("Create Key").await;
    page.sees("dialog", "Key created").await;
    gallery.show(page, "created").await;
    page.press("Copy").await;
    page.driver().back().await.expect("a step back");
    page.reads("Leave without saving the key?").await;
    gallery.show(page, "created-leaving").await;
    page.press("Stay").await;
    page.press("Done").await;
    page.press("Delete CRM Integration").await;
    page.sees("dialog", "Delete API Key").await;
    gallery.show(page, "delete").await;
    page.set_offline(true).await;
    page.press("Delete").await;
    page.reads("We couldn’t confirm that the key was deleted.").await;
    gallery.show(page, "delete-failed").await;
    page.press("Cancel").await;
    page.press("Toggle CRM Integration").await;
    page.toasts_failure("We couldn’t confirm that “CRM Integration” was deactivated.")
        .await;
    gallery.show(page, "toggle-failed").await;
    console.finish().await;
    gallery.judge();
}

/// Shows calls in every status, the details of one, and the empty and failed states.
async fn calls(fonts: Fonts) {
    let host = voice_host(9).await;
    let console = Console::with_fleet_in(&host, fonts.into()).await;
    let page = &console.page;
    let mut gallery = Gallery::of(fonts);
    page.open(CALLS).await;
    page.reads("No calls yet").await;
    gallery.show(page, "calls-empty").await;
    let id = place_calls(&console).await;
    page.reads("Busy or declined · SIP 486").await;
    gallery.show(page, "calls-list").await;
    page.open(&format!("{CALLS}?call={id}")).await;
    page.reads("Good day, this is your bank").await;
    page.reads("Nothing was sent to a webhook for this call.").await;
    gallery.show(page, "calls-detail").await;
    page.press("Close").await;
    page.write("Search", "zebra").await;
    page.reads("No calls found").await;
    gallery.show(page, "calls-no-match").await;
    page.press("Clear filters").await;
    page.reads("Busy or declined · SIP 486").await;
    page.set_offline(true).await;
    page.reads("This list may be out of date.").await;
    gallery.show(page, "calls-stale").await;
    console.finish().await;
    gallery.judge();
}

/// Places six calls that end in six ways. Returns the id of one that took place.
pub(crate) async fn place_calls(console: &Console) -> String {
    let api = &console.api;
    let created = api.create(json!({"name": "CRM Integration"})).await;
    let key = created["key"].as_str().expect("the key in full");
    let mut last = String::new();
    for (number, result) in [
        ("+919876543210", None),
        (
            "+919876543211",
            Some(json!({"disconnected_by": "rejected", "sip_status": 486})),
        ),
        (
            "+4915100000002",
            Some(json!({"disconnected_by": "no_answer", "sip_status": 480})),
        ),
        (
            "+12025550123",
            Some(json!({"disconnected_by": "voicemail", "call_duration_seconds": 21})),
        ),
        (
            "+12025550124",
            Some(json!({"disconnected_by": "error", "sip_status": 500})),
        ),
        (
            "+919876543215",
            Some(
                json!({"disconnected_by": "user", "call_duration_seconds": 184.4, "session_id": "session-1",
            "recording_url": "https://recordings.example.com/184",
            "transcript": [{"role": "bot", "text": "Good day, this is your bank. May I speak to Rajesh?"}, {"role": "user", "text": "Speaking."}]}),
            ),
        ),
    ] {
        let call = json!({"bot_id": "bot_collections_with_a_long_name", "to_number": number, "from_number": "+911234567890",
            "call_reference": format!("case-{number}"), "variables": {"CUSTOMERNAME": "Rajesh", "due_amount": "50000"}});
        last = api.place(key, call).await;
        if let Some(result) = result {
            api.report(&last, result).await;
        }
    }
    last
}

async fn webhook(fonts: Fonts) {
    let console = Console::with_keys_in(&["CRM"], fonts.into()).await;
    let page = &console.page;
    page.expect_network_errors();
    let mut gallery = Gallery::of(fonts);
    page.press("Webhook of CRM").await;
    page.focuses("URL").await;
    gallery.show(page, "webhook").await;
    page.write("URL", "https://crm.example.com/hooks/ori").await;
    page.press("Save").await;
    page.reads("Copy this signing secret now.").await;
    gallery.show(page, "webhook-secret").await;
    page.press("Done").await;
    page.reads("No deliveries yet.").await;
    gallery.show(page, "webhook-set").await;
    page.press("Remove webhook").await;
    page.reads("Remove this webhook?").await;
    gallery.show(page, "webhook-removing").await;
    console.finish().await;
    gallery.judge();
}

async fn fleet(fonts: Fonts) {
    let mut host = voice_host(20).await;
    let console = Console::with_fleet_in(&host, fonts.into()).await;
    let page = &console.page;
    let mut gallery = Gallery::of(fonts);
    host.take(7);
    page.open(FLEET).await;
    page.until_within(
        Duration::from_secs(90),
        "a busy fleet",
        "return !!document.querySelector('[aria-valuenow=\"35\"]')",
        Vec::new(),
    )
    .await;
    gallery.show(page, "fleet-green").await;
    host.take(17);
    page.until_within(
        Duration::from_secs(90),
        "a full fleet",
        "return !!document.querySelector('.meter-red')",
        Vec::new(),
    )
    .await;
    gallery.show(page, "fleet-red").await;
    host.die().await;
    page.until_within(
        Duration::from_secs(90),
        "a dead host",
        "return !!document.querySelector('.host .alert')",
        Vec::new(),
    )
    .await;
    gallery.show(page, "fleet-unhealthy").await;
    console.finish().await;
    gallery.judge();
}

async fn no_fleet(fonts: Fonts) {
    let console = Console::start_with(fonts.into()).await;
    let page = &console.page;
    let mut gallery = Gallery::of(fonts);
    page.open(FLEET).await;
    page.reads("No voice hosts are configured").await;
    gallery.show(page, "fleet-empty").await;
    page.follow("Settings").await;
    page.sees("button", "Save Timezone").await;
    page.set_offline(true).await;
    page.follow("Fleet").await;
    page.reads("Couldn’t load the fleet").await;
    gallery.show(page, "fleet-failed").await;
    console.finish().await;
    gallery.judge();
}

/// A window with a width of 320 px, which corresponds to 1280 px at 400 % zoom, does not scroll sideways.
async fn zoomed(fonts: Fonts) {
    let console = Console::with_keys_in(&["CRM Integration"], fonts.into()).await;
    let page = &console.page;
    let metrics = json!({"width": 320, "height": 640, "deviceScaleFactor": 1, "mobile": false});
    page.cdp("Emulation.setDeviceMetricsOverride", metrics).await;
    for path in [KEYS, CALLS, FLEET, "/dashboard/settings"] {
        page.open(path).await;
        page.until(
            "the page",
            "return !!document.querySelector('tbody tr, #timezone, .placeholder-title')",
            Vec::new(),
        )
        .await;
        let overflow = page
            .ask("return document.scrollingElement.scrollWidth - innerWidth")
            .await;
        assert!(
            overflow.as_i64().is_some_and(|pixels| pixels <= 0),
            "{path}: {overflow} px"
        );
    }
    console.finish().await;
}
