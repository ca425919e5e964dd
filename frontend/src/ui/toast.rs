//! A short message that passes.

use std::time::Duration;

use super::el::{El, el};
use super::icon::{Icon, glyph};
use super::timer::Timer;

const SHOWN_FOR: Duration = Duration::from_secs(5);

/// One line that closes itself after five seconds; not while the pointer or the keyboard is on it.
///
/// `on_close` takes it away.
#[must_use]
pub fn toast_line(text: &str, failed: bool, on_close: impl Fn() + Copy + 'static) -> El {
    let timer = Timer::new();
    let start = move || timer.set(SHOWN_FOR, on_close);
    start();
    let close = el("button")
        .attr("type", "button")
        .class("close")
        .attr("aria-label", "Dismiss")
        .on("click", move |_| on_close())
        .child(glyph(Icon::Cross));
    el("div")
        .class(if failed { "toast toast-failed" } else { "toast" })
        .on("pointerenter", move |_| timer.stop())
        .on("pointerleave", move |_| start())
        .on("focusin", move |_| timer.stop())
        .on("focusout", move |_| start())
        .child(glyph(if failed { Icon::Warning } else { Icon::Tick }))
        .child(el("p").text(text))
        .child(close)
}
