//! "Toggle" and "Delete a key".

use ori_shared::account::Role;
use serde_json::json;
use thirtyfour::Key;

use crate::support::Console;
use crate::support::server::EMAIL;

const QUESTION: &str = "Are you sure you want to delete “CRM Integration”? Any system using this key will immediately lose access.";

/// "Switches the key between active and inactive. The Status badge updates immediately and a toast confirms “Key
/// activated” or “Key deactivated”. The button is disabled while the change is saving."
#[tokio::test]
async fn toggle_switches_a_key_off_and_on() {
    let console = Console::with_keys(&["CRM"]).await;
    let page = &console.page;
    for (before, after, toast) in [
        ("Active", "Inactive", "Key deactivated"),
        ("Inactive", "Active", "Key activated"),
    ] {
        console.server.process.pause();
        page.press("Toggle CRM").await;
        page.until(
            "a disabled button",
            "return find('button', 'Toggle CRM').disabled",
            Vec::new(),
        )
        .await;
        page.shows("CRM", 2, before).await;
        console.server.process.resume();
        page.shows("CRM", 2, after).await;
        page.toasts(toast).await;
        page.until(
            "an enabled button",
            "return !find('button', 'Toggle CRM').disabled",
            Vec::new(),
        )
        .await;
        assert_eq!(console.api.list().await[0]["is_active"], json!(after == "Active"));
    }
    console.finish().await;
}

/// "The row stays in the list, and you can re-activate it later."
#[tokio::test]
async fn a_deactivated_key_stays_in_the_list() {
    let console = Console::with_keys(&["CRM"]).await;
    let page = &console.page;
    page.press("Toggle CRM").await;
    page.shows("CRM", 2, "Inactive").await;
    page.driver().refresh().await.expect("a reload");
    page.shows("CRM", 2, "Inactive").await;
    page.press("Toggle CRM").await;
    page.shows("CRM", 2, "Active").await;
    console.finish().await;
}

/// A change without a response is reported as unknown, and the badge shows the last known state.
#[tokio::test]
async fn a_toggle_without_a_response_is_reported() {
    let console = Console::with_keys(&["CRM"]).await;
    let page = &console.page;
    page.set_offline(true).await;
    page.press("Toggle CRM").await;
    page.toasts_failure("We couldn’t confirm that “CRM” was deactivated.")
        .await;
    page.shows("CRM", 2, "Active").await;
    page.set_offline(false).await;
    page.press("Toggle CRM").await;
    page.shows("CRM", 2, "Inactive").await;
    console.finish().await;
}

/// A rejected change is reported as failed and changes nothing; here the person lost the role meanwhile.
#[tokio::test]
async fn a_rejected_change_is_reported_and_changes_nothing() {
    let console = Console::with_keys(&["CRM"]).await;
    let page = &console.page;
    page.expect_network_errors();
    console.server.database.give_role(EMAIL, Role::Agent).await;
    page.press("Toggle CRM").await;
    page.toasts_failure("“CRM” was not deactivated.").await;
    page.shows("CRM", 2, "Active").await;
    page.press("Delete CRM").await;
    page.press("Delete").await;
    page.reads("The key was not deleted.").await;
    page.press("Cancel").await;
    page.press("Create API Key").await;
    page.write("Name", "Billing").await;
    page.press("Create Key").await;
    page.reads("The key was not created.").await;
    assert_eq!(page.value("Name").await, "Billing");
    console.server.database.give_role(EMAIL, Role::Admin).await;
    page.press("Create Key").await;
    page.press("Done").await;
    page.lists(&["Billing", "CRM"]).await;
    page.shows("CRM", 2, "Active").await;
    page.press("Toggle CRM").await;
    page.shows("CRM", 2, "Inactive").await;
    console.finish().await;
}

/// A key that another admin deleted disappears when it is used, with an explanation.
#[tokio::test]
async fn a_key_deleted_elsewhere_disappears_when_used() {
    let console = Console::with_keys(&["stays", "CRM"]).await;
    let page = &console.page;
    page.expect_network_errors();
    let id = console.api.list().await[0]["id"]
        .as_str()
        .expect("an id")
        .to_owned();
    console.api.delete(&id).await;
    page.press("Toggle CRM").await;
    page.toasts_failure("“CRM” no longer exists").await;
    page.lists(&["stays"]).await;
    console.finish().await;
}

/// "Clicking the Delete button on a key row opens a confirmation dialog titled Delete API Key": “Are you sure …”.
/// "Cancel: Closes the dialog and keeps the key. Clicking outside the dialog also cancels."
#[tokio::test]
async fn delete_needs_a_confirmation_and_can_be_cancelled() {
    let console = Console::with_keys(&["CRM Integration"]).await;
    let page = &console.page;
    for way in ["Cancel", "outside", "Escape"] {
        page.press("Delete CRM Integration").await;
        page.sees("dialog", "Delete API Key").await;
        page.reads(QUESTION).await;
        match way {
            "Cancel" => page.press("Cancel").await,
            "outside" => page.click_at(5, 5).await,
            _ => page.key(Key::Escape).await,
        }
        page.sees_no_dialog().await;
        page.focuses("Delete CRM Integration").await;
    }
    page.lists(&["CRM Integration"]).await;
    assert_eq!(console.api.list().await.len(), 1);
    console.finish().await;
}

/// "Delete: Permanently removes the key and refreshes the list."
#[tokio::test]
async fn delete_removes_the_key_at_once() {
    let console = Console::with_keys(&["stays", "CRM Integration"]).await;
    let page = &console.page;
    // Created elsewhere meanwhile: a refreshed list shows it.
    console.api.create_named("new").await;
    page.press("Delete CRM Integration").await;
    page.press("Delete").await;
    page.sees_no_dialog().await;
    page.lists(&["new", "stays"]).await;
    page.toasts("Key deleted").await;
    let names: Vec<_> = console
        .api
        .list()
        .await
        .into_iter()
        .map(|key| key["name"].clone())
        .collect();
    assert_eq!(names, ["new", "stays"]);
    console.finish().await;
}

/// A deletion without a response is reported as unknown in the dialog, and can be retried.
#[tokio::test]
async fn a_delete_without_a_response_is_reported() {
    let console = Console::with_keys(&["CRM"]).await;
    let page = &console.page;
    page.press("Delete CRM").await;
    page.set_offline(true).await;
    page.press("Delete").await;
    page.reads("We couldn’t confirm that the key was deleted.").await;
    page.set_offline(false).await;
    page.press("Delete").await;
    page.reads("No API keys yet").await;
    console.finish().await;
}

/// Leaving the page during a change neither cancels the change nor breaks the page.
#[tokio::test]
async fn a_toggle_completes_after_the_page_is_left() {
    let console = Console::with_keys(&["CRM"]).await;
    let page = &console.page;
    console.server.process.pause();
    page.press("Toggle CRM").await;
    page.until(
        "a disabled button",
        "return find('button', 'Toggle CRM').disabled",
        Vec::new(),
    )
    .await;
    page.follow("Settings").await;
    page.sees("heading", "Settings").await;
    console.server.process.resume();
    page.toasts("Key deactivated").await;
    page.sees("button", "Save Timezone").await;
    page.follow("API Keys").await;
    page.shows("CRM", 2, "Inactive").await;
    page.press("Toggle CRM").await;
    page.shows("CRM", 2, "Active").await;
    console.finish().await;
}

/// The same for a deletion, whose dialog can only be left with the back button.
#[tokio::test]
async fn a_deletion_completes_after_the_page_is_left() {
    let console = Console::with_keys(&["stays", "CRM"]).await;
    let page = &console.page;
    page.follow("Settings").await;
    page.sees("button", "Save Timezone").await;
    page.follow("API Keys").await;
    page.lists(&["CRM", "stays"]).await;
    page.press("Delete CRM").await;
    console.server.process.pause();
    page.press("Delete").await;
    page.sees("button", "Deleting…").await;
    page.driver().back().await.expect("a step back");
    page.sees("heading", "Settings").await;
    console.server.process.resume();
    page.toasts("Key deleted").await;
    page.sees("button", "Save Timezone").await;
    page.follow("API Keys").await;
    page.lists(&["stays"]).await;
    page.press("Toggle stays").await;
    page.shows("stays", 2, "Inactive").await;
    console.finish().await;
}
