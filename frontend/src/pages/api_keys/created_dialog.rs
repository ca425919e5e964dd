//! Key created: the one time that a full key is on screen.

use std::time::Duration;

use leptos::html::Textarea;
use leptos::prelude::*;
use ori_shared::api_key::CreatedApiKey;

use super::CREATE_BUTTON;
use super::query::Query;
use super::store::Keys;
use crate::state::location::{Location, use_location};
use crate::state::task::start;
use crate::ui::button::{Button, Look};
use crate::ui::clipboard::copy_from;
use crate::ui::dialog::Dialog;
use crate::ui::focus::focus_id;
use crate::ui::icon::{Glyph, Icon};
use crate::ui::notice::Alert;
use crate::ui::shown::Shown;
use crate::ui::timer::Timer;

const STAY: &str = "created-stay";
const DONE: &str = "created-done";
const TICK_FOR: Duration = Duration::from_secs(2);

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
            <KeyBox created />
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

#[component]
fn KeyBox(created: RwSignal<Option<CreatedApiKey>>) -> impl IntoView {
    let area = NodeRef::<Textarea>::new();
    let copied = RwSignal::new(false);
    let fault = RwSignal::new(None::<String>);
    let timer = Timer::new();
    // The document's own copy goes too: an element that is out of the document may live on for a while.
    on_cleanup(move || {
        if let Some(area) = area.try_get_untracked().flatten() {
            area.set_value("");
        }
    });
    let copy = move |_| {
        let Some(area) = area.get_untracked() else {
            return;
        };
        start(async move {
            let worked = copy_from(&area).await;
            copied.set(worked);
            timer.set(TICK_FOR, move || copied.set(false));
            fault.set((!worked).then(|| {
                "The key could not be copied. Select it in the box and copy it by hand.".to_owned()
            }));
        });
    };
    view! {
        <div class="key-box">
            <textarea
                node_ref=area
                aria-label="API key"
                readonly
                autofocus
                rows="2"
                spellcheck="false"
                autocomplete="off"
                prop:value=move || created.with(|created| created.as_ref().map(|created| created.key.clone()))
                on:focus=move |_| select_all(area)
            ></textarea>
            <button type="button" class="button" on:click=copy>
                {move || {
                    let icon = if copied.get() { Icon::Tick } else { Icon::Copy };
                    view! { <span class="copy-icon" class:copied=copied><Glyph icon /></span> }
                }}
                "Copy"
            </button>
        </div>
        <p class="visually-hidden" role="status">{move || copied.get().then_some("Copied to the clipboard")}</p>
        <Alert text=fault />
    }
}

/// After the browser has put its caret where it thinks it belongs.
fn select_all(area: NodeRef<Textarea>) {
    request_animation_frame(move || {
        if let Some(area) = area.try_get_untracked().flatten() {
            area.select();
        }
    });
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
