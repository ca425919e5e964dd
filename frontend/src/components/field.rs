//! Form fields with their label, help and error.

use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::HtmlInputElement;

/// A labelled text field.
///
/// Its error is below it, is associated with it and is announced: the element is in the document before its text.
#[component]
pub fn TextField(
    id: &'static str,
    label: &'static str,
    /// `text`, `date`, `email`, `password` or `url`.
    #[prop(default = "text")]
    kind: &'static str,
    value: RwSignal<String>,
    /// Error, which is cleared as soon as a person types.
    error: RwSignal<Option<String>>,
    #[prop(optional)] help: &'static str,
    #[prop(optional)] required: bool,
    #[prop(optional)] autofocus: bool,
    #[prop(default = "off")] autocomplete: &'static str,
    #[prop(optional, into)] min: Option<String>,
    #[prop(optional, into)] max: Option<String>,
) -> impl IntoView {
    let error_id = format!("{id}-error");
    let help_id = format!("{id}-help");
    let described_by = if help.is_empty() {
        error_id.clone()
    } else {
        format!("{help_id} {error_id}")
    };
    let on_input = move |event| {
        value.set(event_target_value(&event));
        if error.with_untracked(Option::is_some) {
            error.set(None);
        }
    };
    view! {
        <div class="field">
            <label for=id>{label}</label>
            <input
                id=id
                name=id
                type=kind
                dir=if kind == "text" { Some("auto") } else { None }
                autocomplete=autocomplete
                spellcheck="false"
                min=min
                max=max
                autofocus=autofocus
                aria-required=required.then_some("true")
                aria-invalid=move || error.with(Option::is_some).then_some("true")
                aria-describedby=described_by
                prop:value=value
                on:input=on_input
            />
            {(!help.is_empty()).then(|| view! { <p class="help" id=help_id>{help}</p> })}
            <p class="error" id=error_id role="alert">
                {move || error.get().unwrap_or_default()}
            </p>
        </div>
    }
}

/// A search box.
#[component]
pub fn SearchBox(
    id: &'static str,
    placeholder: &'static str,
    #[prop(into)] value: Signal<String>,
    #[prop(into)] on_input: Callback<String>,
) -> impl IntoView {
    let node = NodeRef::<html::Input>::new();
    let input = move |_| {
        let Some(field) = node.get_untracked() else { return };
        on_input.run(field.value());
        // The handler may have changed the input.
        let shown = value.get_untracked();
        if field.value() != shown {
            field.set_value(&shown);
        }
    };
    view! {
        <input
            type="search"
            id=id
            node_ref=node
            dir="auto"
            aria-label="Search"
            placeholder=placeholder
            autocomplete="off"
            spellcheck="false"
            maxlength="200"
            prop:value=value
            on:input=input
        />
    }
}

/// Reads the value of the field with this id. Browsers fill in passwords without an event.
pub fn read_autofill(id: &str, value: RwSignal<String>) {
    if let Some(field) = input(id)
        && value.with_untracked(|value| *value != field.value())
    {
        value.set(field.value());
    }
}

/// Returns whether the field with this id contains input that has no value, for example half a date.
#[must_use]
pub fn is_incomplete(id: &str) -> bool {
    input(id).is_some_and(|field| field.validity().bad_input())
}

fn input(id: &str) -> Option<HtmlInputElement> {
    document().get_element_by_id(id)?.dyn_into().ok()
}
