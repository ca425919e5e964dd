//! Failures, ends and changes under the console: each is reported, and no input is lost.

use ori_shared::account::Role;
use serde_json::json;

use crate::support::console::{CALLS, KEYS};
use crate::support::server::{EMAIL, PASSWORD};
use crate::support::voice_host::voice_host;
use crate::support::{Browser, Console, Server};

/// A console whose script or WebAssembly is missing reloads once, and then shows that it cannot start.
#[tokio::test]
async fn a_console_that_cannot_start_shows_an_error() {
    let server = Server::start();
    for missing in ["*.js", "*.wasm"] {
        let page = Browser::start(&server.url).await;
        page.expect_network_errors();
        page.cdp("Network.enable", json!({})).await;
        page.cdp("Network.setBlockedURLs", json!({ "urls": [missing] }))
            .await;
        page.open("/sign-in").await;
        page.reads("Ori Console couldn’t start").await;
        let reloads = "return performance.getEntriesByType('navigation')[0].type";
        assert_eq!(page.ask(reloads).await, "reload", "{missing}");
        // The files are available again.
        page.cdp("Network.setBlockedURLs", json!({ "urls": [] })).await;
        page.follow("Reload the page").await;
        page.sees("button", "Sign in").await;
        assert!(!page.does_read("couldn’t start").await);
        assert_eq!(page.ask("return sessionStorage.length").await, 0);
        page.clear_complaints().await;
        page.finish().await;
    }
}

/// Some browsers fill in a remembered password without an event.
#[tokio::test]
async fn autofill_without_an_event_is_read() {
    let server = Server::start();
    let page = Browser::start(&server.url).await;
    page.expect_network_errors();
    page.open("/sign-in").await;
    page.sees("button", "Sign in").await;
    let fill =
        format!("find('field', 'Email').value = '{EMAIL}'; find('field', 'Password').value = '{PASSWORD}';");
    page.ask(&fill).await;
    page.press("Sign in").await;
    page.is_at(KEYS).await;
    page.finish().await;
}

/// A session that ends during the creation of a key is reported; the dialog and its input stay.
#[tokio::test]
async fn a_session_that_ends_in_a_dialog_keeps_the_input() {
    let console = Console::with_keys(&["CRM"]).await;
    let page = &console.page;
    page.expect_network_errors();
    page.press("Create API Key").await;
    page.write("Name", "Billing").await;
    console.session.sign_out().await;
    page.press("Create Key").await;
    page.sees("dialog", "Your session has ended").await;
    page.is_at(KEYS).await;
    page.write("Email", EMAIL).await;
    page.write("Password", PASSWORD).await;
    page.press("Sign in").await;
    page.sees_no("dialog", "Your session has ended").await;
    assert_eq!(page.value("Name").await, "Billing");
    page.press("Create Key").await;
    page.sees("dialog", "Key created").await;
    page.press("Done").await;
    page.lists(&["Billing", "CRM"]).await;
    console.finish().await;
}

/// An error disappears as soon as its field is changed.
#[tokio::test]
async fn an_error_disappears_on_input() {
    let console = Console::with_keys(&[]).await;
    let page = &console.page;
    page.press("Create API Key").await;
    page.press("Create Key").await;
    page.reads("Enter a name for the key.").await;
    page.write("Name", "C").await;
    let gone = "return !document.body.innerText.includes('Enter a name') && !find('field', 'Name').hasAttribute('aria-invalid')";
    page.until("no error", gone, Vec::new()).await;
    console.finish().await;
}

/// An error stays until it is closed; a success disappears by itself.
#[tokio::test]
async fn a_failure_stays_until_it_is_closed() {
    let console = Console::with_keys(&["CRM"]).await;
    let page = &console.page;
    page.set_offline(true).await;
    page.press("Toggle CRM").await;
    page.toasts_failure("We couldn’t confirm that “CRM” was deactivated.")
        .await;
    page.set_offline(false).await;
    page.press("Toggle CRM").await;
    page.toasts("Key deactivated").await;
    // The success is newer.
    let successes = "return document.querySelectorAll('.toasts [role=status] p').length === 0";
    page.until("no success", successes, Vec::new()).await;
    page.toasts_failure("We couldn’t confirm").await;
    page.ask("for (const close of document.querySelectorAll('.toasts .close')) close.click()")
        .await;
    let toasts = "return document.querySelectorAll('.toasts p').length === 0";
    page.until("no toast", toasts, Vec::new()).await;
    console.finish().await;
}

/// A return to the tab fires two events, but the list is loaded once.
#[tokio::test]
async fn a_return_reads_the_list_once() {
    let console = Console::with_keys(&["CRM"]).await;
    let page = &console.page;
    page.lists(&["CRM"]).await;
    let count = "window.reads = 0; const real = window.fetch;
        window.fetch = (...all) => { if ((all[0].url ?? all[0]).includes('/api-keys')) reads += 1; return real(...all); };
        document.dispatchEvent(new Event('visibilitychange'));
        window.dispatchEvent(new Event('focus'));
        setTimeout(() => window.dispatchEvent(new Event('focus')), 10);";
    page.ask(count).await;
    console.api.create_named("Billing").await;
    let name = "return rows().length";
    page.until("a reading", "return reads > 0", Vec::new()).await;
    page.comes_back().await;
    page.lists(&["Billing", "CRM"]).await;
    assert_eq!(page.ask(name).await, 2);
    let reads = page.ask("return reads").await.as_u64();
    assert!(reads <= Some(2), "one for each return: {reads:?}");
    console.finish().await;
}

/// Background requests are marked, so that the server does not count them as activity.
#[tokio::test]
async fn requests_of_an_idle_console_are_marked() {
    let host = voice_host(1).await;
    let console = Console::with_fleet(&host).await;
    let page = &console.page;
    // Simulates a minute without input.
    let source = "window.marked = [];
        const later = window.setTimeout;
        window.setTimeout = (call, delay, ...rest) => later(call, delay === 60000 ? 0 : delay, ...rest);
        const real = window.fetch;
        window.fetch = (request, init) => { marked.push(request.headers?.has('x-background-request')); return real(request, init); };";
    page.cdp(
        "Page.addScriptToEvaluateOnNewDocument",
        json!({ "source": source }),
    )
    .await;
    page.open(CALLS).await;
    page.reads("No calls yet").await;
    page.until("a marked request", "return marked.includes(true)", Vec::new())
        .await;
    console.finish().await;
}

/// A Supervisor sees only the pages of a Supervisor, and the details of a call send no request that is rejected.
#[tokio::test]
async fn a_role_sees_only_its_pages() {
    let host = voice_host(5).await;
    let console = Console::with_fleet(&host).await;
    let page = &console.page;
    let created = console.api.create(json!({"name": "CRM"})).await;
    let key = created["key"].as_str().expect("the key in full");
    let call = json!({"bot_id": "collections", "to_number": "+919876543210"});
    let id = console.api.place(key, call).await;
    console.server.database.give_role(EMAIL, Role::Supervisor).await;
    let source = "window.refused = [];
        const real = window.fetch;
        window.fetch = async (request, init) => {
            const answer = await real(request, init);
            if (answer.status === 403) refused.push(answer.url);
            return answer;
        };";
    page.cdp(
        "Page.addScriptToEvaluateOnNewDocument",
        json!({ "source": source }),
    )
    .await;
    page.open("/dashboard").await;
    page.is_at(CALLS).await;
    let links = "return [...document.querySelectorAll('nav a')].map(a => a.innerText.trim())";
    assert_eq!(page.ask(links).await, json!(["Call Log", "Fleet", "Settings"]));
    page.open(&format!("{CALLS}?call={id}")).await;
    page.reads("History").await;
    assert_eq!(page.ask("return refused").await, json!([]));
    console.finish().await;
}

/// If another person signs in in another tab, this tab does not continue as the previous person.
#[tokio::test]
async fn another_person_in_another_tab_is_noticed() {
    let console = Console::with_keys(&["CRM"]).await;
    let page = &console.page;
    page.expect_network_errors();
    page.lists(&["CRM"]).await;
    // Performed by the other tab.
    console.session.sign_out().await;
    page.ask("window.dispatchEvent(new StorageEvent('storage', { key: 'ori.account', newValue: '' }))")
        .await;
    page.sees("dialog", "Your session has ended").await;
    console.finish().await;
}
