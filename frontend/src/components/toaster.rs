//! Region for short messages.

use std::time::Duration;

use leptos::prelude::*;

use super::icon::{Glyph, Icon};
use crate::hooks::timer::use_timer;
use crate::state::dialogs::use_open_dialogs;
use crate::state::toasts::{Toast, ToastKind, use_toasts};

/// Display time of a success.
const SHOWN_FOR: Duration = Duration::from_secs(5);

/// Two live regions, which are in the document before any message. Messages wait while a dialog makes everything else
/// inert.
#[component]
pub fn Toaster() -> impl IntoView {
    view! {
        <div class="toasts">
            <ToastList kind=ToastKind::Failure role="alert" />
            <ToastList kind=ToastKind::Success role="status" />
        </div>
    }
}

#[component]
fn ToastList(kind: ToastKind, role: &'static str) -> impl IntoView {
    let (toasts, dialogs) = (use_toasts(), use_open_dialogs());
    let shown = move || {
        if dialogs.any() {
            Vec::new()
        } else {
            toasts.of(kind)
        }
    };
    view! {
        <div role=role>
            <For each=shown key=|toast| toast.id let:toast>
                <ToastLine toast />
            </For>
        </div>
    }
}

/// A message. A success closes itself, unless the pointer or the keyboard is on it.
#[component]
fn ToastLine(toast: Toast) -> impl IntoView {
    let (toasts, timer) = (use_toasts(), use_timer());
    let Toast {
        id,
        kind,
        text,
        subject,
        undo,
    } = toast;
    let failed = kind == ToastKind::Failure;
    let close = move || toasts.close(id);
    let start = move || {
        if !failed {
            timer.start(SHOWN_FOR, close);
        }
    };
    start();
    let undo = undo.map(|undo| {
        let press = move |_| {
            close();
            undo.run(());
        };
        view! { <button type="button" class="toast-undo" on:click=press>"Undo"</button> }
    });
    view! {
        <div
            class="toast"
            class:toast-failed=failed
            on:pointerenter=move |_| timer.stop()
            on:pointerleave=move |_| start()
            on:focusin=move |_| timer.stop()
            on:focusout=move |_| start()
        >
            <Icon glyph=if failed { Glyph::Warning } else { Glyph::Tick } />
            <p dir="auto">
                {text}
                {subject.map(|subject| view! { <span class="toast-subject" translate="no">{subject}</span> })}
            </p>
            {undo}
            <button type="button" class="close" aria-label="Dismiss" on:click=move |_| close()>
                <Icon glyph=Glyph::Cross />
            </button>
        </div>
    }
}
