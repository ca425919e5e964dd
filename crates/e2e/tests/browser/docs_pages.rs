//! The documentation pages run no script, load nothing from other sites, and are accessible.

use crate::support::gallery::Gallery;
use crate::support::{Browser, Fonts, Server};

#[tokio::test]
async fn guide_reference_and_error_codes() {
    let server = Server::start();
    for fonts in Fonts::ALL {
        with(fonts, &server).await;
    }
}

async fn with(fonts: Fonts, server: &Server) {
    let page = Browser::start_with(&server.url, fonts.into()).await;
    let mut gallery = Gallery::of(fonts);
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
