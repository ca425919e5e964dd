//! Key created: the one time that a full key is on screen.

use leptos::prelude::*;
use ori_shared::api_key::CreatedApiKey;

use super::CREATE_BUTTON;
use super::query::Query;
use super::store::Keys;
use crate::pages::parts::secret_box::SecretBox;
use crate::state::location::{Location, use_location};
use crate::ui::button::{Button, Look};
use crate::ui::dialog::Dialog;
use crate::ui::focus::focus_id;
use crate::ui::icon::{Glyph, Icon};
use crate::ui::shown::Shown;

const STAY: &str = "created-stay";
const DONE: &str = "created-done";

/// The key in a box, with Copy beside it. Only Done closes it; the back button asks first.
#[component]
pub fn CreatedDialog(
    /// All keys.
    keys: Keys,
    /// What is searched for.
    query: Query,
    /// The key, until Done is pressed.
    created: RwSignal<Option<CreatedApiKey>>,
) -> impl IntoView {
    let location = use_location();
    let leaving = RwSignal::new(false);
    location.hold(Some(Callback::new(move |()| {
        leaving.set(true);
        request_animation_frame(|| focus_id(STAY));
    })));
    // Whatever takes the dialog away lets the page be left again.
    on_cleanup(move || location.release());
    let done = Callback::new(move |()| {
        location.release();
        created.with_untracked(|created| {
            if let Some(created) = created {
                query.reveal(&created.view);
            }
        });
        created.set(None);
        keys.refresh();
    });
    let key =
        Signal::derive(move || created.with(|created| created.as_ref().map(|created| created.key.clone())));
    let command = Signal::derive(move || {
        let origin = window().location().origin().unwrap_or_default();
        key.get().map(|key| curl(&origin, &key))
    });
    view! {
        <Dialog
            id="created-dialog"
            title="Key created"
            dismissable=false
            on_dismiss=Callback::new(|()| {})
            return_to=CREATE_BUTTON
        >
            <p class="warning">
                <Glyph icon=Icon::Warning />
                "This key won’t be shown again. Copy it now and store it securely."
            </p>
            <SecretBox
                label="API key"
                text=key
                fault="The key could not be copied. Select it in the box and copy it by hand."
                autofocus=true
            />
            <details class="try" open>
                <summary>"Place a call with it"</summary>
                <p class="help">"Put in your own bot and number, then run it in a terminal. It holds the full key."</p>
                <SecretBox
                    label="curl command"
                    text=command
                    fault="The command could not be copied. Select it in the box and copy it by hand."
                    copy="Copy command"
                />
            </details>
            <Shown when=Signal::derive(move || leaving.get())>
                <Leaving leaving location created />
            </Shown>
            <Shown when=Signal::derive(move || !leaving.get())>
                <div class="dialog-actions">
                    <Button id=DONE label="Done" look=Look::Primary on_press=done />
                </div>
            </Shown>
        </Dialog>
    }
}

/// The request that places a first call with the new key, ready to be pasted into a terminal.
///
/// The number is nobody's: it is of a block that is kept for fiction.
fn curl(origin: &str, key: &str) -> String {
    format!(
        "curl '{origin}/api/v1/sip/dialout' -H 'X-API-Key: {key}' -H 'Content-Type: application/json' \
         -d '{{\"bot_id\": \"my-bot\", \"to_number\": \"+12025550123\"}}'"
    )
}

/// What the back button asks.
#[component]
fn Leaving(
    leaving: RwSignal<bool>,
    location: Location,
    created: RwSignal<Option<CreatedApiKey>>,
) -> impl IntoView {
    let leave = Callback::new(move |()| {
        created.set(None);
        location.leave();
    });
    let stay = Callback::new(move |()| {
        leaving.set(false);
        request_animation_frame(|| focus_id(DONE));
    });
    view! {
        <div class="asks" role="alert">
            <p>"Leave this page? The key has not been closed with Done, and you won’t see it again."</p>
            <div class="dialog-actions">
                <Button id=STAY label="Stay" on_press=stay />
                <Button label="Leave" look=Look::Danger on_press=leave />
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
            curl("https://ori.example.com", "ori_x"),
            "curl 'https://ori.example.com/api/v1/sip/dialout' -H 'X-API-Key: ori_x' -H 'Content-Type: application/json' \
             -d '{\"bot_id\": \"my-bot\", \"to_number\": \"+12025550123\"}'"
        );
    }
}
