//! Measures the waiting time for the list on an idle machine. Only `cargo xtask bench` runs these tests, because times
//! are meaningless on a busy machine. `large_lists` tests what does not depend on speed.

use std::io::Write as _;

use serde_json::{Value, json};

use crate::support::Console;
use crate::support::browser::Options;
use crate::support::console::KEYS;

/// Limit from navigation to a filled table, in milliseconds.
const FILLED_WITHIN: f64 = 400.0;
/// Limit from a key press in Search to the frame with its result, in milliseconds.
const FRAME_WITHIN: f64 = 16.0;
/// Number of repetitions.
const VISITS: usize = 15;
const KEY_PRESSES: usize = 240;

/// Typed letter by letter and deleted again, so that some key presses change every row and some none.
const WORDS: [&str; 6] = ["77", "key 00", "9", "key_12", "4711", "active"];

#[tokio::test]
#[ignore = "measures; `cargo xtask bench` runs it"]
async fn from_navigation_to_a_table_of_a_thousand_keys() {
    let console = Console::with_many_keys_in(1000, unhurried()).await;
    let page = &console.page;
    let filled = "new MutationObserver((_, observer) => {
            const table = document.querySelector('table');
            if (table?.ariaRowCount !== '1001' || !document.querySelector('tbody tr')) return;
            observer.disconnect();
            painted(performance.now.bind(performance), now => { window.filledAfter = now; });
        }).observe(document, { childList: true, subtree: true, attributes: true })";
    let source = format!("{PAINTED}; {filled}");
    page.cdp(
        "Page.addScriptToEvaluateOnNewDocument",
        json!({ "source": source }),
    )
    .await;
    page.cdp("Network.enable", json!({})).await;
    let mut times = Vec::new();
    for _ in 0..VISITS {
        page.open("/docs").await;
        page.cdp("Network.clearBrowserCache", json!({})).await;
        page.open(KEYS).await;
        let time = page
            .until("all keys", "return window.filledAfter", Vec::new())
            .await;
        times.push(time.as_f64().expect("milliseconds"));
    }
    print_row(
        "Navigation to a table of 1,000 keys, cold cache, p50",
        times,
        0.5,
        Some(FILLED_WITHIN),
    );
    console.finish().await;
}

#[tokio::test]
#[ignore = "measures; `cargo xtask bench` runs it"]
async fn from_a_key_press_in_search_to_the_next_frame() {
    let console = Console::with_many_keys_in(10_000, unhurried()).await;
    let page = &console.page;
    page.open(KEYS).await;
    let all = "return performance.getEntriesByType('resource').filter(e => e.name.includes('/api-keys?') && e.responseEnd).length >= 11";
    page.until("all keys", all, Vec::new()).await;
    let watch = "window.times = [];
        const field = document.querySelector('#search');
        let pressed = 0;
        field.addEventListener('keydown', event => { pressed = event.timeStamp; }, true);
        field.addEventListener('input', () => { const from = pressed; painted(() => performance.now() - from, time => times.push(time)); }, true);
        field.focus()";
    page.ask(&format!("{PAINTED}; {watch}")).await;
    let mut pressed = 0;
    for word in WORDS.into_iter().cycle() {
        let wipes = std::iter::repeat_n("\u{8}", word.len());
        for key in word.split("").filter(|key| !key.is_empty()).chain(wipes) {
            press(&console, key).await;
            pressed += 1;
            page.until(
                "a frame",
                "return times.length === arguments[0]",
                vec![json!(pressed)],
            )
            .await;
        }
        if pressed >= KEY_PRESSES {
            break;
        }
    }
    let times: Vec<f64> = serde_json::from_value(page.ask("return times").await).expect("times");
    print_row(
        "Key press in Search at 10,000 keys to the next painted frame, p50",
        times.clone(),
        0.5,
        None,
    );
    print_row(
        "Key press in Search at 10,000 keys to the next painted frame, p95",
        times,
        0.95,
        Some(FRAME_WITHIN),
    );
    console.finish().await;
}

#[tokio::test]
#[ignore = "measures; `cargo xtask bench` runs it"]
async fn from_a_word_in_search_to_the_servers_answer() {
    let console = Console::with_many_keys_in(100_000, unhurried()).await;
    let page = &console.page;
    page.open(KEYS).await;
    page.reads("100000 keys").await;
    page.ask("document.querySelector('#search').focus()").await;
    let mut times = Vec::new();
    for round in 0..VISITS {
        let key = ["7", "\u{8}"][round % 2];
        let watch = "const counter = document.querySelector('.count');
            const from = performance.now();
            window.answered = null;
            new MutationObserver((_, observer) => {
                if (counter.innerText === 'Searching…') return;
                observer.disconnect();
                painted(() => performance.now() - from, time => { window.answered = time; });
            }).observe(counter, { characterData: true, subtree: true })";
        page.ask(&format!("{PAINTED}; {watch}")).await;
        press(&console, key).await;
        let time = page
            .until("an answer", "return window.answered", Vec::new())
            .await;
        times.push(time.as_f64().expect("milliseconds"));
    }
    print_row(
        "Key press in Search at 100,000 keys to the server's answer, with a pause of 150 ms, p50",
        times,
        0.5,
        None,
    );
    console.finish().await;
}

/// Returns options that paint frames immediately, so that the measurement covers the page's work and not the wait for a
/// screen refresh.
fn unhurried() -> Options {
    let arguments = ["--disable-frame-rate-limit", "--disable-gpu-vsync"];
    Options {
        arguments: arguments.map(str::to_owned).to_vec(),
        ..Options::default()
    }
}

/// Script: `painted(measure, then)` calls `then` with the result of `measure` once the next frame has been painted.
const PAINTED: &str = "window.painted = (measure, then) => requestAnimationFrame(() => {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => then(measure());
        port2.postMessage(null);
    })";

/// Presses a key through the browser's own input.
async fn press(console: &Console, key: &str) {
    let named = if key == "\u{8}" {
        json!({"key": "Backspace", "code": "Backspace", "windowsVirtualKeyCode": 8})
    } else {
        json!({"key": key, "text": key})
    };
    for kind in ["keyDown", "keyUp"] {
        let mut event: Value = named.clone();
        event["type"] = json!(if kind == "keyDown" && key == "\u{8}" {
            "rawKeyDown"
        } else {
            kind
        });
        console.page.cdp("Input.dispatchKeyEvent", event).await;
    }
}

/// Prints a table row: subject, duration, and limit.
fn print_row(what: &str, mut times: Vec<f64>, share: f64, limit: Option<f64>) {
    times.sort_by(f64::total_cmp);
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a place among some hundred"
    )]
    let place = ((times.len() as f64 * share).ceil() as usize).clamp(1, times.len()) - 1;
    let (time, least, most) = (times[place], times[0], times[times.len() - 1]);
    let judged = limit.map_or_else(
        || "| |".to_owned(),
        |limit| {
            format!(
                "≤ {limit} ms | {} |",
                if time <= limit { "met" } else { "not met" }
            )
        },
    );
    let line = format!("| {what} | {time:.1} ms ({least:.1}–{most:.1}) | {judged}\n");
    // Bypasses the capture of the test runner.
    let mut out = std::io::stdout().lock();
    out.write_all(line.as_bytes()).expect("standard output");
}
