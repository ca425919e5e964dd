//! The Fleet page: capacity for calls by host.

use std::time::Duration;

use serde_json::json;

use crate::support::Console;
use crate::support::console::FLEET;
use crate::support::voice_host::voice_host;

/// Maximum waiting time. The server polls the hosts, and the page polls the server, every few seconds.
const TIMEOUT: Duration = Duration::from_secs(90);

async fn bar(console: &Console, percent: u32, colour: &str) {
    let script = "const bar = document.querySelector('[role=meter]');
        return !!bar && bar.getAttribute('aria-valuenow') === String(arguments[0]) && bar.classList.contains(`meter-${arguments[1]}`)";
    let what = format!("a {colour} bar at {percent} %");
    console
        .page
        .until_within(TIMEOUT, &what, script, vec![json!(percent), json!(colour)])
        .await;
}

/// "Capacity bar (green under 80 %, red from there), a card per host, refreshed every five seconds."
#[tokio::test]
async fn the_bar_is_green_under_80_percent_and_red_from_there() {
    let host = voice_host(100).await;
    let console = Console::with_fleet(&host).await;
    host.take(79);
    console.page.open("/dashboard/api-keys").await;
    console.page.follow("Fleet").await;
    console.page.is_at(FLEET).await;
    bar(&console, 79, "green").await;
    console.page.reads("79 of 100 in use").await;
    host.take(80);
    bar(&console, 80, "red").await;
    console.page.reads("80 of 100 in use").await;
    console.page.reads("80 % · nearly full · 20 free").await;
    host.take(0);
    bar(&console, 0, "green").await;
    console.finish().await;
}

/// A card shows a host's state and its last error.
#[tokio::test]
async fn each_host_has_a_card_with_its_state() {
    let mut host = voice_host(3).await;
    let console = Console::with_fleet(&host).await;
    let page = &console.page;
    page.open(FLEET).await;
    let address = host.url().to_string();
    page.sees("heading", address.trim_end_matches('/')).await;
    for text in [
        "Healthy",
        "Capacity 3",
        "Free 3",
        "Reserved 0",
        "3 workers, 0 busy",
        "1 host",
    ] {
        page.reads(text).await;
    }
    host.die().await;
    let script = "return document.querySelector('.host .badge')?.innerText === 'Unhealthy' && !!document.querySelector('.host .alert')";
    page.until_within(TIMEOUT, "an unhealthy host and why", script, Vec::new())
        .await;
    bar(&console, 100, "red").await;
    console.finish().await;
}

/// The page labels simulated hosts.
#[tokio::test]
async fn a_simulated_host_is_labelled_as_such() {
    let host = voice_host(3).await;
    let console = Console::with_fleet(&host).await;
    console.page.open(FLEET).await;
    console.page.reads("Simulated: no real phone rings.").await;
    let label = "return document.querySelector('.host .simulated')?.innerText";
    assert_eq!(
        console.page.until("a label on the card", label, Vec::new()).await,
        "Simulated"
    );
    console.finish().await;
}

/// Without hosts, the page names the option that configures them.
#[tokio::test]
async fn an_empty_fleet_names_the_option_for_hosts() {
    let console = Console::start().await;
    console.page.open(FLEET).await;
    console.page.reads("No voice hosts are configured").await;
    console.page.reads("ORI_FLEET_URLS").await;
    console.finish().await;
}

/// A failed refresh shows a discreet message and keeps the data.
#[tokio::test]
async fn a_failed_refresh_keeps_the_data() {
    let host = voice_host(3).await;
    let console = Console::with_fleet(&host).await;
    let page = &console.page;
    page.open(FLEET).await;
    page.reads("0 of 3 in use").await;
    page.set_offline(true).await;
    page.reads("This may be out of date.").await;
    page.reads("0 of 3 in use").await;
    page.set_offline(false).await;
    page.until(
        "no complaint",
        "return !document.body.innerText.includes('out of date')",
        Vec::new(),
    )
    .await;
    console.finish().await;
}
