//! Actions of the buttons of a row.

use std::sync::Arc;

use leptos::prelude::*;
use leptos::task::spawn_local;
use ori_shared::api_key::{ApiKeyView, KeyStatus};
use ori_shared::error_code::ErrorCode;

use super::key_entry::KeyEntry;
use super::store::KeyList;
use crate::api::{self, ApiError};

/// Switches a key on or off, then calls `then`. The badge shows the server's response, so a failure leaves it
/// unchanged.
///
/// The change is completed even if the page is left.
pub fn toggle(key: &Arc<KeyEntry>, keys: KeyList, then: impl FnOnce() + 'static) {
    let (id, name, wanted) = (key.view.id, key.view.name.clone(), !key.view.is_active);
    if keys.saving.with_untracked(|saving| saving.contains(&id)) {
        return;
    }
    keys.saving.update(|saving| saving.push(id));
    let verb = if wanted { "activated" } else { "deactivated" };
    spawn_local(async move {
        match api::keys::set_active(id, wanted).await {
            Ok(view) => {
                confirm(&view, keys);
                keys.replace(view);
            }
            Err(error) if keys.session.ended_by(&error) => {}
            Err(error) if is_gone(&error) => {
                keys.toasts.failure(gone(&name));
                keys.remove(id);
                keys.refresh();
            }
            Err(error) if error.is_indeterminate() => {
                keys.toasts.failure(format!(
                    "We couldn’t confirm that “{name}” was {verb}. Check your connection and reload."
                ));
                keys.refresh();
            }
            Err(error) => keys
                .toasts
                .failure(format!("“{name}” was not {verb}. {}", error.sentence())),
        }
        keys.saving
            .try_update(|saving| saving.retain(|other| *other != id));
        then();
    });
}

fn confirm(view: &ApiKeyView, keys: KeyList) {
    let text = match view.status_at(keys.clock.now()) {
        KeyStatus::Active => "Key activated",
        KeyStatus::Inactive => "Key deactivated",
        KeyStatus::Expired => "Key switched on, but it has expired",
    };
    let id = view.id;
    let undo = Callback::new(move |()| {
        if let Some(key) = (!keys.is_gone()).then(|| keys.find(id)).flatten() {
            toggle(&key, keys, || {});
        }
    });
    keys.toasts.success_of(text, &view.name, Some(undo));
}

/// Returns whether the key no longer exists.
#[must_use]
pub fn is_gone(error: &ApiError) -> bool {
    error.code() == Some(ErrorCode::ApiKeyNotFound)
}

/// Returns the message for a key that no longer exists.
#[must_use]
pub fn gone(name: &str) -> String {
    format!("“{name}” no longer exists: it has been deleted.")
}
