//! Secrets and phone numbers stay out of addresses, history and requests; names are never translated.

use serde_json::json;

use crate::support::Console;
use crate::support::console::{CALLS, KEYS};
use crate::support::voice_host::voice_host;

/// Records every request and every address in `window.seen`.
const WATCH: &str = "window.seen = [];
    const real = window.fetch;
    window.fetch = (request, init) => { seen.push(request.url ?? request); return real(request, init); };
    for (const name of ['pushState', 'replaceState']) {
        const change = history[name].bind(history);
        history[name] = (...all) => { seen.push(JSON.stringify(all)); return change(...all); };
    }";

/// A key pasted into Search is immediately cut to its prefix, and finds its row.
#[tokio::test]
async fn a_pasted_key_finds_its_row_and_is_seen_nowhere() {
    let console = Console::with_keys(&["Billing"]).await;
    let page = &console.page;
    let created = console.api.create(json!({"name": "CRM"})).await;
    let key = created["key"].as_str().expect("the key in full");
    page.comes_back().await;
    page.lists(&["CRM", "Billing"]).await;
    page.ask(WATCH).await;
    page.ask(&format!(
        "const field = find('field', 'Search'); field.value = '{key}'; field.dispatchEvent(new Event('input', {{ bubbles: true }}))"
    ))
    .await;
    page.lists(&["CRM"]).await;
    assert_eq!(page.value("Search").await, key[..7]);
    page.is_at(&format!("{KEYS}?q={}", &key[..7])).await;
    let seen = page
        .ask("return JSON.stringify(seen) + document.documentElement.outerHTML + JSON.stringify(history.state)")
        .await;
    assert!(!seen.as_str().expect("text").contains(&key[7..]));
    console.finish().await;
}

/// A phone number in the search of the Call Log does not appear in the address or the history.
#[tokio::test]
async fn a_phone_number_stays_out_of_the_address() {
    let host = voice_host(5).await;
    let console = Console::with_fleet(&host).await;
    let page = &console.page;
    let created = console.api.create(json!({"name": "CRM"})).await;
    let key = created["key"].as_str().expect("the key in full");
    for number in ["+919876543210", "+12025550123"] {
        console
            .api
            .place(key, json!({"bot_id": "collections", "to_number": number}))
            .await;
    }
    page.open(CALLS).await;
    page.until("two calls", "return rows().length === 2", Vec::new())
        .await;
    let watch = "window.seen = [];
        for (const name of ['pushState', 'replaceState']) {
            const change = history[name].bind(history);
            history[name] = (...all) => { seen.push(JSON.stringify(all)); return change(...all); };
        }";
    page.ask(watch).await;
    page.write("Search", "+91 98765 43210").await;
    page.until("one call", "return rows().length === 1", Vec::new())
        .await;
    page.until("a written address", "return seen.length > 0", Vec::new())
        .await;
    let seen = page.ask("return JSON.stringify(seen) + location.href").await;
    let seen = seen.as_str().expect("text");
    assert!(!seen.contains("98765") && !seen.contains("43210"), "{seen}");
    console.finish().await;
}

/// A browser that translates the page leaves names and prefixes alone, and a name has its own text direction.
#[tokio::test]
async fn names_are_not_translated_and_have_their_own_direction() {
    let console = Console::with_keys(&["مفتاح"]).await;
    let page = &console.page;
    page.lists(&["مفتاح"]).await;
    let script = "const [name, key] = document.querySelector('tbody tr').cells;
        const inner = (cell, text) => [...cell.querySelectorAll('*')].find(e => e.innerText === text);
        return [inner(name, name.innerText).translate, inner(key, key.innerText).translate,
            getComputedStyle(inner(name, name.innerText)).direction]";
    assert_eq!(page.ask(script).await, json!([false, false, "rtl"]));
    console.finish().await;
}

/// A name that was typed on one system is found when it is typed on another.
#[tokio::test]
async fn both_forms_of_an_accented_letter_find_each_other() {
    let console = Console::with_keys(&["Cafe\u{301}"]).await;
    let page = &console.page;
    let name = "Caf\u{e9}";
    page.until("the key", "return rows().length === 1", Vec::new())
        .await;
    page.write("Search", name).await;
    page.reads("1 of 1").await;
    console.finish().await;
}
