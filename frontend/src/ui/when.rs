//! A point in time.

use super::el::{El, el};

/// What is told of a point in time, coarse and exact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moment {
    /// What is read, e.g. `2 hours ago`.
    pub text: String,
    /// What the tooltip tells: to the second, with the zone.
    pub exact: String,
    /// What a program reads: RFC 3339.
    pub machine: String,
}

/// A point in time, or `--` where there is none; it belongs into an element of the class `when`.
///
/// Only a mouse finds a tooltip; style says its words once more, unseen, after the text.
#[must_use]
pub fn when(moment: Option<Moment>) -> El {
    match moment {
        Some(Moment { text, exact, machine }) => el("time")
            .attr("datetime", &machine)
            .attr("title", &exact)
            .text(&text),
        None => el("span").class("none").text("--"),
    }
}
