//! What the buttons of a row do.

use ori_shared::error_code::ErrorCode;

use super::entry::Told;
use super::store::Keys;
use crate::api::{self, ApiError};
use crate::reactive::*;
use crate::state::session::Session;
use crate::state::task::start;
use crate::state::toasts::Toasts;

/// Switches a key on or off. The badge follows the server's answer, so a failure leaves it as it was.
pub fn toggle(key: &Told, keys: Keys, session: Session, toasts: Toasts, then: impl FnOnce() + 'static) {
    let (id, name, wanted) = (key.view.id, key.view.name.clone(), !key.view.is_active);
    if keys.saving.with_untracked(|saving| saving.contains(&id)) {
        return;
    }
    keys.saving.update(|saving| saving.push(id));
    let verb = if wanted { "activated" } else { "deactivated" };
    start(async move {
        match api::keys::switch(id, wanted).await {
            Ok(view) => {
                toasts.success(if view.is_active {
                    "Key activated"
                } else {
                    "Key deactivated"
                });
                keys.put(view);
            }
            Err(error) if session.ended_by(&error) => {}
            Err(error) if is_gone(&error) => {
                toasts.failure(gone(&name));
                keys.remove(id);
                keys.refresh();
            }
            Err(error) if error.leaves_open() => {
                toasts.failure(format!(
                    "It is not known whether “{name}” was {verb}. {}",
                    error.sentence()
                ));
                keys.refresh();
            }
            Err(error) => {
                toasts.failure(format!("“{name}” was not {verb}. {}", error.sentence()));
            }
        }
        keys.saving
            .try_update(|saving| saving.retain(|other| *other != id));
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
