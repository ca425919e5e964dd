//! Modal dialogs, on the browser's own `<dialog>`.

use std::cell::Cell;
use std::rc::Rc;

use wasm_bindgen::JsCast;
use web_sys::{Event, HtmlDialogElement};

use super::el::{El, el};
use super::focus;
use crate::reactive::*;

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

/// A modal dialog, open for as long as it is in the document, until it is put there.
///
/// Its first field (or whatever has `autofocus`) gets the focus; when it goes, focus returns to where it came from.
pub struct Dialog {
    dialog: El,
    body: El,
    on_dismiss: Rc<dyn Fn()>,
}

/// A dialog of that id and title, which is its accessible name. Where what opened it is gone, the element of the id
/// `return_to` gets the focus afterwards.
#[must_use]
pub fn dialog(id: &str, title: &str, return_to: &'static str) -> Dialog {
    return_focus(return_to);
    let title_id = format!("{id}-title");
    let dialog = el("dialog")
        .attr("id", id)
        .class("dialog")
        .attr("aria-labelledby", &title_id)
        .attr("closedby", "none");
    let title = el("h2").attr("id", &title_id).text(title);
    Dialog {
        dialog,
        body: el("div").class("dialog-body").child(title),
        on_dismiss: Rc::new(|| {}),
    }
}

impl Dialog {
    /// With an element in it.
    #[must_use]
    pub fn child(mut self, child: impl Into<El>) -> Self {
        self.body = self.body.child(child);
        self
    }

    /// With an element in it while something holds.
    #[must_use]
    pub fn shown(mut self, when: impl Fn() -> bool + 'static, child: impl Fn() -> El + 'static) -> Self {
        self.body = self.body.shown(when, child);
        self
    }

    /// What an Escape or a click outside asks for: that the dialog be taken out of the document, where it may be just
    /// now.
    #[must_use]
    pub fn on_dismiss(mut self, then: impl Fn() + 'static) -> Self {
        self.on_dismiss = Rc::new(then);
        self
    }
}

impl From<Dialog> for El {
    fn from(dialog: Dialog) -> Self {
        let Dialog {
            dialog,
            body,
            on_dismiss,
        } = dialog;
        catch_escape(on_dismiss.clone());
        let dialog = stay_open(dialog.child(body), on_dismiss.clone());
        dismiss_outside(dialog, on_dismiss)
    }
}

/// Opens the dialog, and opens it again whenever the browser closes it on its own.
///
/// Browsers let a page refuse only the first Escape. So a `close` that we did not ask for counts as a wish, and where
/// the wish is not granted the dialog is back before anything is painted.
fn stay_open(dialog: El, on_dismiss: Rc<dyn Fn()>) -> El {
    let element = dialog.element().clone();
    let show = move || {
        if let Some(dialog) = element.dyn_ref::<HtmlDialogElement>()
            && dialog.is_connected()
            && !dialog.open()
        {
            let _ = dialog.show_modal();
        }
    };
    // Once it is in the document.
    queue_microtask(show.clone());
    let cancelled = on_dismiss.clone();
    dialog
        .on("cancel", move |event| {
            event.prevent_default();
            cancelled();
        })
        .on("close", move |_| {
            on_dismiss();
            show();
        })
}

/// Escape goes to us before it goes to the browser, wherever the focus is.
fn catch_escape(on_dismiss: Rc<dyn Fn()>) {
    let handle = window_event_listener(ev::keydown, move |event| {
        if event.key() == "Escape" && !event.is_composing() {
            event.prevent_default();
            on_dismiss();
        }
    });
    on_cleanup(move || handle.remove());
}

/// Tells a click outside from a text selection that merely ends there.
fn dismiss_outside(dialog: El, on_dismiss: Rc<dyn Fn()>) -> El {
    let element = dialog.element().clone();
    // The body fills the dialog, so only its backdrop answers with the dialog itself.
    let hit = move |event: &Event| event.target().as_ref() == Some(element.as_ref());
    let hit_again = hit.clone();
    let pressed = Rc::new(Cell::new(false));
    let was_pressed = pressed.clone();
    dialog
        .on("pointerdown", move |event| pressed.set(hit(&event)))
        .on("click", move |event| {
            if was_pressed.get() && hit_again(&event) {
                on_dismiss();
            }
        })
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
