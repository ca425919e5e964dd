//! Edge cases: texts, focus and order after a change, long names, upgrades and fresh servers.

use serde_json::json;

use crate::support::console::{CALLS, KEYS};
use crate::support::voice_host::voice_host;
use crate::support::{Browser, Console, Server};

/// An expired key stays expired when it is switched on, and the toast says so.
#[tokio::test]
async fn switching_on_an_expired_key_does_not_claim_that_it_works() {
    let console = Console::with_keys(&[]).await;
    let page = &console.page;
    let end = console.api.now().await + chrono::TimeDelta::seconds(2);
    console
        .api
        .create(json!({"name": "CRM", "expires_at": end}))
        .await;
    page.open(KEYS).await;
    page.shows("CRM", 2, "Expired").await;
    page.press("Toggle CRM").await;
    page.shows("CRM", 2, "Inactive").await;
    page.press("Toggle CRM").await;
    page.shows("CRM", 2, "Expired").await;
    page.toasts("Key switched on, but it has expired").await;
    console.finish().await;
}

/// In a list sorted by status, a toggled row keeps its place until the list is loaded or sorted again.
#[tokio::test]
async fn a_toggled_row_stays_in_its_place() {
    let console = Console::with_keys(&["First", "Second", "Third"]).await;
    let page = &console.page;
    page.open(&format!("{KEYS}?sort=status")).await;
    page.lists(&["Third", "Second", "First"]).await;
    page.press("Toggle Third").await;
    page.shows("Third", 2, "Inactive").await;
    page.lists(&["Third", "Second", "First"]).await;
    console.finish().await;
}

/// After a deletion, the next Enter must not open another key's confirmation.
#[tokio::test]
async fn after_a_delete_the_focus_is_on_no_other_delete() {
    let console = Console::with_keys(&["First", "Second", "Third"]).await;
    let page = &console.page;
    page.lists(&["Third", "Second", "First"]).await;
    page.press("Delete Second").await;
    page.press("Delete").await;
    page.lists(&["Third", "First"]).await;
    page.focuses("Create API Key").await;
    console.finish().await;
}

/// A name of 100 characters without a space does not widen the page on a phone.
#[tokio::test]
async fn a_long_name_widens_no_page_on_a_phone() {
    let host = voice_host(5).await;
    let console = Console::with_fleet(&host).await;
    let page = &console.page;
    let created = console.api.create(json!({"name": "W".repeat(100)})).await;
    let key = created["key"].as_str().expect("the key in full");
    let call = json!({"bot_id": "collections", "to_number": "+919876543210"});
    console.api.place(key, call).await;
    for width in [390, 320] {
        let metrics = json!({"width": width, "height": 844, "deviceScaleFactor": 1, "mobile": true});
        page.cdp("Emulation.setDeviceMetricsOverride", metrics).await;
        for path in [KEYS, CALLS] {
            page.open(path).await;
            page.until("a row", "return rows().length === 1", Vec::new())
                .await;
            let script = "return document.scrollingElement.scrollWidth";
            assert_eq!(page.ask(script).await, width, "{path}");
        }
    }
    console.finish().await;
}

/// A tab that is older than the server offers to reload.
#[tokio::test]
async fn an_upgrade_of_the_server_is_noticed() {
    let console = Console::with_keys(&["CRM"]).await;
    let page = &console.page;
    page.lists(&["CRM"]).await;
    page.comes_back().await;
    assert!(!page.does_read("A new version of the console is available.").await);
    let upgrade = "const real = window.fetch;
        window.fetch = async (request, init) => {
            const answer = await real(request, init);
            if (request.method !== 'HEAD') return answer;
            return new Response(null, { headers: { etag: '\"of-another-version\"' } });
        }";
    page.ask(upgrade).await;
    page.comes_back().await;
    page.reads("A new version of the console is available.").await;
    page.sees("button", "Reload").await;
    console.finish().await;
}

/// A server without an account explains how to find its set-up link.
#[tokio::test]
async fn a_fresh_server_explains_how_to_find_the_setup_link() {
    let (server, _link) = Server::without_accounts();
    let page = Browser::start(&server.url).await;
    page.expect_network_errors();
    page.open("/sign-in").await;
    page.reads("Open the setup link that it printed when it started.")
        .await;
    page.finish().await;
}

/// The column's header explains what counts as a use.
#[tokio::test]
async fn last_used_explains_a_use() {
    let console = Console::with_keys(&["CRM"]).await;
    let page = &console.page;
    page.lists(&["CRM"]).await;
    let script = "return find('button', 'Last Used').title";
    let title = page.ask(script).await;
    assert!(
        title
            .as_str()
            .is_some_and(|title| title.contains("placing a call or reading")),
        "{title}"
    );
    console.finish().await;
}
