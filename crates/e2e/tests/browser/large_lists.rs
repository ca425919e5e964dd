//! Large lists. No test depends on the speed of the machine: they count rows in the document, requests, and changes per
//! key press. `cargo xtask bench` measures times.

use serde_json::json;
use thirtyfour::prelude::*;

use crate::support::console::{CALLS, FLEET, KEYS};
use crate::support::voice_host::voice_host;
use crate::support::{Console, Fonts};

/// Limit of rows in the document. More means that invisible rows are rendered.
const MAX_ROWS: u64 = 60;
/// Limit of nodes added or removed by a key press. More means that rows are not reused.
const MAX_CHANGES: u64 = 600;

/// Records, from the first load, the maximum number of rows, layout shifts without user input, and requests for the
/// list. Requests with a `cursor` or a `q` can be held back.
async fn watch(console: &Console) {
    let source = "window.shifts = [];
        new PerformanceObserver(list => {
            for (const { hadRecentInput, value, sources } of list.getEntries()) {
                if (hadRecentInput) continue;
                const side = ({ x, y, width, height }) => [x, y, width, height].join(' ');
                shifts.push([innerWidth, value, ...sources.map(s => [s.node?.outerHTML?.slice(0, 200), side(s.previousRect), side(s.currentRect)])]);
            }
        }).observe({ type: 'layout-shift', buffered: true });
        Object.assign(window, { most: 0, changes: 0, requested: [], held: null });
        new MutationObserver(records => {
            most = Math.max(most, document.querySelectorAll('tbody tr').length);
            for (const { addedNodes, removedNodes } of records) changes += addedNodes.length + removedNodes.length;
        }).observe(document, { childList: true, subtree: true });
        const real = window.fetch;
        window.fetch = async (request, init) => {
            const { pathname, searchParams: query } = new URL(request.url ?? request, location);
            if (pathname !== '/api/v1/api-keys') return real(request, init);
            requested.push(Object.fromEntries(query));
            if (query.has('cursor') || query.has('q')) await held;
            return real(request, init);
        };
        window.hold = () => { held = new Promise(go => window.release = () => { held = null; go(); }); };";
    let script = json!({ "source": source });
    let page = &console.page;
    page.cdp("Page.addScriptToEvaluateOnNewDocument", script).await;
}

/// Waits until all keys are loaded.
async fn reads_all(console: &Console, count: usize) {
    let script = "return document.querySelector('table')?.ariaRowCount === String(arguments[0] + 1)";
    let what = format!("a table of {count} keys");
    console.page.until(&what, script, vec![json!(count)]).await;
}

async fn no_shift(console: &Console) {
    assert_eq!(console.page.ask("return shifts").await, json!([]));
}

async fn few_rows(console: &Console) {
    let most = console.page.ask("return most").await;
    assert!(
        (1..=MAX_ROWS).contains(&most.as_u64().expect("a number")),
        "{most}"
    );
}

/// Returns the requests for the list, one per line: the parameters, with the cursor shown as `…`.
async fn requested(console: &Console) -> Vec<String> {
    let script = "return requested.map(query => Object.entries(query).map(([name, value]) => name === 'cursor' ? '…' : `${name}=${value}`).join(' '))";
    serde_json::from_value(console.page.ask(script).await).expect("texts")
}

/// Waits until a key is visible and announced as the given row of the complete table; the first row is the header.
async fn sees_row(console: &Console, name: &str, row: usize) {
    let script = "const row = [...document.querySelectorAll('tbody tr')].find(r => r.cells[0].innerText === arguments[0]);
        if (!row) return false;
        const { top, bottom } = row.getBoundingClientRect();
        return row.ariaRowIndex === String(arguments[1]) && top < innerHeight && bottom > 0 && getComputedStyle(row).position !== 'absolute'";
    let what = format!("row {row}, “{name}”, in sight");
    let arguments = vec![json!(name), json!(row)];
    console.page.until(&what, script, arguments).await;
}

/// Scrolls to the end of the loaded rows, repeatedly, until the key is visible.
async fn scrolls_down_to(console: &Console, name: &str, row: usize) {
    let script = "scrollTo(0, document.documentElement.scrollHeight);
        const row = [...document.querySelectorAll('tbody tr')].at(-1);
        return row.cells[0].innerText === arguments[0] && row.ariaRowIndex === String(arguments[1])";
    let arguments = vec![json!(name), json!(row)];
    console
        .page
        .until(&format!("the end of the list, “{name}”"), script, arguments)
        .await;
    sees_row(console, name, row).await;
}

async fn scroll_to(console: &Console, top: u32) {
    console.page.ask(&format!("scrollTo(0, {top})")).await;
}

/// The first hundred rows appear before the rest is loaded, and all keys are reachable although few are in the
/// document.
#[tokio::test]
async fn a_thousand_keys_are_there_and_few_of_them_in_the_document() {
    let console = Console::with_many_keys(1000).await;
    let page = &console.page;
    watch(&console).await;
    let script = json!({ "source": "hold()" });
    page.cdp("Page.addScriptToEvaluateOnNewDocument", script).await;
    page.open(KEYS).await;
    sees_row(&console, "Key 000999", 2).await;
    page.reads("1000 keys").await;
    // Numbers of a part are not shown as totals.
    page.write("Search", "Key 0000").await;
    page.reads("Loading…").await;
    assert!(!page.does_read("No API keys found").await);
    page.ask("release()").await;
    page.reads("100 of 1000").await;
    page.wipe("Search").await;
    page.reads("1000 keys").await;
    assert_eq!(requested(&console).await, ["limit=100", "limit=1000 …"]);
    scrolls_down_to(&console, "Key 000000", 1001).await;
    scroll_to(&console, 44 * 500).await;
    page.until(
        "the middle",
        "return rows().some(row => row[0] === 'Key 000500')",
        Vec::new(),
    )
    .await;
    assert_eq!(
        page.ask("return document.querySelector('table').ariaRowCount")
            .await,
        "1001"
    );
    few_rows(&console).await;
    no_shift(&console).await;
    console.finish().await;
}

/// A list that is loaded during a search is complete.
#[tokio::test]
async fn a_list_read_during_a_search_is_whole() {
    let console = Console::with_many_keys(300).await;
    let page = &console.page;
    watch(&console).await;
    page.open(&format!("{KEYS}?q=Key%200000")).await;
    page.reads("100 of 300").await;
    page.wipe("Search").await;
    reads_all(&console, 300).await;
    page.reads("300 keys").await;
    // The same after returning to the tab, and after a delete.
    page.write("Search", "Key 0000").await;
    page.reads("100 of 300").await;
    let before = requested(&console).await.len();
    page.comes_back().await;
    let script = "return requested.length >= arguments[0]";
    page.until("another reading", script, vec![json!(before + 2)])
        .await;
    page.press("Delete Key 000099").await;
    page.press("Delete").await;
    page.reads("99 of 299").await;
    page.wipe("Search").await;
    page.write("Search", "Key 00015").await;
    page.reads("10 of 299").await;
    page.wipe("Search").await;
    reads_all(&console, 299).await;
    console.finish().await;
}

/// The browser's own search, printing and screen readers find every key of a list of up to 500.
#[tokio::test]
async fn up_to_five_hundred_keys_are_all_in_the_document() {
    let console = Console::with_many_keys(500).await;
    let page = &console.page;
    page.open(KEYS).await;
    let script = "return rows().length === 500 && rows().at(-1)[0] === 'Key 000000'";
    page.until("500 rows", script, Vec::new()).await;
    console.finish().await;
}

/// A key press in Search sends no request, and changes only visible parts of the document.
#[tokio::test]
async fn with_ten_thousand_keys_a_key_press_changes_only_visible_rows() {
    let console = Console::with_many_keys(10_000).await;
    let page = &console.page;
    watch(&console).await;
    page.open(KEYS).await;
    page.until("all pieces", "return requested.length === 11", Vec::new())
        .await;
    scrolls_down_to(&console, "Key 000000", 10_001).await;
    scroll_to(&console, 0).await;
    for (key, text, first) in [
        ("7", "3439 of 10000", "Key 009997"),
        ("7", "280 of 10000", "Key 009977"),
        ("7", "19 of 10000", "Key 009777"),
        ("7", "1 of 10000", "Key 007777"),
    ] {
        page.ask("changes = 0").await;
        page.write("Search", key).await;
        page.reads(text).await;
        sees_row(&console, first, 2).await;
        let changes = page.ask("return changes").await.as_u64().expect("a number");
        assert!((1..=MAX_CHANGES).contains(&changes), "{key}: {changes} changes");
    }
    page.wipe("Search").await;
    page.reads("10000 keys").await;
    page.press("Name").await;
    sees_row(&console, "Key 000000", 2).await;
    scrolls_down_to(&console, "Key 009999", 10_001).await;
    assert_eq!(
        requested(&console).await.len(),
        11,
        "one small piece and ten large ones"
    );
    few_rows(&console).await;
    console.finish().await;
}

/// Rows that are added and removed keep the focus, and Tab reaches all of them.
#[tokio::test]
async fn the_keyboard_reaches_rows_that_were_not_rendered() {
    let console = Console::with_many_keys(1000).await;
    let page = &console.page;
    watch(&console).await;
    page.open(KEYS).await;
    reads_all(&console, 1000).await;
    page.tab_to("Created").await;
    for number in (900..1000).rev().take(60) {
        for verb in ["View calls of", "Webhook of", "Toggle", "Delete"] {
            page.key(Key::Tab).await;
            page.focuses(&format!("{verb} Key 000{number}")).await;
        }
    }
    // Scrolled out of sight, then back by the next key.
    scroll_to(&console, 44 * 900).await;
    page.until(
        "other rows",
        "return rows().some(row => row[0] === 'Key 000100')",
        Vec::new(),
    )
    .await;
    assert_eq!(page.focus().await, "Delete Key 000940");
    page.key(Key::Tab).await;
    page.focuses("View calls of Key 000939").await;
    sees_row(&console, "Key 000939", 62).await;
    few_rows(&console).await;
    console.finish().await;
}

/// Toggle and Delete work in the middle of the list as at its start.
#[tokio::test]
async fn rows_in_the_middle_of_the_list_can_be_changed() {
    let console = Console::with_many_keys(1000).await;
    let page = &console.page;
    watch(&console).await;
    page.open(KEYS).await;
    reads_all(&console, 1000).await;
    scroll_to(&console, 44 * 500).await;
    page.shows("Key 000491", 2, "Active").await;
    page.press("Toggle Key 000491").await;
    page.toasts("Key deactivated").await;
    page.shows("Key 000491", 2, "Inactive").await;
    page.press("Delete Key 000491").await;
    page.reads("Are you sure you want to delete “Key 000491”?").await;
    page.press("Cancel").await;
    page.focuses("Delete Key 000491").await;
    // Returning to the scrolled-away row finds it unchanged.
    scroll_to(&console, 0).await;
    sees_row(&console, "Key 000999", 2).await;
    scroll_to(&console, 44 * 500).await;
    page.shows("Key 000491", 2, "Inactive").await;
    page.press("Delete Key 000491").await;
    page.press("Delete").await;
    page.toasts("Key deleted").await;
    page.reads("999 keys").await;
    page.until(
        "no such row",
        "return !rows().some(row => row[0] === 'Key 000491')",
        Vec::new(),
    )
    .await;
    page.shows("Key 000490", 2, "Inactive").await;
    no_shift(&console).await;
    console.finish().await;
}

/// Delays every response until a frame without it has been painted, so that layout shifts become visible.
async fn delay_answers(console: &Console) {
    let source = "const answered = window.fetch;
        const frame = () => new Promise(requestAnimationFrame);
        window.fetch = async (...request) => {
            const answer = await answered(...request);
            await frame();
            await frame();
            return answer;
        };";
    let script = json!({ "source": source });
    let page = &console.page;
    page.cdp("Page.addScriptToEvaluateOnNewDocument", script).await;
}

/// Window widths, from a wide screen to the narrowest phone.
const WIDTHS: [u32; 6] = [1280, 820, 700, 610, 390, 320];

async fn resize(console: &Console, width: u32) {
    let metrics = json!({"width": width, "height": 844, "deviceScaleFactor": 1, "mobile": false});
    let page = &console.page;
    page.cdp("Emulation.setDeviceMetricsOverride", metrics).await;
}

/// Content moves only on user input, with wide and with narrow fonts.
#[tokio::test]
async fn nothing_shifts_on_a_wide_screen_or_on_a_phone() {
    for fonts in Fonts::ALL {
        let console = Console::with_many_keys_in(1000, fonts.into()).await;
        let page = &console.page;
        watch(&console).await;
        delay_answers(&console).await;
        for width in WIDTHS {
            println!("{fonts:?}, {width} px");
            resize(&console, width).await;
            page.open(KEYS).await;
            reads_all(&console, 1000).await;
            for y in [400, 3000, 30_000, 1000, 0] {
                scroll_to(&console, y).await;
                page.until("rows in sight", IN_SIGHT, Vec::new()).await;
            }
            page.write("Search", "99").await;
            page.reads("19 of 1000").await;
            page.press("Toggle Key 000998").await;
            page.toasts("Key").await;
            page.press("Create API Key").await;
            page.press("Cancel").await;
            page.sees_no_dialog().await;
            page.press("Delete Key 000999").await;
            page.press("Cancel").await;
            page.sees_no_dialog().await;
            no_shift(&console).await;
        }
        few_rows(&console).await;
        console.finish().await;
    }
}

/// The other pages reserve space for data that is still loading.
#[tokio::test]
async fn nothing_shifts_while_another_page_loads() {
    let host = voice_host(20).await;
    for fonts in Fonts::ALL {
        let console = Console::with_fleet_in(&host, fonts.into()).await;
        let page = &console.page;
        let created = console.api.create(json!({"name": "CRM"})).await;
        let key = created["key"].as_str().expect("the key in full");
        let call = json!({"bot_id": "collections", "to_number": "+919876543210"});
        console.api.place(key, call).await;
        watch(&console).await;
        delay_answers(&console).await;
        for width in WIDTHS {
            resize(&console, width).await;
            for (path, loaded) in [
                (CALLS, "tbody tr"),
                (FLEET, ".host"),
                ("/dashboard/settings", "#timezone"),
            ] {
                println!("{fonts:?}, {width} px, {path}");
                page.open(path).await;
                let script = "return !!document.querySelector(arguments[0])";
                page.until(loaded, script, vec![json!(loaded)]).await;
                no_shift(&console).await;
            }
        }
        console.finish().await;
    }
}

/// Script: rows fill the whole window below the header.
const IN_SIGHT: &str = "const at = y => document.elementFromPoint(innerWidth / 2, y)?.closest('tbody tr') ;
    return [0.6, 0.8, 0.95].every(part => at(innerHeight * part) || at(innerHeight * part + 12))";

/// If there are more keys than the page holds, the server searches and sorts all, and scrolling loads more.
#[tokio::test]
async fn among_a_hundred_thousand_keys_the_server_searches_and_sorts() {
    let console = Console::with_many_keys(100_000).await;
    let page = &console.page;
    watch(&console).await;
    page.open(KEYS).await;
    page.reads("100000 keys").await;
    sees_row(&console, "Key 099999", 2).await;
    assert_eq!(requested(&console).await, ["limit=100"], "not all of them");
    assert_eq!(
        page.ask("return document.querySelector('table').ariaRowCount")
            .await,
        "100001"
    );

    // Several key presses, one request; the old rows stay until the response arrives.
    page.ask("hold()").await;
    page.write("Search", "KEY 00012").await;
    page.reads("Searching…").await;
    sees_row(&console, "Key 099999", 2).await;
    page.until(
        "a question",
        "return requested.some(query => query.q === 'KEY 00012')",
        Vec::new(),
    )
    .await;
    assert!(!page.does_read("No API keys found").await);
    page.ask("release()").await;
    page.reads("10 of 100000").await;
    sees_row(&console, "Key 000129", 2).await;
    assert_eq!(page.rows().await.len(), 10);
    assert_eq!(page.focus().await, "Search");
    page.write("Search", "zebra").await;
    page.reads("No API keys found").await;

    // The response to an older request is ignored.
    page.wipe("Search").await;
    page.reads("100000 keys").await;
    page.ask("hold()").await;
    page.write("Search", "Key 05").await;
    page.until(
        "a question",
        "return requested.some(query => query.q === 'Key 05')",
        Vec::new(),
    )
    .await;
    page.ask("const late = release; hold(); const now = release; release = () => { now(); setTimeout(late, 300); }").await;
    page.write("Search", "4321").await;
    page.until(
        "another",
        "return requested.some(query => query.q === 'Key 054321')",
        Vec::new(),
    )
    .await;
    page.ask("release()").await;
    page.reads("1 of 100000").await;
    page.lists(&["Key 054321"]).await;

    // A header sorts all keys, and scrolling loads more.
    page.wipe("Search").await;
    page.reads("100000 keys").await;
    page.press("Name").await;
    sees_row(&console, "Key 000000", 2).await;
    page.ask("requested = []").await;
    let script = "scrollTo(0, document.documentElement.scrollHeight);
        return [...document.querySelectorAll('tbody tr')].at(-1).cells[0].innerText >= 'Key 000499'";
    page.until("the next pieces", script, Vec::new()).await;
    let on = requested(&console).await;
    assert!(
        on.len() >= 2 && on.iter().all(|query| query == "limit=200 sort=name …"),
        "{on:?}"
    );
    page.press("Name").await;
    sees_row(&console, "Key 099999", 2).await;

    // Changes work in search results, too.
    page.write("Search", "Key 054321").await;
    page.lists(&["Key 054321"]).await;
    page.press("Toggle Key 054321").await;
    page.shows("Key 054321", 2, "Inactive").await;
    page.press("Delete Key 054321").await;
    page.press("Delete").await;
    page.toasts("Key deleted").await;
    page.reads("No API keys found").await;
    page.wipe("Search").await;
    page.reads("99999 keys").await;
    few_rows(&console).await;
    console.finish().await;
}

/// A search without a response does not show the results of another, and can be changed.
#[tokio::test]
async fn a_search_without_a_response_can_be_retried() {
    let console = Console::with_many_keys(10_001).await;
    let page = &console.page;
    page.open(KEYS).await;
    page.reads("10001 keys").await;
    page.set_offline(true).await;
    page.write("Search", "777").await;
    page.reads("Couldn’t load the API keys").await;
    assert_eq!(page.focus().await, "Search");
    page.set_offline(false).await;
    page.press("Try again").await;
    page.reads("19 of 10001").await;
    console.finish().await;
}
