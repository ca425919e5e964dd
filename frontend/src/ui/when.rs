//! A point in time.

use web_sys::Element;

use super::el::el;

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

/// Tells a point in time, or `--` where there is none, in an element of the class `when`.
///
/// Only a mouse finds a tooltip; style says its words once more, unseen, after the text.
pub fn tell_when(place: &Element, moment: Option<Moment>) {
    let told = place.first_element_child();
    let told = told.filter(|told| moment.is_some() && told.local_name() == TIME);
    let told = told.unwrap_or_else(|| {
        let new = match moment {
            Some(_) => el(TIME),
            None => el("span").class("none").text("--"),
        };
        place.replace_children_with_node_1(new.element());
        new.element().clone()
    });
    if let Some(Moment { text, exact, machine }) = moment {
        let _ = told.set_attribute("datetime", &machine);
        let _ = told.set_attribute("title", &exact);
        told.set_text_content(Some(&text));
    }
}

const TIME: &str = "time";
