//! Fields with their label, help and error.

use leptos::html::Input;
use leptos::prelude::*;

use super::el::{El, el};

/// A labelled field.
///
/// Its error stands below it, is tied to it, and is announced: the place for it is in the document before its words are.
#[component]
pub fn Field(
    /// Tells it apart in the document.
    id: &'static str,
    /// Its label, which is its accessible name.
    label: &'static str,
    /// The kind of input: `text`, `date`, `email`, `password`.
    #[prop(default = "text")]
    kind: &'static str,
    /// What was typed.
    value: RwSignal<String>,
    /// What is wrong with it.
    #[prop(optional, into)]
    error: Signal<Option<String>>,
    /// What helps to fill it in.
    #[prop(optional)]
    help: &'static str,
    /// What the browser may fill in.
    #[prop(default = "off")]
    autocomplete: &'static str,
    /// Whether it has to be filled in.
    #[prop(optional)]
    required: bool,
    /// Whether it has the focus when it appears.
    #[prop(optional)]
    autofocus: bool,
    /// The smallest date.
    #[prop(optional, into)]
    min: Option<String>,
    /// The greatest date.
    #[prop(optional)]
    max: Option<&'static str>,
    /// The input itself.
    #[prop(optional)]
    node_ref: NodeRef<Input>,
) -> impl IntoView {
    let error_id = format!("{id}-error");
    let help_id = (!help.is_empty()).then(|| format!("{id}-help"));
    let described = match &help_id {
        Some(help_id) => format!("{help_id} {error_id}"),
        None => error_id.clone(),
    };
    let input = el("input")
        .attr("id", id)
        .attr("name", id)
        .attr("type", kind)
        .attr("autocomplete", autocomplete)
        .attr("spellcheck", "false")
        .attr("aria-describedby", &described)
        .live_attr("aria-invalid", move || {
            error.with(Option::is_some).then(|| "true".to_owned())
        })
        .live_prop("value", move || value.with(|value| value.as_str().into()))
        .on("input", move |event| value.set(event_target_value(&event)));
    let input = optional(input, "min", min);
    let input = optional(input, "max", max);
    let input = optional(input, "aria-required", required.then_some("true"));
    let input = optional(input, "autofocus", autofocus.then_some("")).node_ref(node_ref);
    let help_line = optional(el("p").class("help"), "id", help_id).text(help);
    let fault = el("p")
        .class("fault")
        .attr("id", &error_id)
        .attr("role", "alert")
        .live_text(move || error.get().unwrap_or_default());
    el("div")
        .class("field")
        .child(el("label").attr("for", id).text(label))
        .child(input)
        .child(help_line)
        .child(fault)
}

fn optional(element: El, name: &str, value: Option<impl AsRef<str>>) -> El {
    match value {
        Some(value) => element.attr(name, value),
        None => element,
    }
}
