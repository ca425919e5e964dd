//! Delete API Key.

use leptos::prelude::*;
use uuid::Uuid;

use super::actions::{gone, is_gone};
use super::store::Keys;
use super::{CREATE_BUTTON, Dialogs};
use crate::api;
use crate::state::session::use_session;
use crate::state::task::start;
use crate::state::toasts::use_toasts;
use crate::ui::button::{Button, Look};
use crate::ui::dialog::Dialog;
use crate::ui::notice::Alert;

/// Asks before a key is gone for good. Cancel comes first, so that a hasty Enter destroys nothing.
#[component]
pub fn DeleteDialog(
    /// All keys.
    keys: Keys,
    /// The key's id.
    id: Uuid,
    /// The key's name.
    name: String,
    /// Which dialog is open.
    dialogs: Dialogs,
) -> impl IntoView {
    let (session, toasts) = (use_session(), use_toasts());
    let (busy, fault) = (RwSignal::new(false), RwSignal::new(None::<String>));
    let close = Callback::new(move |()| dialogs.delete.set(None));
    let question = format!(
        "Are you sure you want to delete “{name}”? Any system using this key will immediately lose access."
    );
    // The row goes before the dialog does, so that focus does not return to a button that is about to vanish.
    let vanish = move || {
        keys.remove(id);
        dialogs.delete.set(None);
        keys.refresh();
    };
    let delete = Callback::new(move |()| {
        busy.set(true);
        fault.set(None);
        let name = name.clone();
        start(async move {
            match api::keys::delete(id).await {
                Ok(()) => {
                    vanish();
                    toasts.success("Key deleted");
                }
                Err(error) if is_gone(&error) => {
                    vanish();
                    toasts.failure(gone(&name));
                }
                Err(error) if session.ended_by(&error) => {}
                Err(error) if error.leaves_open() => {
                    fault.set(Some(format!(
                        "It is not known whether the key was deleted. {}",
                        error.sentence()
                    )));
                    keys.refresh();
                }
                Err(error) => fault.set(Some(format!("The key was not deleted. {}", error.sentence()))),
            }
            busy.set(false);
        });
    });
    view! {
        <Dialog
            id="delete-dialog"
            title="Delete API Key"
            dismissable=Signal::derive(move || !busy.get())
            on_dismiss=close
            return_to=CREATE_BUTTON
        >
            <p class="question">{question}</p>
            <Alert text=fault />
            <div class="dialog-actions">
                <Button label="Cancel" disabled=busy on_press=close />
                <Button label="Delete" busy_label="Deleting…" busy look=Look::Danger on_press=delete />
            </div>
        </Dialog>
    }
}
