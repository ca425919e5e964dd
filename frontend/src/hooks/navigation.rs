//! Navigation within the console.

use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;

/// Returns options for a navigation that replaces the current entry of the history. The scroll position does not
/// change.
#[must_use]
pub fn replace_options() -> NavigateOptions {
    NavigateOptions {
        replace: true,
        ..push_options()
    }
}

fn push_options() -> NavigateOptions {
    NavigateOptions {
        resolve: false,
        scroll: false,
        ..NavigateOptions::default()
    }
}

/// Returns a function that goes to a path in place of the current one.
pub fn use_replace() -> impl Fn(&str) + Clone + Send + Sync + 'static {
    let navigate = use_navigate();
    move |to: &str| navigate(to, replace_options())
}

/// Returns a function that opens a path over the current one: the back button leads back.
pub fn use_push() -> impl Fn(&str) + Clone + Send + Sync + 'static {
    let navigate = use_navigate();
    move |to: &str| navigate(to, push_options())
}

/// Encodes text for use in a path or a query.
#[must_use]
pub fn encode(text: &str) -> String {
    js_sys::encode_uri_component(text).into()
}
