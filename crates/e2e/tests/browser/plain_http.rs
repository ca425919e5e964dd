//! Plain HTTP, for which browsers offer no clipboard interface except on localhost.

use serde_json::json;
use thirtyfour::Key;

use crate::support::browser::Options;
use crate::support::server::{EMAIL, PASSWORD};
use crate::support::{Browser, Server};

/// Copy works without the clipboard interface.
#[tokio::test]
async fn copy_works_without_a_clipboard_interface() {
    let server = Server::start();
    let options = Options {
        arguments: vec!["--host-resolver-rules=MAP ori.test 127.0.0.1".to_owned()],
        ..Options::default()
    };
    let page = Browser::start_with(&format!("http://ori.test:{}", server.port), options).await;
    page.expect_network_errors();
    page.open("/sign-in").await;
    assert_eq!(
        page.ask("return window.isSecureContext || 'clipboard' in navigator")
            .await,
        false
    );
    page.write("Email", EMAIL).await;
    page.write("Password", PASSWORD).await;
    page.press("Sign in").await;
    page.reads("No API keys yet").await;
    page.press("Create API Key").await;
    page.write("Name", "CRM").await;
    page.press("Create Key").await;
    page.sees("dialog", "Key created").await;
    let key = page.value("API key").await;
    // Search would cut a key to its prefix, but the name field shows the complete copied text.
    page.ticks_after(page.press("Copy")).await;
    page.press("Done").await;
    page.lists(&["CRM"]).await;
    page.press("Create API Key").await;
    page.write("Name", Key::Control + "v").await;
    page.until(
        "the key in the box",
        "return find('field', 'Name').value === arguments[0]",
        vec![json!(key)],
    )
    .await;
    page.finish().await;
}
