//! "What you see", "Status badges", the search, "Empty and no-result states".

use serde_json::json;

use crate::support::Console;
use crate::support::console::KEYS;

/// "Each key appears as a row with these columns": Name, Key, Status, Expires, Last Used, Created, Actions.
#[tokio::test]
async fn each_key_is_a_row_with_these_columns() {
    let console = Console::with_keys(&["CRM Integration"]).await;
    let page = &console.page;
    let heads = page
        .ask("return [...document.querySelectorAll('thead th')].map(th => th.innerText.trim())")
        .await;
    let columns = [
        "Name",
        "Key",
        "Status",
        "Expires",
        "Last Used",
        "Created",
        "Actions",
    ];
    assert_eq!(heads, json!(columns));
    assert_eq!(page.rows().await[0][0], "CRM Integration");
    // "Actions: The Toggle and Delete buttons for that key."
    assert_eq!(
        page.rows().await[0][6].split_whitespace().collect::<Vec<_>>(),
        ["Toggle", "Delete"]
    );
    console.finish().await;
}

/// "The first few characters of the key followed by ••••. The full key is never shown here — only this masked prefix".
#[tokio::test]
async fn a_key_is_shown_by_its_masked_prefix_only() {
    let console = Console::start().await;
    let created = console.api.create(json!({"name": "CRM"})).await;
    let key = created["key"].as_str().expect("the key in full");
    console.open_keys().await;
    assert_eq!(console.page.rows().await[0][1], format!("{}...••••", &key[..7]));
    let source = console
        .page
        .ask("return document.documentElement.outerHTML")
        .await;
    assert!(!source.as_str().expect("text").contains(&key[..10]));
    console.finish().await;
}

/// "Active (green)", "Inactive (red)", "Expired (grey)".
#[tokio::test]
async fn a_badge_shows_whether_a_key_works() {
    let console = Console::start().await;
    console.api.create_named("works").await;
    let switched_off = console.api.create_named("is switched off").await;
    console.api.switch(&switched_off, false).await;
    console.api.create_named("has expired").await;
    console.api.expire("has expired").await;
    console.open_keys().await;
    let page = &console.page;
    for (name, badge, colour) in [
        ("works", "Active", "badge-green"),
        ("is switched off", "Inactive", "badge-red"),
        ("has expired", "Expired", "badge-grey"),
    ] {
        page.shows(name, 2, badge).await;
        let script = "const row = [...document.querySelectorAll('tbody tr')].find(r => r.innerText.includes(arguments[0]));
            return row.querySelector('.badge').classList.contains(arguments[1])";
        let coloured = page.script(script, vec![json!(name), json!(colour)]).await;
        assert_eq!(coloured.expect("a badge"), true, "{badge} is {colour}");
    }
    console.finish().await;
}

/// "The key’s expiry date, or -- if it never expires." "-- if it has never been used." "The date the key was created."
#[tokio::test]
async fn a_missing_date_is_two_dashes() {
    let console = Console::with_keys(&["CRM"]).await;
    let row = console.page.rows().await.remove(0);
    let created = &console.api.list().await[0]["created_at"];
    let created: chrono::DateTime<chrono::Utc> = serde_json::from_value(created.clone()).expect("a time");
    assert_eq!([&row[3], &row[4]], ["--", "--"]);
    assert_eq!(row[5], created.format("%-d %b %Y").to_string());
    console.finish().await;
}

/// "How long ago the key was last used (for example “2 hours ago”)". The text is updated while the page is open.
#[tokio::test]
async fn the_last_use_is_shown_as_elapsed_time() {
    let console = Console::start().await;
    console.api.create_named("CRM").await;
    let used = console.api.now().await - chrono::TimeDelta::minutes(125);
    fake_last_use(&console, &used.to_rfc3339()).await;
    console.open_keys().await;
    console.page.shows("CRM", 4, "2 hours ago").await;
    console.finish().await;
}

/// Intercepts the list in this browser to add a last use, because nothing uses a key here.
async fn fake_last_use(console: &Console, at: &str) {
    let source = format!(
        "const real = window.fetch;
        window.fetch = async (...request) => {{
            const answer = await real(...request);
            const url = request[0].url || request[0];
            if (!url.includes('/api/v1/api-keys')) return answer;
            const body = await answer.json();
            for (const key of body.items || []) key.last_used_at = '{at}';
            return new Response(JSON.stringify(body), {{ status: answer.status, headers: answer.headers }});
        }};"
    );
    let script = json!({ "source": source });
    console
        .page
        .cdp("Page.addScriptToEvaluateOnNewDocument", script)
        .await;
}

/// "Type any part of a key’s name or its masked prefix to filter the list." "Search runs as you type and is
/// case-insensitive. Clear the box to show all keys again."
#[tokio::test]
async fn search_filters_as_you_type() {
    let console = Console::with_keys(&["Straße Öl", "Billing", "CRM Integration"]).await;
    let page = &console.page;
    for (typed, found) in [
        ("crm INT", vec!["CRM Integration"]),
        ("ÖL", vec!["Straße Öl"]),
        ("i", vec!["CRM Integration", "Billing", "Straße Öl"]),
        ("iL", vec!["Billing"]),
    ] {
        page.write("Search", typed).await;
        page.lists(&found).await;
        page.wipe("Search").await;
        page.lists(&["CRM Integration", "Billing", "Straße Öl"]).await;
    }
    let masked = page.rows().await[1][1].clone();
    page.write("Search", masked.to_uppercase()).await;
    page.shows("Billing", 1, &masked).await;
    page.reads(" of 3").await;
    console.finish().await;
}

/// The search is part of the address and survives a reload.
#[tokio::test]
async fn a_search_survives_a_reload() {
    let console = Console::with_keys(&["Billing & co", "CRM"]).await;
    let page = &console.page;
    page.write("Search", "g & c").await;
    page.lists(&["Billing & co"]).await;
    let address = page
        .until("q in the address", "return location.search", Vec::new())
        .await;
    let address = address.as_str().expect("a query").to_owned();
    assert!(address.starts_with("?q="), "{address}");
    page.driver().refresh().await.expect("a reload");
    page.lists(&["Billing & co"]).await;
    assert_eq!(page.value("Search").await, "g & c");
    page.wipe("Search").await;
    page.lists(&["CRM", "Billing & co"]).await;
    page.is_at(KEYS).await;
    console.finish().await;
}

/// "Search matches nothing: The list reads No API keys found. Clear or change the search term to see your keys again."
#[tokio::test]
async fn a_search_without_matches_shows_a_message() {
    let console = Console::with_keys(&["CRM"]).await;
    let page = &console.page;
    page.write("Search", "zebra").await;
    page.reads("No API keys found").await;
    page.reads("Clear or change the search term to see your keys again.")
        .await;
    page.wipe("Search").await;
    page.lists(&["CRM"]).await;
    assert!(!page.does_read("No API keys found").await);
    console.finish().await;
}

/// "No keys created yet": “No API keys yet”, “Create an API key to allow external systems to trigger outbound calls”,
/// "and a Create API Key button to get started".
#[tokio::test]
async fn no_keys_yet_offers_to_create_one() {
    let console = Console::with_keys(&[]).await;
    let page = &console.page;
    page.reads("No API keys yet").await;
    page.reads("Create an API key to allow external systems to trigger outbound calls")
        .await;
    let inside = thirtyfour::By::Css(".placeholder button");
    let button = page
        .driver()
        .find(inside)
        .await
        .expect("a button in the empty state");
    assert_eq!(button.text().await.expect("its name"), "Create API Key");
    button.click().await.expect("a press");
    page.sees("dialog", "Create API key").await;
    console.finish().await;
}

/// "The table shows a loading spinner with a “Loading…” message while keys are fetched."
#[tokio::test]
async fn loading_shows_a_spinner() {
    let console = Console::with_keys(&["CRM"]).await;
    let page = &console.page;
    page.follow("Settings").await;
    page.sees("button", "Save Timezone").await;
    console.server.process.pause();
    page.follow("API Keys").await;
    page.reads("Loading…").await;
    page.until(
        "a spinner",
        "return visible(document.querySelector('.spinner'))",
        Vec::new(),
    )
    .await;
    console.server.process.resume();
    page.lists(&["CRM"]).await;
    assert!(!page.does_read("Loading…").await);
    console.finish().await;
}

/// A failed load shows an error with a button to retry.
#[tokio::test]
async fn a_failed_load_can_be_tried_again() {
    let console = Console::with_keys(&["CRM"]).await;
    let page = &console.page;
    page.follow("Settings").await;
    page.sees("button", "Save Timezone").await;
    page.set_offline(true).await;
    page.follow("API Keys").await;
    page.reads("Couldn’t load the API keys").await;
    page.press("Try again").await;
    page.reads("Couldn’t load the API keys").await;
    page.set_offline(false).await;
    page.press("Try again").await;
    page.lists(&["CRM"]).await;
    console.finish().await;
}

/// Two keys may have the same name; the prefix distinguishes them.
#[tokio::test]
async fn two_keys_may_have_the_same_name() {
    let console = Console::with_keys(&["CRM", "CRM"]).await;
    console.page.lists(&["CRM", "CRM"]).await;
    let rows = console.page.rows().await;
    assert_ne!(rows[0][1], rows[1][1]);
    console.finish().await;
}

/// A name is always text, never markup.
#[tokio::test]
async fn a_name_is_never_markup() {
    const NAME: &str = "<img src=x onerror=alert(1)>";
    let console = Console::with_keys(&[NAME]).await;
    let page = &console.page;
    page.lists(&[NAME]).await;
    page.press(&format!("Delete {NAME}")).await;
    page.reads(NAME).await;
    page.press("Cancel").await;
    page.press(&format!("Toggle {NAME}")).await;
    page.toasts("Key deactivated").await;
    assert_eq!(page.ask("return document.images.length").await, 0);
    console.finish().await;
}

/// Changes by another admin appear as soon as the tab becomes visible again.
#[tokio::test]
async fn changes_made_elsewhere_appear_on_return() {
    let console = Console::with_keys(&["goes", "changes"]).await;
    let page = &console.page;
    page.lists(&["changes", "goes"]).await;
    let keys = console.api.list().await;
    let id = |name: &str| {
        let key = keys.iter().find(|key| key["name"] == name).expect("the key");
        key["id"].as_str().expect("an id").to_owned()
    };
    console.api.delete(&id("goes")).await;
    console.api.switch(&id("changes"), false).await;
    console.api.create_named("comes").await;
    page.comes_back().await;
    page.lists(&["comes", "changes"]).await;
    page.shows("changes", 2, "Inactive").await;
    console.finish().await;
}

/// Newest first by default; the selected order is part of the address.
#[tokio::test]
async fn columns_sort() {
    let console = Console::with_keys(&["b", "C", "a"]).await;
    let page = &console.page;
    page.lists(&["a", "C", "b"]).await;
    page.press("Name").await;
    page.lists(&["a", "b", "C"]).await;
    page.press("Name").await;
    page.lists(&["C", "b", "a"]).await;
    let order = page
        .ask("return document.querySelector('th[aria-sort]').getAttribute('aria-sort')")
        .await;
    assert_eq!(order, "descending");
    page.driver().refresh().await.expect("a reload");
    page.lists(&["C", "b", "a"]).await;
    console.finish().await;
}

/// "Open it from the dashboard sidebar, or go directly to /dashboard/api-keys."
#[tokio::test]
async fn the_page_is_in_the_sidebar_and_at_its_address() {
    let console = Console::with_keys(&[]).await;
    let page = &console.page;
    page.sees("heading", "API Keys").await;
    page.follow("Settings").await;
    page.sees("heading", "Settings").await;
    page.follow("API Keys").await;
    page.is_at(KEYS).await;
    page.reads("No API keys yet").await;
    console.finish().await;
}
