//! Modal dialogs, on the browser's own `<dialog>`.

use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Event, Node};

use super::focus;

/// How many dialogs are open. What must be seen and heard waits until there is none: all else is inert meanwhile.
#[derive(Clone, Copy)]
pub struct OpenDialogs(RwSignal<u64>);

impl OpenDialogs {
    /// Offers itself as context.
    pub fn provide() {
        provide_context(Self(RwSignal::new(0)));
    }

    /// Whether a dialog is open.
    pub fn any(&self) -> bool {
        self.0.get() > 0
    }
}

/// A modal dialog, open for as long as it is in the document.
///
/// Its first field (or whatever has `autofocus`) gets the focus; when it goes, focus returns to where it came from.
#[component]
pub fn Dialog(
    /// Tells it apart in the document.
    id: &'static str,
    /// Its title, which is its accessible name.
    title: &'static str,
    /// Whether Escape and a click outside close it just now.
    #[prop(into)]
    dismissable: Signal<bool>,
    /// It is to be closed: take it out of the document.
    on_dismiss: Callback<()>,
    /// The id that gets the focus where what opened it is gone.
    return_to: &'static str,
    /// What is in it.
    children: Children,
) -> impl IntoView {
    let title_id = format!("{id}-title");
    let labelled_by = title_id.clone();
    let dialog = NodeRef::<html::Dialog>::new();
    let dismiss = move || {
        if dismissable.get_untracked() {
            on_dismiss.run(());
        }
    };
    stay_open(dialog, dismiss);
    catch_escape(dismiss);
    return_focus(return_to);
    let outside = Outside::new(dialog);
    view! {
        <dialog
            node_ref=dialog
            id=id
            class="dialog"
            aria-labelledby=labelled_by
            closedby="none"
            on:pointerdown=move |event| outside.pressed(&event)
            on:click=move |event| {
                if outside.clicked(&event) {
                    dismiss();
                }
            }
        >
            <div class="dialog-body">
                <h2 id=title_id>{title}</h2>
                {children()}
            </div>
        </dialog>
    }
}

/// Opens the dialog, and opens it again whenever the browser closes it on its own.
///
/// Browsers let a page refuse only the first Escape. So a `close` that we did not ask for counts as a wish, and where the wish is not
/// granted the dialog is back before anything is painted.
fn stay_open(dialog: NodeRef<html::Dialog>, dismiss: impl Fn() + Copy + 'static) {
    dialog.on_load(move |element| {
        let cancelled = element.clone();
        let show = move || {
            if cancelled.is_connected() && !cancelled.open() {
                let _ = cancelled.show_modal();
            }
        };
        show();
        listen(&element, "cancel", move |event| {
            event.prevent_default();
            dismiss();
        });
        listen(&element, "close", move |_| {
            dismiss();
            show();
        });
    });
}

/// Escape goes to us before it goes to the browser, wherever the focus is.
fn catch_escape(dismiss: impl Fn() + 'static) {
    let handle = window_event_listener(leptos::ev::keydown, move |event| {
        if event.key() == "Escape" && !event.is_composing() {
            event.prevent_default();
            dismiss();
        }
    });
    on_cleanup(move || handle.remove());
}

fn return_focus(otherwise: &'static str) {
    let opener = StoredValue::new_local(focus::focused());
    let OpenDialogs(open) = expect_context();
    open.update(|open| *open += 1);
    on_cleanup(move || {
        open.update(|open| *open = open.saturating_sub(1));
        focus::give_back(opener.try_get_value().flatten(), otherwise);
    });
}

/// Tells a click outside from a text selection that merely ends there.
#[derive(Clone, Copy)]
struct Outside {
    dialog: NodeRef<html::Dialog>,
    pressed: StoredValue<bool>,
}

impl Outside {
    fn new(dialog: NodeRef<html::Dialog>) -> Self {
        Self {
            dialog,
            pressed: StoredValue::new(false),
        }
    }

    fn pressed(&self, event: &Event) {
        self.pressed.set_value(self.hit(event));
    }

    fn clicked(&self, event: &Event) -> bool {
        self.pressed.get_value() && self.hit(event)
    }

    /// The body fills the dialog, so only its backdrop answers with the dialog itself.
    fn hit(&self, event: &Event) -> bool {
        let target = event.target().and_then(|target| target.dyn_into::<Node>().ok());
        let dialog = self.dialog.get_untracked();
        dialog
            .zip(target)
            .is_some_and(|(dialog, target)| dialog.is_same_node(Some(&target)))
    }
}

/// For the two events that do not bubble. The listener goes with the element.
fn listen(element: &web_sys::HtmlDialogElement, name: &str, then: impl Fn(Event) + 'static) {
    let listener = wasm_bindgen::closure::Closure::<dyn Fn(Event)>::new(then).into_js_value();
    let _ = element.add_event_listener_with_callback(name, listener.unchecked_ref());
}
