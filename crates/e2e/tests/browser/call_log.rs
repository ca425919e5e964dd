//! The Call Log: calls and their status, updated live.

use std::process::Command;

use serde_json::{Value, json};
use thirtyfour::Key;

use crate::support::Console;
use crate::support::console::{CALLS, KEYS};
use crate::support::voice_host::voice_host;

const NUMBER: &str = "+919876543210";
const MASKED: &str = "+919•••••••10";

/// Creates a key and returns the plain key.
async fn key(console: &Console, name: &str) -> String {
    let created = console.api.create(json!({ "name": name })).await;
    created["key"].as_str().expect("the key in full").to_owned()
}

fn call(number: &str) -> Value {
    json!({"bot_id": "collections", "to_number": number})
}

async fn open_calls(console: &Console) {
    console.page.open(CALLS).await;
    console.page.sees("heading", "Call Log").await;
}

/// Waits until the first row shows the text in the column.
async fn first_row(console: &Console, column: usize, text: &str) {
    let script = "const row = rows()[0]; return !!row && row[arguments[0]] === arguments[1]";
    let what = format!("“{text}” in column {column} of the first row");
    console
        .page
        .until(&what, script, vec![json!(column), json!(text)])
        .await;
}

async fn shows_rows(console: &Console, count: usize) {
    let script = "return rows().length === arguments[0]";
    console
        .page
        .until(&format!("{count} rows"), script, vec![json!(count)])
        .await;
}

/// A new call appears without a reload, and its row shows each change of its status.
#[tokio::test]
async fn a_call_appears_by_itself_and_its_row_follows_it() {
    let host = voice_host(5).await;
    let console = Console::with_fleet(&host).await;
    let key = key(&console, "CRM").await;
    open_calls(&console).await;
    let page = &console.page;
    page.reads("No calls yet").await;
    let id = console.api.place(&key, call(NUMBER)).await;
    first_row(&console, 4, "Accepted").await;
    let heads = page
        .ask("return [...document.querySelectorAll('thead th')].map(th => th.innerText.trim())")
        .await;
    assert_eq!(
        heads,
        json!(["Time", "Key", "Number", "Bot", "Status", "Reason", "Duration"])
    );
    let row = page.rows().await.remove(0);
    assert_eq!(row[1..], ["CRM", MASKED, "collections", "Accepted", "--", "--"]);
    page.ask("document.querySelector('tbody tr').sameRow = true")
        .await;
    let result = json!({"disconnected_by": "user", "call_duration_seconds": 102});
    console.api.report(&id, result).await;
    first_row(&console, 4, "Completed").await;
    first_row(&console, 5, "Callee hung up").await;
    first_row(&console, 6, "1:42").await;
    assert_eq!(
        page.ask("return document.querySelector('tbody tr').sameRow")
            .await,
        true,
        "the row was not rendered again"
    );
    console.finish().await;
}

/// Numbers are masked by default.
#[tokio::test]
async fn numbers_are_masked_until_they_are_asked_for() {
    let host = voice_host(5).await;
    let console = Console::with_fleet(&host).await;
    let key = key(&console, "CRM").await;
    console.api.place(&key, call(NUMBER)).await;
    open_calls(&console).await;
    let page = &console.page;
    first_row(&console, 2, MASKED).await;
    assert!(!page.does_read(NUMBER).await);
    page.press("Show numbers").await;
    first_row(&console, 2, NUMBER).await;
    page.press("Show numbers").await;
    first_row(&console, 2, MASKED).await;
    console.finish().await;
}

/// The reason of a failed call is a text with the SIP code.
#[tokio::test]
async fn a_reason_is_a_text_with_the_sip_code() {
    let host = voice_host(5).await;
    let console = Console::with_fleet(&host).await;
    let key = key(&console, "CRM").await;
    let id = console.api.place(&key, call(NUMBER)).await;
    console
        .api
        .report(&id, json!({"disconnected_by": "rejected", "sip_status": 486}))
        .await;
    open_calls(&console).await;
    first_row(&console, 4, "Failed").await;
    first_row(&console, 5, "Busy or declined · SIP 486").await;
    console.finish().await;
}

/// Filters are part of the address and survive a reload.
#[tokio::test]
async fn filters_stand_in_the_address() {
    let host = voice_host(5).await;
    let console = Console::with_fleet(&host).await;
    let (crm, billing) = (key(&console, "CRM").await, key(&console, "Billing").await);
    console.api.place(&crm, call(NUMBER)).await;
    let ended = console.api.place(&billing, call(NUMBER)).await;
    console
        .api
        .report(&ended, json!({"disconnected_by": "voicemail"}))
        .await;
    open_calls(&console).await;
    let page = &console.page;
    shows_rows(&console, 2).await;
    page.put("Status", "voicemail").await;
    shows_rows(&console, 1).await;
    page.is_at(&format!("{CALLS}?status=voicemail")).await;
    first_row(&console, 1, "Billing").await;
    page.driver().refresh().await.expect("a reload");
    first_row(&console, 1, "Billing").await;
    shows_rows(&console, 1).await;
    assert_eq!(page.value("Status").await, "voicemail");
    page.put("Status", "").await;
    shows_rows(&console, 2).await;
    let keys = console.api.list().await;
    let id = keys.iter().find(|key| key["name"] == "CRM").expect("the key")["id"]
        .as_str()
        .expect("an id");
    page.put("API key", id).await;
    first_row(&console, 1, "CRM").await;
    shows_rows(&console, 1).await;
    page.is_at(&format!("{CALLS}?key_id={id}")).await;
    page.put("API key", "").await;
    shows_rows(&console, 2).await;
    let today = console.api.now().await.date_naive();
    let tomorrow = today.succ_opt().expect("a day").to_string();
    page.put("From", &tomorrow).await;
    page.reads("No calls found").await;
    page.is_at(&format!("{CALLS}?from={tomorrow}")).await;
    page.press("Clear filters").await;
    shows_rows(&console, 2).await;
    // "To" a day includes that day.
    page.put("To", &tomorrow).await;
    page.is_at(&format!("{CALLS}?until={tomorrow}")).await;
    shows_rows(&console, 2).await;
    page.put(
        "To",
        &today
            .pred_opt()
            .expect("a day")
            .pred_opt()
            .expect("a day")
            .to_string(),
    )
    .await;
    page.reads("No calls found").await;
    console.finish().await;
}

/// The search matches the beginning of number, reference and bot, and a complete id.
#[tokio::test]
async fn search_finds_by_number_reference_bot_and_id() {
    let host = voice_host(5).await;
    let console = Console::with_fleet(&host).await;
    let key = key(&console, "CRM").await;
    let first = json!({"bot_id": "collections", "to_number": NUMBER, "call_reference": "case-1"});
    let id = console.api.place(&key, first).await;
    let second = json!({"bot_id": "greeter", "to_number": "+4915100000001", "call_reference": "lead-2"});
    console.api.place(&key, second).await;
    open_calls(&console).await;
    let page = &console.page;
    shows_rows(&console, 2).await;
    for (typed, bot) in [
        ("+91 98", "collections"),
        ("lead", "greeter"),
        ("gre", "greeter"),
        (&*id, "collections"),
    ] {
        page.write("Search", typed).await;
        shows_rows(&console, 1).await;
        first_row(&console, 3, bot).await;
        page.wipe("Search").await;
        shows_rows(&console, 2).await;
    }
    page.write("Search", "zebra").await;
    page.reads("No calls found").await;
    page.is_at(&format!("{CALLS}?q=zebra")).await;
    page.press("Clear filters").await;
    shows_rows(&console, 2).await;
    page.is_at(CALLS).await;
    page.focuses("Search").await;
    console.finish().await;
}

/// A row opens the details of the call, at an address of its own; the back button and Escape close them.
#[tokio::test]
async fn a_row_opens_the_calls_history() {
    let host = voice_host(5).await;
    let console = Console::with_fleet(&host).await;
    let key = key(&console, "CRM").await;
    let id = console
        .api
        .place(
            &key,
            json!({"bot_id": "collections", "to_number": NUMBER, "call_reference": "case-4711",
        "variables": {"CUSTOMERNAME": "Rajesh"}}),
        )
        .await;
    open_calls(&console).await;
    let page = &console.page;
    first_row(&console, 4, "Accepted").await;
    page.ask("document.querySelector('tbody [data-label=Bot]').click()")
        .await;
    page.sees("dialog", "Call").await;
    page.is_at(&format!("{CALLS}?call={id}")).await;
    for text in ["case-4711", "CUSTOMERNAME Rajesh", "History", MASKED, &id] {
        page.reads(text).await;
    }
    let states =
        "return [...document.querySelectorAll('.history .badge')].map(badge => badge.innerText).join()";
    let shown = page.until("the states", states, Vec::new()).await;
    assert_eq!(shown, "Reserved,Sent,Accepted");
    // Open details are updated.
    let result = json!({"disconnected_by": "no_answer", "sip_status": 480,
        "recording_url": "https://recordings.example.com/1", "transcript": [{"role": "bot", "text": "Good day."}]});
    console.api.report(&id, result).await;
    page.reads("Nobody answered (SIP 480 Temporarily Unavailable)")
        .await;
    page.sees("link", "Open the recording").await;
    page.reads("Good day.").await;
    page.key(Key::Escape).await;
    page.sees_no_dialog().await;
    page.is_at(CALLS).await;
    // By keyboard, and back.
    page.ask("document.querySelector('tbody a').focus()").await;
    page.key(Key::Enter).await;
    page.sees("dialog", "Call").await;
    page.driver().back().await.expect("a step back");
    page.sees_no_dialog().await;
    // The address works as a link.
    page.open(&format!("{CALLS}?call={id}")).await;
    page.sees("dialog", "Call").await;
    page.reads("case-4711").await;
    console.finish().await;
}

/// A recording's URL is untrusted: a URL that would run a script is not a link.
#[tokio::test]
async fn a_recording_that_is_no_address_of_the_web_is_no_link() {
    let host = voice_host(5).await;
    let console = Console::with_fleet(&host).await;
    let key = key(&console, "CRM").await;
    let id = console.api.place(&key, call(NUMBER)).await;
    let result = json!({"disconnected_by": "user", "recording_url": "javascript:alert(1)", "transcript": "<img src=x onerror=alert(1)>"});
    console.api.report(&id, result).await;
    let page = &console.page;
    page.open(&format!("{CALLS}?call={id}")).await;
    page.reads("<img src=x onerror=alert(1)>").await;
    assert_eq!(
        page.ask("return document.querySelectorAll('img, a[href^=javascript]').length")
            .await,
        0
    );
    console.finish().await;
}

/// A long log loads in pages. New calls do not move the rows on screen.
#[tokio::test]
async fn a_long_log_loads_in_pages_without_moving() {
    let host = voice_host(70).await;
    let console = Console::with_fleet(&host).await;
    let key = key(&console, "CRM").await;
    for number in 0..60 {
        console
            .api
            .place(&key, call(&format!("+9198765432{number:02}")))
            .await;
    }
    open_calls(&console).await;
    let page = &console.page;
    shows_rows(&console, 50).await;
    page.reads("50+ calls").await;
    page.press("Load more").await;
    shows_rows(&console, 60).await;
    page.sees_no("button", "Load more").await;
    page.ask("window.watched = document.querySelectorAll('tbody tr')[40]; watched.scrollIntoView({ block: 'center' });").await;
    let place = "return Math.round(watched.getBoundingClientRect().top)";
    let before = page.ask(place).await;
    console.api.place(&key, call(NUMBER)).await;
    shows_rows(&console, 61).await;
    assert_eq!(page.ask("return watched.isConnected").await, true);
    assert_eq!(page.ask(place).await, before, "the visible rows do not move");
    console.finish().await;
}

/// A failed refresh shows a discreet message and keeps the rows; the next success removes the message.
#[tokio::test]
async fn a_failed_refresh_keeps_the_rows() {
    let host = voice_host(5).await;
    let console = Console::with_fleet(&host).await;
    let key = key(&console, "CRM").await;
    console.api.place(&key, call(NUMBER)).await;
    open_calls(&console).await;
    let page = &console.page;
    shows_rows(&console, 1).await;
    page.set_offline(true).await;
    page.reads("This list may be out of date.").await;
    shows_rows(&console, 1).await;
    page.set_offline(false).await;
    page.until(
        "no complaint",
        "return !document.body.innerText.includes('out of date')",
        Vec::new(),
    )
    .await;
    console.finish().await;
}

/// A hidden page sends no requests; it refreshes at once when it becomes visible.
#[tokio::test]
async fn no_request_is_sent_while_the_page_is_hidden() {
    let host = voice_host(5).await;
    let console = Console::with_fleet(&host).await;
    let key = key(&console, "CRM").await;
    open_calls(&console).await;
    let page = &console.page;
    page.reads("No calls yet").await;
    let hide = "window.requested = 0; window.waits = 0;
        const real = window.fetch; window.fetch = (...all) => { requested += 1; return real(...all); };
        const set = hidden => { Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => hidden ? 'hidden' : 'visible' });
            document.dispatchEvent(new Event('visibilitychange', { bubbles: true })); };
        window.setHidden = set; set(true); setTimeout(() => waits = 1, 11000)";
    page.ask(hide).await;
    console.api.place(&key, call(NUMBER)).await;
    page.until(
        "eleven seconds by the page's own timers",
        "return waits",
        Vec::new(),
    )
    .await;
    assert_eq!(page.ask("return requested").await, 0);
    assert!(page.rows().await.is_empty());
    page.ask("setHidden(false)").await;
    shows_rows(&console, 1).await;
    console.finish().await;
}

/// A failed load shows an error with a button to retry.
#[tokio::test]
async fn a_failed_load_can_be_tried_again() {
    let console = Console::with_keys(&[]).await;
    let page = &console.page;
    page.set_offline(true).await;
    page.follow("Call Log").await;
    page.reads("Couldn’t load the calls").await;
    page.set_offline(false).await;
    page.press("Try again").await;
    page.reads("No calls yet").await;
    console.finish().await;
}

/// A key's row links to the calls placed with it.
#[tokio::test]
async fn a_keys_row_leads_to_its_calls() {
    let host = voice_host(5).await;
    let console = Console::with_fleet(&host).await;
    let (crm, billing) = (key(&console, "CRM").await, key(&console, "Billing").await);
    console.api.place(&crm, call(NUMBER)).await;
    console.api.place(&billing, call(NUMBER)).await;
    console.open_keys().await;
    let page = &console.page;
    page.follow("View calls of CRM").await;
    page.sees("heading", "Call Log").await;
    first_row(&console, 1, "CRM").await;
    shows_rows(&console, 1).await;
    page.driver().back().await.expect("a step back");
    page.is_at(KEYS).await;
    page.sees("button", "Create API Key").await;
    console.finish().await;
}

/// The dialog of a created key shows a command that places a call on this server.
#[tokio::test]
async fn the_created_dialog_offers_a_command_that_places_a_call() {
    let host = voice_host(5).await;
    let console = Console::with_fleet(&host).await;
    console.open_keys().await;
    let page = &console.page;
    let key = console.create_on_page("CRM").await;
    page.ask("document.querySelector('details.snippet').open = true")
        .await;
    page.ticks_after(page.press("Copy command")).await;
    let command = page.clipboard().await;
    assert!(command.contains(&console.server.url), "{command}");
    assert!(
        !command.contains(&key[7..]),
        "it would stay in the shell's history"
    );
    let variable = key.clone();
    // The voice host runs on this thread, and has to respond while the command waits.
    let run = move || {
        Command::new("sh")
            .arg("-c")
            .arg(format!("{command} --silent --noproxy '*'"))
            .env("ORI_KEY", variable)
            .output()
    };
    let run = tokio::task::spawn_blocking(run);
    let output = run.await.expect("the command runs").expect("a shell");
    let shown = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        shown.contains("\"status\":\"ok\""),
        "{shown} {}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert_eq!(host.dialled().len(), 1);
    page.press("Done").await;
    let everything = "return document.documentElement.outerHTML + [...document.querySelectorAll('input, textarea')].map(e => e.value)";
    assert!(
        !page
            .ask(everything)
            .await
            .as_str()
            .expect("text")
            .contains(&key[7..]),
        "the key is gone with the dialog"
    );
    assert_eq!(console.api.calls().await.len(), 1);
    console.finish().await;
}
