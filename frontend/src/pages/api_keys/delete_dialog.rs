//! Delete API Key.

use std::sync::Arc;

use leptos::prelude::*;

use super::actions::{gone, is_gone};
use super::key_entry::KeyEntry;
use super::store::use_key_list;
use super::{CREATE_BUTTON, KeyDialogs};
use crate::api;
use crate::components::button::{Button, Variant};
use crate::components::dialog::Dialog;
use crate::components::empty_state::Alert;
use crate::state::toasts::use_toasts;

/// Confirmation of a permanent deletion. Cancel comes first, so that a hasty Enter deletes nothing.
#[component]
pub fn DeleteDialog(key: Arc<KeyEntry>) -> impl IntoView {
    let (keys, toasts) = (use_key_list(), use_toasts());
    let dialogs = expect_context::<KeyDialogs>();
    let error = RwSignal::new(None::<String>);
    let id = key.view.id;
    // The row is removed before the dialog, so that the focus does not return to a button that is about to disappear.
    let vanish = move || {
        keys.remove(id);
        dialogs.delete.try_set(None);
        keys.refresh();
    };
    let name = key.view.name.clone();
    let delete = Action::new_local(move |(): &()| {
        let name = name.clone();
        error.set(None);
        async move {
            match api::keys::delete(id).await {
                Ok(()) => {
                    vanish();
                    toasts.success_of("Key deleted", &name, None);
                }
                Err(refusal) if is_gone(&refusal) => {
                    vanish();
                    toasts.failure(gone(&name));
                }
                Err(refusal) if keys.session.ended_by(&refusal) => {}
                Err(refusal) if refusal.is_indeterminate() => {
                    let words =
                        "We couldn’t confirm that the key was deleted. Check your connection and try again.";
                    error.try_set(Some(words.to_owned()));
                    keys.refresh();
                }
                Err(refusal) => {
                    error.try_set(Some(format!("The key was not deleted. {}", refusal.sentence())));
                }
            }
        }
    });
    let pending = delete.pending();
    let close = move || {
        if !pending.get_untracked() {
            dialogs.delete.set(None);
        }
    };
    let question = format!(
        "Are you sure you want to delete “{}”? Any system using this key will immediately lose access.",
        key.view.name
    );
    view! {
        <Dialog
            id="delete-dialog"
            title="Delete API Key"
            return_focus=CREATE_BUTTON
            on_dismiss=move |()| close()
        >
            <p class="question" translate="no">{question}</p>
            <Alert message=error />
            <div class="dialog-actions">
                <Button label="Cancel" disabled=pending on_press=move |()| close() />
                <Button
                    label="Delete"
                    variant=Variant::Danger
                    pending=pending
                    pending_label="Deleting…"
                    on_press=move |()| {
                        delete.dispatch_local(());
                    }
                />
            </div>
        </Dialog>
    }
}
