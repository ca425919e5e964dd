//! Offers to reload a console that is older than the server.

use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::api;
use crate::components::button::Button;
use crate::hooks::polling::use_return;

/// A line that appears once the server has another version of the console than this tab.
#[component]
pub fn UpdateNotice() -> impl IntoView {
    let first = StoredValue::new(None::<String>);
    let is_outdated = RwSignal::new(false);
    let check = move || {
        spawn_local(async move {
            let Some(tag) = api::version::tag().await else {
                return;
            };
            match first.try_get_value().flatten() {
                None => first.set_value(Some(tag)),
                Some(known) if known != tag => {
                    is_outdated.try_set(true);
                }
                Some(_) => {}
            }
        });
    };
    check();
    use_return(check);
    let reload = move |()| {
        let _ = window().location().reload();
    };
    view! {
        <Show when=move || is_outdated.get()>
            <div class="stale update-notice" role="status">
                "A new version of the console is available."
                <Button label="Reload" on_press=reload />
            </div>
        </Show>
    }
}
