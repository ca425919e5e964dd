//! Keyboard operation.

use thirtyfour::Key;

use crate::support::Console;

/// Create, copy, done, toggle and delete work by keyboard alone, and the focus returns to its previous element.
#[tokio::test]
async fn create_copy_toggle_and_delete_by_keyboard() {
    let console = Console::with_keys(&[]).await;
    let page = &console.page;

    page.tab_to("Create API Key").await;
    page.key(Key::Enter).await;
    page.focuses("Name").await;
    page.key("CRM").await;
    page.key(Key::Enter).await;
    page.sees("dialog", "Key created").await;
    page.focuses("API key").await;
    let key = page.value("API key").await;

    page.tab_to("Copy").await;
    page.ticks_after(page.key(Key::Enter)).await;
    assert_eq!(page.clipboard().await, key);
    page.tab_to("Done").await;
    page.key(Key::Enter).await;
    page.sees_no_dialog().await;
    page.focuses("Create API Key").await;

    page.tab_to("Toggle CRM").await;
    page.key(Key::Space).await;
    page.shows("CRM", 2, "Inactive").await;
    page.focuses("Toggle CRM").await;

    page.tab_to("Delete CRM").await;
    page.key(Key::Enter).await;
    page.sees("dialog", "Delete API Key").await;
    page.key(Key::Escape).await;
    page.focuses("Delete CRM").await;
    page.key(Key::Enter).await;
    page.sees("dialog", "Delete API Key").await;
    page.tab_to("Delete").await;
    page.key(Key::Enter).await;
    page.reads("No API keys yet").await;
    page.focuses("Create API Key").await;
    console.finish().await;
}

/// A fast Tab is not undone by a late focus change.
#[tokio::test]
async fn a_fast_tab_leaves_the_box() {
    let console = Console::with_keys(&[]).await;
    let page = &console.page;
    page.press("Create API Key").await;
    page.focuses("Name").await;
    page.key("CRM").await;
    page.key(Key::Enter).await;
    page.focuses("API key").await;
    page.ask("document.querySelector('details.snippet').open = true")
        .await;
    let hurry = "find('field', 'curl command').focus();
        find('button', 'Copy command').focus();
        const painted = () => new Promise(requestAnimationFrame);
        return painted().then(painted).then(() => nameOf(document.activeElement))";
    assert_eq!(page.ask(hurry).await, "Copy command");
    console.finish().await;
}

/// A destructive button does not have the focus when its dialog opens.
#[tokio::test]
async fn enter_does_not_delete_by_accident() {
    let console = Console::with_keys(&["CRM"]).await;
    let page = &console.page;
    page.press("Delete CRM").await;
    page.focuses("Cancel").await;
    page.key(Key::Enter).await;
    page.sees_no_dialog().await;
    assert_eq!(console.api.list().await.len(), 1);
    console.finish().await;
}

/// Tab stays within an open dialog.
#[tokio::test]
async fn tab_stays_in_the_dialog() {
    let console = Console::with_keys(&["CRM"]).await;
    let page = &console.page;
    page.press("Create API Key").await;
    page.focuses("Name").await;
    for _ in 0..12 {
        page.key(Key::Tab).await;
        let inside = "const e = document.activeElement; return e === document.body || !!e.closest('dialog')";
        assert_eq!(page.ask(inside).await, true);
    }
    console.finish().await;
}

/// The first Tab stop is a link that skips the sidebar.
#[tokio::test]
async fn the_first_stop_skips_to_the_content() {
    let console = Console::with_keys(&["CRM"]).await;
    let page = &console.page;
    page.key(Key::Tab).await;
    page.focuses("Skip to content").await;
    let seen =
        "const box = document.activeElement.getBoundingClientRect(); return box.top >= 0 && box.height > 10";
    page.until("a link that can be seen", seen, Vec::new()).await;
    page.key(Key::Enter).await;
    page.until(
        "the focus on the content",
        "return document.activeElement.id === 'main'",
        Vec::new(),
    )
    .await;
    page.lists(&["CRM"]).await;
    page.key(Key::Tab).await;
    page.focuses("Create API Key").await;
    console.finish().await;
}
