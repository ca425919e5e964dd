//! What the buttons of a row do.

use ori_shared::error_code::ErrorCode;

use super::entry::Entry;
use super::store::Keys;
use crate::api::{self, ApiError};
use crate::reactive::*;
use crate::state::session::Session;
use crate::state::task::start;
use crate::state::toasts::Toasts;

/// Switches a key on or off. The badge follows the server's answer, so a failure leaves it as it was.
pub fn toggle(entry: Entry, keys: Keys, session: Session, toasts: Toasts, then: impl FnOnce() + 'static) {
    if entry.saving.get_untracked() {
        return;
    }
    entry.saving.set(true);
    let wanted = entry.told.with_untracked(|told| !told.view.is_active);
    let verb = if wanted { "activated" } else { "deactivated" };
    start(async move {
        match api::keys::switch(entry.id, wanted).await {
            Ok(view) => {
                toasts.success(if view.is_active {
                    "Key activated"
                } else {
                    "Key deactivated"
                });
                keys.put(&entry, view);
            }
            Err(error) if session.ended_by(&error) => {}
            Err(error) if is_gone(&error) => {
                toasts.failure(gone(&entry.name()));
                keys.remove(entry.id);
                keys.refresh();
            }
            Err(error) if error.leaves_open() => {
                toasts.failure(format!(
                    "It is not known whether “{}” was {verb}. {}",
                    entry.name(),
                    error.sentence()
                ));
                keys.refresh();
            }
            Err(error) => {
                toasts.failure(format!("“{}” was not {verb}. {}", entry.name(), error.sentence()));
            }
        }
        entry.saving.set(false);
        then();
    });
}

/// Whether there is no such key any more.
#[must_use]
pub fn is_gone(error: &ApiError) -> bool {
    error.code() == Some(ErrorCode::ApiKeyNotFound)
}

/// What to say then.
#[must_use]
pub fn gone(name: &str) -> String {
    format!("“{name}” no longer exists: it has been deleted.")
}
