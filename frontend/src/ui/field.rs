//! Fields with their label, help and error.

use wasm_bindgen::JsCast;
use web_sys::HtmlInputElement;

use super::el::{El, el};
use crate::reactive::*;

/// A labelled field, until it is put where it stands.
///
/// Its error stands below it, is tied to it, and is announced: the place for it is in the document before its words
/// are.
pub struct Field {
    input: El,
    id: &'static str,
    label: &'static str,
    help: &'static str,
    error: RwSignal<Option<String>>,
}

/// A field of that id, label and kind (`text`, `date`, `email`, `password`, `url`): what is typed there, and what is
/// wrong with it.
#[must_use]
pub fn field(
    id: &'static str,
    label: &'static str,
    kind: &str,
    value: RwSignal<String>,
    error: RwSignal<Option<String>>,
) -> Field {
    let input = el("input")
        .attr("id", id)
        .attr("name", id)
        .attr("type", kind)
        .attr("autocomplete", "off")
        .attr("spellcheck", "false")
        .live_attr("aria-invalid", move || {
            error.with(Option::is_some).then(|| "true".to_owned())
        })
        .live_prop("value", move || value.with(|value| value.as_str().into()))
        .on("input", move |event| value.set(event_target_value(&event)));
    Field {
        input,
        id,
        label,
        help: "",
        error,
    }
}

/// Whether the field of that id holds something that cannot be told as a value: half a date, say.
#[must_use]
pub fn is_broken(id: &str) -> bool {
    let field = document().get_element_by_id(id);
    field
        .and_then(|field| field.dyn_into::<HtmlInputElement>().ok())
        .is_some_and(|field| field.validity().bad_input())
}

impl Field {
    /// With an attribute of its input.
    #[must_use]
    pub fn attr(mut self, name: &str, value: impl AsRef<str>) -> Self {
        self.input = self.input.attr(name, value);
        self
    }

    /// It has to be filled in.
    #[must_use]
    pub fn required(self) -> Self {
        self.attr("aria-required", "true")
    }

    /// It has the focus when it appears.
    #[must_use]
    pub fn autofocus(self) -> Self {
        self.attr("autofocus", "")
    }

    /// What helps to fill it in.
    #[must_use]
    pub const fn help(mut self, help: &'static str) -> Self {
        self.help = help;
        self
    }
}

impl From<Field> for El {
    fn from(field: Field) -> Self {
        let Field {
            input,
            id,
            label,
            help,
            error,
        } = field;
        let error_id = format!("{id}-error");
        let help_id = format!("{id}-help");
        let help_line = el("p").class("help").text(help);
        let (help_line, described) = if help.is_empty() {
            (help_line, error_id.clone())
        } else {
            (help_line.attr("id", &help_id), format!("{help_id} {error_id}"))
        };
        let fault = el("p")
            .class("fault")
            .attr("id", &error_id)
            .attr("role", "alert")
            .live_text(move || error.get().unwrap_or_default());
        el("div")
            .class("field")
            .child(el("label").attr("for", id).text(label))
            .child(input.attr("aria-describedby", &described))
            .child(help_line)
            .child(fault)
    }
}
