//! Fields with their label, help and error.

use leptos::html::Input;
use leptos::prelude::*;

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
    view! {
        <div class="field">
            <label for=id>{label}</label>
            <input
                node_ref=node_ref
                id=id
                name=id
                type=kind
                autocomplete=autocomplete
                autofocus=autofocus
                min=min
                max=max
                spellcheck="false"
                aria-required=required.then_some("true")
                aria-invalid=move || error.with(Option::is_some).then_some("true")
                aria-describedby=described
                prop:value=value
                on:input=move |event| value.set(event_target_value(&event))
            />
            <p class="help" id=help_id>{help}</p>
            <p class="fault" id=error_id role="alert">{move || error.get()}</p>
        </div>
    }
}
