//! Key created: the only place that shows a plain key.

use leptos::prelude::*;

use super::key_filter::KeyFilter;
use super::key_row::last_minute;
use super::store::use_key_list;
use super::{CREATE_BUTTON, KeyDialogs};
use crate::components::button::{Button, Variant};
use crate::components::dialog::Dialog;
use crate::components::focus::focus_id_soon;
use crate::components::icon::{Glyph, Icon};
use crate::components::navigation_guard::NavigationGuard;
use crate::components::secret_box::SecretBox;
use crate::state::zone::use_zone;

const STAY: &str = "created-stay";
const DONE: &str = "created-done";

/// The key in a box, with Copy beside it. Only Done closes it; the back button asks first.
#[component]
pub fn CreatedDialog(
    /// Whether a person has pressed the back button.
    leaving: RwSignal<bool>,
    guard: NavigationGuard,
) -> impl IntoView {
    let (keys, zone) = (use_key_list(), use_zone());
    let filter = expect_context::<KeyFilter>();
    let created = expect_context::<KeyDialogs>().created;
    leaving.set(false);
    let is_copied = RwSignal::new(false);
    let key = Signal::derive(move || {
        created
            .with(|created| created.as_ref().map(|created| created.key.clone()))
            .unwrap_or_default()
    });
    let whose = created.with_untracked(|created| created.as_ref().map(|created| created.view.clone()));
    let expiry = whose.as_ref().and_then(|view| view.expires_at);
    let expiry = move || {
        expiry.map_or_else(
            || "never expires".to_owned(),
            |at| format!("expires {}", last_minute(zone, at)),
        )
    };
    let name = whose.as_ref().map(|view| view.name.clone());
    let done = move |()| {
        if let Some(view) = &whose {
            filter.reveal(view);
        }
        created.set(None);
        keys.refresh();
    };
    let done_variant = move || {
        if is_copied.get() {
            Variant::Primary
        } else {
            Variant::Plain
        }
    };
    Effect::watch(
        move || leaving.get(),
        |leaving, _, _| focus_id_soon(if *leaving { STAY } else { DONE }),
        false,
    );
    let done = Callback::new(done);
    view! {
        <Dialog id="created-dialog" title="Key created" return_focus=CREATE_BUTTON>
            <p class="question">
                <b dir="auto" translate="no">{name}</b>
                " · "
                {expiry}
            </p>
            <p class="warning">
                <Icon glyph=Glyph::Warning />
                "This key won’t be shown again. Copy it now and store it securely."
            </p>
            <SecretBox
                label="API key"
                copy_error="The key could not be copied. Select it in the box and copy it by hand."
                text=key
                autofocus=true
                primary=Signal::derive(move || !is_copied.get())
                on_copied=move |()| is_copied.set(true)
            />
            <FirstCall />
            <Show
                when=move || leaving.get()
                fallback=move || {
                    view! {
                        <div class="dialog-actions">
                            {move || view! { <Button id=DONE label="Done" variant=done_variant() on_press=done /> }}
                        </div>
                    }
                }
            >
                <ConfirmLeaving leaving guard />
            </Show>
        </Dialog>
    }
}

/// A command that places a first call. It reads the key from a variable, so that the key stays out of the shell's history.
#[component]
fn FirstCall() -> impl IntoView {
    let origin = window().location().origin().unwrap_or_default();
    view! {
        <details class="snippet">
            <summary>"Try it with curl"</summary>
            <p class="help">
                "Put the key into the variable ORI_KEY, replace the bot ID and phone number, then run the command."
            </p>
            <SecretBox
                label="curl command"
                copy_label="Copy command"
                copy_error="The command could not be copied. Select it in the box and copy it by hand."
                text=curl(&origin)
            />
        </details>
    }
}

/// Returns the request that places a first call. Its number is reserved for fiction.
fn curl(origin: &str) -> String {
    format!(
        "curl '{origin}/api/v1/sip/dialout' -H \"X-API-Key: $ORI_KEY\" -H 'Content-Type: application/json' \
         -d '{{\"bot_id\": \"my-bot\", \"to_number\": \"+12025550123\"}}'"
    )
}

#[component]
fn ConfirmLeaving(leaving: RwSignal<bool>, guard: NavigationGuard) -> impl IntoView {
    let created = expect_context::<KeyDialogs>().created;
    let leave = move |()| {
        guard.leave();
        created.set(None);
    };
    view! {
        <div class="confirm" role="alert">
            <p>"Leave without saving the key? You won’t be able to see it again."</p>
            <div class="dialog-actions">
                <Button id=STAY label="Stay" on_press=move |()| leaving.set(false) />
                <Button label="Leave" variant=Variant::Danger on_press=leave />
            </div>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_is_one_that_a_shell_takes_as_it_is() {
        assert_eq!(
            curl("https://ori.example.com"),
            "curl 'https://ori.example.com/api/v1/sip/dialout' -H \"X-API-Key: $ORI_KEY\" -H 'Content-Type: application/json' \
             -d '{\"bot_id\": \"my-bot\", \"to_number\": \"+12025550123\"}'"
        );
    }
}
