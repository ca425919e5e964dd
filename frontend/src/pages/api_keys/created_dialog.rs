//! Key created: the one time that a full key is on screen.

use ori_shared::api_key::CreatedApiKey;

use super::CREATE_BUTTON;
use super::query::Query;
use super::store::Keys;
use crate::pages::parts::secret_box::{Words, secret_box};
use crate::reactive::*;
use crate::state::location::{Location, use_location};
use crate::ui::button::{Look, button};
use crate::ui::dialog::dialog;
use crate::ui::el::{El, el};
use crate::ui::focus::focus_id;
use crate::ui::icon::{Icon, glyph};

const STAY: &str = "created-stay";
const DONE: &str = "created-done";

/// The key in a box, with Copy beside it. Only Done closes it; the back button asks first.
///
/// `created` is the key, until Done is pressed.
#[must_use]
pub fn created_dialog(keys: Keys, query: Query, created: RwSignal<Option<CreatedApiKey>>) -> El {
    let location = use_location();
    let leaving = RwSignal::new(false);
    location.hold(Some(Callback::new(move |()| {
        leaving.set(true);
        request_animation_frame(|| focus_id(STAY));
    })));
    // Whatever takes the dialog away lets the page be left again.
    on_cleanup(move || location.release());
    let done = move || {
        location.release();
        created.with_untracked(|created| {
            if let Some(created) = created {
                query.reveal(&created.view);
            }
        });
        created.set(None);
        keys.refresh();
    };
    let key = move || created.with(|created| created.as_ref().map(|created| created.key.clone()));
    let warning = el("p")
        .class("warning")
        .child(glyph(Icon::Warning))
        .text("This key won’t be shown again. Copy it now and store it securely.");
    let words = Words {
        label: "API key",
        copy: "Copy",
        fault: "The key could not be copied. Select it in the box and copy it by hand.",
    };
    let actions = move || {
        let done = button("Done").id(DONE).look(Look::Primary).on_press(done);
        el("div").class("dialog-actions").child(done)
    };
    dialog("created-dialog", "Key created", CREATE_BUTTON)
        .child(warning)
        .child(secret_box(words, key, true))
        .child(first_call(key))
        .shown(move || leaving.get(), move || asks(leaving, location, created))
        .shown(move || !leaving.get(), actions)
        .into()
}

/// How a first call is placed with the key.
fn first_call(key: impl Fn() -> Option<String> + 'static) -> El {
    let command = move || {
        let origin = window().location().origin().unwrap_or_default();
        key().map(|key| curl(&origin, &key))
    };
    let words = Words {
        label: "curl command",
        copy: "Copy command",
        fault: "The command could not be copied. Select it in the box and copy it by hand.",
    };
    let help = "Put in your own bot and number, then run it in a terminal. It holds the full key.";
    el("details")
        .class("try")
        .attr("open", "")
        .child(el("summary").text("Place a call with it"))
        .child(el("p").class("help").text(help))
        .child(secret_box(words, command, false))
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
fn asks(leaving: RwSignal<bool>, location: Location, created: RwSignal<Option<CreatedApiKey>>) -> El {
    let leave = move || {
        created.set(None);
        location.leave();
    };
    let stay = move || {
        leaving.set(false);
        request_animation_frame(|| focus_id(DONE));
    };
    let question = "Leave this page? The key has not been closed with Done, and you won’t see it again.";
    let actions = el("div")
        .class("dialog-actions")
        .child(button("Stay").id(STAY).on_press(stay))
        .child(button("Leave").look(Look::Danger).on_press(leave));
    el("div")
        .class("asks")
        .attr("role", "alert")
        .child(el("p").text(question))
        .child(actions)
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
