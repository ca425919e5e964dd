//! Signing in and out, and the related addresses.

use ori_shared::account::Role;
use serde_json::json;

use crate::support::console::KEYS;
use crate::support::server::{EMAIL, PASSWORD};
use crate::support::{Browser, Console, Server};

async fn sign_in(page: &Browser, password: &str) {
    page.write("Email", EMAIL).await;
    page.write("Password", password).await;
    page.press("Sign in").await;
}

/// Without a session, a page redirects to the sign-in, and from there back to its address including the query.
#[tokio::test]
async fn signing_in_redirects_to_the_requested_page() {
    let server = Server::start();
    let page = Browser::start(&server.url).await;
    page.expect_network_errors();
    page.open("/dashboard/api-keys?q=crm").await;
    page.sees("button", "Sign in").await;
    sign_in(&page, PASSWORD).await;
    page.is_at("/dashboard/api-keys?q=crm").await;
    page.reads("No API keys yet").await;
    page.reads(EMAIL).await;
    page.finish().await;
}

/// A wrong password shows an alert; the typed email stays.
#[tokio::test]
async fn a_wrong_password_shows_an_alert() {
    let server = Server::start();
    let page = Browser::start(&server.url).await;
    page.expect_network_errors();
    page.open("/sign-in").await;
    sign_in(&page, "not it").await;
    let alert = "return [...document.querySelectorAll('[role=alert]')].map(e => e.innerText.trim()).find(text => /password/i.test(text))";
    page.until("an alert that speaks of the password", alert, Vec::new())
        .await;
    assert_eq!(page.value("Email").await, EMAIL);
    page.wipe("Password").await;
    page.write("Password", PASSWORD).await;
    page.press("Sign in").await;
    page.is_at(KEYS).await;
    page.finish().await;
}

/// A session that ends during work redirects to the sign-in, and from there back.
#[tokio::test]
async fn a_session_that_ends_redirects_back_after_signing_in() {
    let console = Console::with_keys(&["Billing", "CRM"]).await;
    let page = &console.page;
    page.expect_network_errors();
    page.write("Search", "crm").await;
    page.is_at("/dashboard/api-keys?q=crm").await;
    console.session.sign_out().await;
    page.press("Toggle CRM").await;
    page.sees("button", "Sign in").await;
    sign_in(page, PASSWORD).await;
    page.is_at("/dashboard/api-keys?q=crm").await;
    page.lists(&["CRM"]).await;
    console.finish().await;
}

/// Signing in does not redirect to another site.
#[tokio::test]
async fn signing_in_never_leads_to_another_site() {
    let server = Server::start();
    let page = Browser::start(&server.url).await;
    page.expect_network_errors();
    for next in [
        "//evil.example",
        "https://evil.example",
        "/\\evil.example",
        "%2F%2Fevil.example",
        "javascript:alert(1)",
    ] {
        page.open(&format!("/sign-in?next={next}")).await;
        sign_in(&page, PASSWORD).await;
        page.is_at(KEYS).await;
        assert_eq!(page.ask("return location.origin").await, json!(server.url));
        page.press("Sign out").await;
        page.sees("button", "Sign in").await;
    }
    page.finish().await;
}

/// The link that a server without accounts prints creates the first admin, once.
#[tokio::test]
async fn the_setup_link_makes_the_first_admin() {
    let (server, link) = Server::without_accounts();
    let page = Browser::start(&server.url).await;
    page.expect_network_errors();
    let path = link.strip_prefix(&server.url).expect("a link to this server");
    page.open(path).await;
    page.is_at("/setup").await;
    assert_eq!(
        page.ask("return location.hash").await,
        "",
        "the token is out of the address bar"
    );
    page.write("Email", "grace@example.com").await;
    page.write("Password", "a long enough password").await;
    page.press("Create admin").await;
    page.is_at(KEYS).await;
    page.reads("grace@example.com").await;
    page.press("Sign out").await;
    page.sees("button", "Sign in").await;
    page.open(path).await;
    page.write("Email", "mallory@example.com").await;
    page.write("Password", "a long enough password").await;
    page.press("Create admin").await;
    let alert =
        "return [...document.querySelectorAll('[role=alert]')].map(e => e.innerText.trim()).find(Boolean)";
    page.until("a refusal in words", alert, Vec::new()).await;
    page.is_at("/setup").await;
    page.finish().await;
}

/// Signing out ends the session permanently, also for the back button.
#[tokio::test]
async fn signing_out_is_permanent() {
    let console = Console::with_keys(&["CRM"]).await;
    let page = &console.page;
    page.expect_network_errors();
    page.press("Sign out").await;
    page.sees("button", "Sign in").await;
    page.driver().back().await.expect("a step back");
    page.open(KEYS).await;
    page.sees("button", "Sign in").await;
    assert!(!page.does_read("CRM").await);
    console.finish().await;
}

/// An unknown address shows an error with a link.
#[tokio::test]
async fn an_unknown_address_shows_an_error() {
    let console = Console::start().await;
    let page = &console.page;
    page.expect_network_errors();
    page.open("/dashboard/nothing-here").await;
    page.sees("heading", "Page not found").await;
    page.follow("Go to API Keys").await;
    page.reads("No API keys yet").await;
    console.finish().await;
}

/// A person without the right to manage keys sees an explanation and no buttons that would fail.
#[tokio::test]
async fn a_person_without_the_right_to_manage_keys_sees_an_explanation() {
    let console = Console::with_keys(&["CRM Integration"]).await;
    let page = &console.page;
    page.expect_network_errors();
    console.server.database.give_role(EMAIL, Role::Agent).await;
    page.open(KEYS).await;
    page.reads("Only admins manage API keys").await;
    page.reads("You are signed in as Agent.").await;
    page.sees_no("button", "Create API Key").await;
    assert!(!page.does_read("CRM Integration").await);
    console.finish().await;
}
