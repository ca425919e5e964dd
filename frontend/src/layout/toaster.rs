//! Where toasts appear.

use leptos::prelude::*;

use crate::state::toasts::{Kind, Toast, Toasts, use_toasts};
use crate::ui::dialog::OpenDialogs;
use crate::ui::toast::ToastLine;

/// Two live regions, which are in the document before any message is. While a dialog makes everything else inert, messages wait.
#[component]
pub fn Toaster() -> impl IntoView {
    let toasts = use_toasts();
    let dialogs: OpenDialogs = expect_context();
    view! {
        <div class="toasts">
            <div role="alert">{lines(toasts, dialogs, Kind::Failure)}</div>
            <div role="status">{lines(toasts, dialogs, Kind::Success)}</div>
        </div>
    }
}

fn lines(toasts: Toasts, dialogs: OpenDialogs, kind: Kind) -> impl IntoView {
    let shown = move || {
        if dialogs.any() {
            Vec::new()
        } else {
            toasts.of(kind)
        }
    };
    view! {
        <For each=shown key=|toast| toast.id let(Toast { id, text, .. })>
            <ToastLine
                text
                failed=kind == Kind::Failure
                on_close=Callback::new(move |()| toasts.close(id))
            />
        </For>
    }
}
