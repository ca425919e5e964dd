//! How long a person waits for the list.

use std::io::Write as _;

use crate::support::Console;
use crate::support::console::KEYS;

const KEYS_IN_LIST: usize = 100;
/// On a machine that does nothing else it takes some 200 ms; this is for one that builds and tests meanwhile.
const AT_MOST_MS: f64 = 5000.0;

/// From navigation to a table with a hundred keys.
#[tokio::test]
async fn a_hundred_keys_are_there_in_no_time() {
    let console = Console::start().await;
    for number in 0..KEYS_IN_LIST {
        console.api.create_named(&format!("Key {number}")).await;
    }
    let page = &console.page;
    let watch = "new MutationObserver((_, observer) => {
            if (document.querySelectorAll('tbody tr').length < 100) return;
            observer.disconnect();
            requestAnimationFrame(() => { window.filledAfter = performance.now(); });
        }).observe(document, { childList: true, subtree: true })";
    let script = serde_json::json!({ "source": watch });
    page.cdp("Page.addScriptToEvaluateOnNewDocument", script).await;
    let mut times = Vec::new();
    for _ in 0..2 {
        page.open(KEYS).await;
        let time = page
            .until("a hundred rows", "return window.filledAfter", Vec::new())
            .await;
        times.push(time.as_f64().expect("milliseconds"));
    }
    let line = format!(
        "From navigation to a table of {KEYS_IN_LIST} keys: {:.0} ms at the first visit, {:.0} ms at the second\n",
        times[0], times[1]
    );
    // Past the test runner's capture, so that it can be read without --nocapture.
    std::io::stdout()
        .lock()
        .write_all(line.as_bytes())
        .expect("standard output");
    assert!(times.iter().all(|time| *time < AT_MOST_MS), "{times:?}");
    console.finish().await;
}
