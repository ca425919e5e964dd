//! Takes the screenshots of README and `docs`. Each run writes them to `target/screenshots`;
//! `SCREENSHOTS=$PWD/docs/images cargo xtask test screenshots` replaces the committed ones.

use std::env;
use std::path::PathBuf;

use serde_json::json;

use crate::accessibility::place_calls;
use crate::support::console::{CALLS, FLEET, KEYS};
use crate::support::environment;
use crate::support::gallery::{appear, picture_in};
use crate::support::voice_host::voice_host;
use crate::support::{Browser, Console};

#[tokio::test]
async fn screenshots_of_every_page() {
    let host = voice_host(20).await;
    let console = Console::with_fleet(&host).await;
    let page = &console.page;
    for name in ["Billing reminders", "Support desk", "Staging"] {
        console.api.create_named(name).await;
    }
    let key = json!({"name": "Summer campaign", "expires_on": "2035-08-31"});
    console.api.create(key).await;
    console.api.create_named("Trial").await;
    console.api.expire("Trial").await;
    let call = place_calls(&console).await;
    page.open(KEYS).await;
    page.press("Toggle Staging").await;
    page.shows("Staging", 2, "Inactive").await;
    page.shows("Trial", 2, "Expired").await;
    for (name, path, text) in [
        ("api-keys", KEYS.to_owned(), "Summer campaign"),
        ("call-log", CALLS.to_owned(), "Busy or declined"),
        (
            "call",
            format!("{CALLS}?call={call}"),
            "Good day, this is your bank",
        ),
        ("fleet", FLEET.to_owned(), "Capacity"),
        ("settings", "/dashboard/settings".to_owned(), "Save Timezone"),
    ] {
        page.open(&path).await;
        page.reads(text).await;
        take(page, name).await;
    }
    page.open(KEYS).await;
    page.press("Create API Key").await;
    page.write("Name", "CRM").await;
    page.press("Create Key").await;
    page.sees("dialog", "Key created").await;
    take(page, "key-created").await;
    page.press("Done").await;
    console.finish().await;
}

/// Takes a screenshot in both color schemes, at the size of a laptop.
async fn take(page: &Browser, name: &str) {
    let folder = env::var_os("SCREENSHOTS").map_or_else(environment::screenshots, PathBuf::from);
    for scheme in ["light", "dark"] {
        appear(page, scheme, 1280).await;
        picture_in(&folder, page, &format!("{name}-{scheme}")).await;
    }
}
