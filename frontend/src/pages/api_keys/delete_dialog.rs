//! Delete API Key.

use uuid::Uuid;

use super::actions::{gone, is_gone};
use super::store::Keys;
use super::{CREATE_BUTTON, Dialogs};
use crate::api;
use crate::reactive::*;
use crate::state::session::use_session;
use crate::state::task::start;
use crate::state::toasts::use_toasts;
use crate::ui::button::{Look, button};
use crate::ui::dialog::dialog;
use crate::ui::el::{El, el};
use crate::ui::notice::alert;

/// Asks before a key is gone for good. Cancel comes first, so that a hasty Enter destroys nothing.
///
/// `id` and `name` are the key's.
#[must_use]
pub fn delete_dialog(keys: Keys, id: Uuid, name: String, dialogs: Dialogs) -> El {
    let (session, toasts) = (use_session(), use_toasts());
    let (busy, fault) = (RwSignal::new(false), RwSignal::new(None::<String>));
    let close = move || dialogs.delete.set(None);
    let question = format!(
        "Are you sure you want to delete “{name}”? Any system using this key will immediately lose access."
    );
    // The row goes before the dialog does, so that focus does not return to a button that is about to vanish.
    let vanish = move || {
        keys.remove(id);
        dialogs.delete.set(None);
        keys.refresh();
    };
    let delete = move || {
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
    };
    let actions = el("div")
        .class("dialog-actions")
        .child(button("Cancel").disabled(move || busy.get()).on_press(close))
        .child(
            button("Delete")
                .look(Look::Danger)
                .busy(busy, "Deleting…")
                .on_press(delete),
        );
    dialog("delete-dialog", "Delete API Key", CREATE_BUTTON)
        .on_dismiss(move || {
            if !busy.get_untracked() {
                close();
            }
        })
        .child(el("p").class("question").text(question))
        .child(alert(move || fault.get()))
        .child(actions)
        .into()
}
