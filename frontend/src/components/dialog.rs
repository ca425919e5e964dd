//! Modal dialogs, on the browser's own `<dialog>`.

use leptos::ev;
use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, Event};

use super::focus;
use crate::hooks::window_event::use_window_event;
use crate::state::dialogs::use_open_dialogs;

/// A modal dialog, open for as long as the component exists.
///
/// The element with `autofocus`, or else the first field, gets the focus. Afterwards the focus returns to where it came
/// from, or to `return_focus` if that is gone.
#[component]
pub fn Dialog(
    id: &'static str,
    /// Title and accessible name.
    #[prop(into)]
    title: Signal<String>,
    /// The id of an element.
    return_focus: &'static str,
    /// Called for Escape and for a click outside. Without it, neither has an effect.
    #[prop(optional, into)]
    on_dismiss: Option<Callback<()>>,
    children: Children,
) -> impl IntoView {
    let open = use_open_dialogs();
    let level = open.enter();
    let opener = StoredValue::new_local(focus::focused());
    on_cleanup(move || focus::restore_focus(opener.try_get_value().flatten(), return_focus));
    let dismiss = move || {
        if let Some(on_dismiss) = on_dismiss.filter(|_| open.is_top(level)) {
            on_dismiss.run(());
        }
    };
    let node = NodeRef::<html::Dialog>::new();
    let show = move || {
        if let Some(dialog) = node.get_untracked()
            && dialog.is_connected()
            && !dialog.open()
        {
            let _ = dialog.show_modal();
        }
    };
    Effect::new(move |_| {
        node.track();
        show();
    });
    // Escape is handled here before the browser handles it, independent of the focus.
    use_window_event(ev::keydown, move |event| {
        if event.key() == "Escape" && !event.is_composing() && open.is_top(level) {
            event.prevent_default();
            dismiss();
        }
    });
    let cancel = move |event: Event| {
        event.prevent_default();
        dismiss();
    };
    // Browsers let a page refuse only the first Escape. So a `close` counts as a request, and a dialog that stays is
    // opened again before anything is painted.
    let close = move |_| {
        dismiss();
        show();
    };
    // A click outside differs from a text selection that merely ends there: it also begins there.
    let pressed_outside = StoredValue::new(false);
    let is_backdrop = move |event: &Event| {
        let target = event
            .target()
            .and_then(|target| target.dyn_into::<Element>().ok());
        node.get_untracked()
            .zip(target)
            .is_some_and(|(dialog, target)| dialog.is_same_node(Some(&target)))
    };
    let title_id = format!("{id}-title");
    let labelled_by = title_id.clone();
    view! {
        <dialog
            id=id
            class="dialog"
            aria-labelledby=labelled_by
            closedby="none"
            node_ref=node
            on:cancel=cancel
            on:close=close
            on:pointerdown=move |event| pressed_outside.set_value(is_backdrop(&event))
            on:click=move |event| {
                if pressed_outside.get_value() && is_backdrop(&event) {
                    dismiss();
                }
            }
        >
            <div class="dialog-body">
                <h2 id=title_id>{move || title.get()}</h2>
                {children()}
            </div>
        </dialog>
    }
}
