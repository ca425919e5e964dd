//! Where toasts appear.

use crate::reactive::*;
use crate::state::toasts::{Kind, Toasts, use_toasts};
use crate::ui::dialog::OpenDialogs;
use crate::ui::el::{El, el};
use crate::ui::toast::toast_line;

/// Two live regions, which are in the document before any message is. While a dialog makes everything else inert,
/// messages wait.
#[must_use]
pub fn toaster() -> El {
    let toasts = use_toasts();
    let dialogs: OpenDialogs = expect_context();
    el("div")
        .class("toasts")
        .child(lines(toasts, dialogs, Kind::Failure).attr("role", "alert"))
        .child(lines(toasts, dialogs, Kind::Success).attr("role", "status"))
}

fn lines(toasts: Toasts, dialogs: OpenDialogs, kind: Kind) -> El {
    let shown = move || {
        if dialogs.any() {
            Vec::new()
        } else {
            toasts.of(kind).iter().map(|toast| toast.id).collect()
        }
    };
    el("div").each(shown, move |line| {
        let toast = toasts.of(kind).into_iter().find(|toast| toast.id == line);
        let text = toast.map(|toast| toast.text).unwrap_or_default();
        let close = move || toasts.close(line);
        toast_line(&text, kind == Kind::Failure, close)
    })
}
