//! The pages for people who integrate: they run no script, load nothing from elsewhere, and can be read by everybody.

use crate::support::gallery::Gallery;
use crate::support::{Browser, Server};

#[tokio::test]
async fn guide_reference_and_error_codes() {
    let server = Server::start();
    let page = Browser::start(&server.url).await;
    let mut gallery = Gallery::default();
    for (path, heading, name) in [
        ("/docs", "Reference", "docs-reference"),
        ("/docs/guide", "Guide for integrators", "docs-guide"),
        ("/problems", "Error codes", "docs-problems"),
        (
            "/problems/no_capacity",
            "No voice worker has room",
            "docs-problem",
        ),
    ] {
        page.open(path).await;
        page.sees("heading", heading).await;
        let loaded = page
            .ask("return performance.getEntriesByType('resource').map(entry => new URL(entry.name).pathname).filter(path => path !== '/docs/icon.svg')")
            .await;
        assert_eq!(loaded, serde_json::json!(["/docs/style.css"]), "{path}");
        let broken = page
            .ask("return [...document.querySelectorAll('a[href^=\"#\"]')].map(a => a.hash).filter(hash => !document.getElementById(hash.slice(1)))")
            .await;
        assert_eq!(broken, serde_json::json!([]), "{path}");
        gallery.show(&page, name).await;
    }
    page.finish().await;
    gallery.judge();
}
