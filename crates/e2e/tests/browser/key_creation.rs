//! "Create a key", "The key is shown only once".

use serde_json::json;
use thirtyfour::Key;

use crate::support::Console;
use crate::support::console::KEYS;

/// "Opens the Create API key dialog where you enter a name and an optional expiry." "The dialog shows the help text
/// “Leave blank for no expiry” under the Expires At field."
#[tokio::test]
async fn the_create_dialog_has_a_name_and_an_optional_expiry() {
    let console = Console::with_keys(&[]).await;
    let page = &console.page;
    page.press("Create API Key").await;
    page.sees("dialog", "Create API key").await;
    page.focuses("Name").await;
    page.sees("field", "Expires At").await;
    assert_eq!(page.value("Expires At").await, "");
    let help = "const help = [...document.querySelectorAll('dialog p')].find(p => p.innerText === 'Leave blank for no expiry');
        const field = find('field', 'Expires At');
        return help.getBoundingClientRect().top >= field.getBoundingClientRect().bottom
            && field.getAttribute('aria-describedby').split(' ').includes(help.id)";
    assert_eq!(page.ask(help).await, true);
    page.sees("button", "Cancel").await;
    page.sees("button", "Create Key").await;
    console.finish().await;
}

/// "If you leave Name blank and try to create the key, an error appears and the key is not created."
#[tokio::test]
async fn a_blank_name_is_an_error_and_creates_nothing() {
    let console = Console::with_keys(&[]).await;
    let page = &console.page;
    page.press("Create API Key").await;
    for blank in ["", "   "] {
        page.write("Name", blank).await;
        page.press("Create Key").await;
        page.reads("Enter a name for the key.").await;
        page.focuses("Name").await;
        let tied = "const field = find('field', 'Name');
            const error = field.getAttribute('aria-describedby').split(' ').map(id => document.getElementById(id)).find(e => e.role === 'alert');
            return field.getAttribute('aria-invalid') === 'true' && error.innerText === 'Enter a name for the key.'";
        assert_eq!(
            page.ask(tied).await,
            true,
            "the error stands at the field and is announced"
        );
    }
    assert!(console.api.list().await.is_empty());
    // A corrected form can be sent.
    page.wipe("Name").await;
    page.write("Name", "CRM").await;
    page.press("Create Key").await;
    page.sees("dialog", "Key created").await;
    console.finish().await;
}

/// "Cancel: Closes the dialog without creating a key." A click outside and Escape do the same.
#[tokio::test]
async fn cancel_creates_nothing() {
    let console = Console::with_keys(&[]).await;
    let page = &console.page;
    for way in ["Cancel", "outside", "Escape"] {
        page.press("Create API Key").await;
        page.write("Name", "Never").await;
        match way {
            "Cancel" => page.press("Cancel").await,
            "outside" => page.click_at(5, 5).await,
            _ => page.key(Key::Escape).await,
        }
        page.sees_no_dialog().await;
        page.focuses("Create API Key").await;
    }
    assert!(console.api.list().await.is_empty());
    // The dialog opens empty again.
    page.press("Create API Key").await;
    assert_eq!(page.value("Name").await, "");
    console.finish().await;
}

/// A create without a response keeps the typed values and claims neither success nor failure.
#[tokio::test]
async fn a_failed_create_keeps_the_input() {
    let console = Console::with_keys(&[]).await;
    let page = &console.page;
    page.press("Create API Key").await;
    page.write("Name", "CRM").await;
    page.set_offline(true).await;
    page.press("Create Key").await;
    page.reads("We couldn’t confirm that the key was created.").await;
    assert_eq!(page.value("Name").await, "CRM");
    page.set_offline(false).await;
    page.press("Create Key").await;
    page.sees("dialog", "Key created").await;
    console.finish().await;
}

/// "Ori generates the key. The dialog closes and the Key created dialog opens with the full key." "This key won’t be
/// shown again. Copy it now and store it securely." "Done: Closes the dialog and returns to the key list, where the new
/// key now appears with its masked prefix."
#[tokio::test]
async fn the_key_is_shown_in_full_once() {
    let console = Console::with_keys(&[]).await;
    let page = &console.page;
    let key = console.create_on_page("CRM Integration").await;
    assert!(key.starts_with("ori_") && key.len() > 30, "a key");
    page.sees_no("dialog", "Create API key").await;
    page.reads("This key won’t be shown again. Copy it now and store it securely.")
        .await;
    page.press("Done").await;
    page.sees_no_dialog().await;
    page.is_at(KEYS).await;
    page.lists(&["CRM Integration"]).await;
    page.shows("CRM Integration", 1, &format!("{}...••••", &key[..7]))
        .await;
    assert_nowhere(&console, &key).await;
    page.driver().refresh().await.expect("a reload");
    page.lists(&["CRM Integration"]).await;
    assert_nowhere(&console, &key).await;
    console.finish().await;
}

/// Checks that the key is in no element, no storage and no address.
async fn assert_nowhere(console: &Console, key: &str) {
    let everything = "return JSON.stringify([
        document.documentElement.outerHTML, [...document.querySelectorAll('input, textarea')].map(e => e.value),
        { ...localStorage }, { ...sessionStorage }, document.cookie, location.href, history.state, document.title])";
    let everything = console.page.ask(everything).await;
    assert!(
        !everything.as_str().expect("text").contains(&key[7..]),
        "the key is still there"
    );
}

/// "Copies the full key to your clipboard. The button briefly shows a tick for about two seconds to confirm the copy
/// worked."
#[tokio::test]
async fn copy_fills_the_clipboard_and_shows_a_tick() {
    let console = Console::with_keys(&[]).await;
    let page = &console.page;
    let key = console.create_on_page("CRM").await;
    // Measured by the page's own timers, whose order does not depend on the speed of the machine.
    let watch = "window.seen = [];
        new MutationObserver(() => {
            const ticked = !!document.querySelector('dialog .copied');
            if (ticked && !seen.includes('tick')) {
                seen.push('tick');
                for (const seconds of [1, 3]) setTimeout(() => seen.push(seconds), seconds * 1000);
            }
            if (!ticked && seen.includes('tick') && !seen.includes('no tick')) seen.push('no tick');
        }).observe(document, { subtree: true, childList: true, attributeFilter: ['class'] })";
    page.ask(watch).await;
    page.press("Copy").await;
    let seen = page
        .until(
            "all that is to be seen",
            "return seen.length === 4 && seen",
            Vec::new(),
        )
        .await;
    assert_eq!(seen, json!(["tick", 1, "no tick", 3]), "about two seconds");
    page.sees("button", "Copy").await;
    assert_eq!(page.clipboard().await, key);
    console.finish().await;
}

/// A copy that the browser refuses shows an error instead of a tick, and the key stays selectable.
#[tokio::test]
async fn a_failed_copy_is_reported_in_the_dialog() {
    let console = Console::with_keys(&[]).await;
    let page = &console.page;
    let key = console.create_on_page("CRM").await;
    let refuse = "navigator.clipboard.writeText = () => Promise.reject(new DOMException('refused', 'NotAllowedError'));
        document.execCommand = () => false";
    page.ask(refuse).await;
    page.press("Copy").await;
    let alert = "const alert = [...document.querySelectorAll('dialog [role=alert]')]
            .find(e => e.innerText.includes('The key could not be copied.'));
        return !!alert && !document.querySelector('dialog .copied')";
    page.until("an alert in the dialog, and no tick", alert, Vec::new())
        .await;
    assert_eq!(page.value("API key").await, key);
    // A later copy may succeed, which removes the error.
    page.ask("delete navigator.clipboard.writeText; delete document.execCommand")
        .await;
    page.ticks_after(page.press("Copy")).await;
    assert!(!page.does_read("The key could not be copied.").await);
    assert_eq!(page.clipboard().await, key);
    console.finish().await;
}

/// "Done: … returns to the key list, where the new key now appears", even if a search would hide it.
#[tokio::test]
async fn the_new_key_appears_whatever_was_searched_for() {
    let console = Console::with_keys(&["CRM"]).await;
    let page = &console.page;
    page.write("Search", "zebra").await;
    page.reads("No API keys found").await;
    let key = console.create_on_page("Billing").await;
    page.press("Done").await;
    page.sees_no_dialog().await;
    page.shows("Billing", 1, &format!("{}...••••", &key[..7])).await;
    console.finish().await;
}

/// "This dialog cannot be dismissed by clicking outside it or pressing Escape — you must click Done."
#[tokio::test]
async fn the_created_key_cannot_be_dismissed_by_accident() {
    let console = Console::with_keys(&[]).await;
    let page = &console.page;
    let key = console.create_on_page("CRM").await;
    for _ in 0..10 {
        page.key(Key::Escape).await;
    }
    page.click_at(5, 5).await;
    page.click_at(5, 5).await;
    page.key(Key::Escape).await;
    page.sees("dialog", "Key created").await;
    assert_eq!(page.value("API key").await, key);
    page.press("Done").await;
    page.sees_no_dialog().await;
    console.finish().await;
}

/// The back button asks first; staying keeps the key, leaving goes to the requested page.
#[tokio::test]
async fn going_back_needs_a_confirmation() {
    let console = Console::with_keys(&[]).await;
    let page = &console.page;
    page.follow("Settings").await;
    page.sees("button", "Save Timezone").await;
    page.follow("API Keys").await;
    page.reads("No API keys yet").await;
    let key = console.create_on_page("CRM").await;
    for _ in 0..2 {
        page.driver().back().await.expect("a step back");
        page.reads("Leave without saving the key?").await;
        assert_eq!(page.value("API key").await, key);
        page.press("Stay").await;
        page.sees_no("button", "Stay").await;
    }
    page.driver().back().await.expect("a step back");
    page.press("Leave").await;
    page.is_at("/dashboard/settings").await;
    page.sees("button", "Save Timezone").await;
    page.sees_no_dialog().await;
    assert_nowhere(&console, &key).await;
    console.finish().await;
}

/// After Done, the back button works as if there had been no dialog.
#[tokio::test]
async fn done_leaves_the_history_as_it_was() {
    let console = Console::with_keys(&[]).await;
    let page = &console.page;
    page.follow("Settings").await;
    page.sees("button", "Save Timezone").await;
    page.follow("API Keys").await;
    page.reads("No API keys yet").await;
    console.create_on_page("CRM").await;
    page.press("Done").await;
    page.lists(&["CRM"]).await;
    page.driver().back().await.expect("a step back");
    page.is_at("/dashboard/settings").await;
    console.finish().await;
}

/// The name is stored without surrounding spaces, and "No expiry" is the default.
#[tokio::test]
async fn the_server_stores_the_created_key() {
    let console = Console::with_keys(&["older"]).await;
    let key = console.create_on_page("  CRM  ").await;
    console.page.press("Done").await;
    console.page.lists(&["CRM", "older"]).await;
    let kept = console.api.list().await;
    assert_eq!(kept[0]["name"], "CRM");
    assert_eq!(kept[0]["key_prefix"], json!(&key[..7]));
    assert_eq!(kept[0]["expires_at"], json!(null));
    console.finish().await;
}
