//! What is there only sometimes.

use leptos::prelude::*;

/// Shows its children while something holds.
///
/// Leptos' own `Show` is compiled anew for each use; this is in the page once.
#[component]
pub fn Shown(
    /// What has to hold.
    #[prop(into)]
    when: Signal<bool>,
    /// What is shown then.
    children: ChildrenFn,
) -> impl IntoView {
    let holds = Memo::new(move |_| when.get());
    move || holds.get().then(|| children())
}
