//! Making the first admin, on the one-time link that the server printed.

use web_sys::Event;

use super::sign_in::{CredentialFields, card};
use crate::api;
use crate::layout::page_head::title;
use crate::reactive::*;
use crate::state::location::{Location, use_location};
use crate::state::route::Route;
use crate::state::session::use_session;
use crate::state::task::start;
use crate::ui::button::submit;
use crate::ui::el::{El, el};
use crate::ui::notice::alert;

/// Email, password, and then the console.
#[must_use]
pub fn set_up_page() -> El {
    title("Set up");
    let (session, location) = (use_session(), use_location());
    let token = RwSignal::new(take_token(location));
    // The link may be opened a second time in this very tab: then only the fragment changes.
    let again = window_event_listener(ev::hashchange, move |_| {
        if let Some(fresh) = take_token(location) {
            token.set(Some(fresh));
        }
    });
    on_cleanup(move || again.remove());
    let fields = CredentialFields::new();
    let on_submit = move |event: Event| {
        event.prevent_default();
        if fields.busy.get_untracked() {
            return;
        }
        match fields
            .typed()
            .for_set_up(token.get_untracked().unwrap_or_default())
        {
            Err(faults) => fields.refuse(faults, None),
            Ok(typed) => {
                fields.busy.set(true);
                start(async move {
                    match api::session::set_up(&typed).await {
                        Ok(view) => {
                            session.begin(view);
                            location.replace(Route::ApiKeys.path());
                        }
                        Err(error) => fields.failed(&error),
                    }
                });
            }
        }
    };
    let incomplete = move || {
        token.with(Option::is_none).then(|| {
            "This link is not complete. Open the whole link that the server printed when it started."
                .to_owned()
        })
    };
    let password = fields
        .password()
        .attr("autocomplete", "new-password")
        .help("At least 8 characters");
    let create = submit("Create admin")
        .busy(fields.busy, "Creating…")
        .disabled(move || token.with(Option::is_none));
    let form = card("set-up-title", "Create the first admin")
        .on("submit", on_submit)
        .child(alert(incomplete))
        .child(fields.alert())
        .child(fields.email())
        .child(password)
        .child(create);
    el("main").class("lone").child(form)
}

/// Reads the token and takes it out of the address bar, so that it stays in no history and no screenshot.
fn take_token(location: Location) -> Option<String> {
    let fragment = window().location().hash().unwrap_or_default();
    let token = fragment.strip_prefix('#').filter(|token| !token.is_empty())?;
    let token = token.to_owned();
    location.replace(Route::SetUp.path());
    Some(token)
}
