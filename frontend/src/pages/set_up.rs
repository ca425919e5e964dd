//! Creation of the first admin, by the one-time link that the server printed.

use leptos::ev::{self, SubmitEvent};
use leptos::prelude::*;
use ori_shared::route::ConsoleRoute;

use super::sign_in::{CredentialFields, EmailField, PasswordField, StandaloneCard};
use crate::api;
use crate::components::button::{Button, Variant};
use crate::components::empty_state::Alert;
use crate::forms::sign_in::Credentials;
use crate::hooks::navigation::use_replace;
use crate::hooks::window_event::use_window_event;
use crate::layout::page_head::set_title;
use crate::state::session::use_session;

/// Form with email and password, which creates the first admin and opens the console.
#[component]
pub fn SetUpPage() -> impl IntoView {
    set_title("Set up");
    let (session, replace) = (use_session(), use_replace());
    let token = RwSignal::new(take_token(&replace));
    // The link may be opened a second time in this tab: then only the fragment changes.
    use_window_event(ev::hashchange, {
        let replace = replace.clone();
        move |_| {
            if let Some(fresh) = take_token(&replace) {
                token.set(Some(fresh));
            }
        }
    });
    let fields = CredentialFields::new();
    let set_up = Action::new_local(move |credentials: &Credentials| {
        let (credentials, replace) = (credentials.clone(), replace.clone());
        async move {
            let token = token.get_untracked().unwrap_or_default();
            let request = match credentials.for_set_up(token) {
                Ok(request) => request,
                Err(errors) => return fields.show(errors, None),
            };
            match api::session::set_up(&request).await {
                Ok(view) => {
                    session.begin(view);
                    replace(&ConsoleRoute::ApiKeys.path());
                }
                Err(error) => fields.show_failure(&error),
            }
        }
    });
    let on_submit = move |event: SubmitEvent| {
        event.prevent_default();
        if !set_up.pending().get_untracked() {
            set_up.dispatch_local(fields.read());
        }
    };
    let incomplete = Signal::derive(move || {
        token.with(Option::is_none).then(|| {
            "This setup link is incomplete. Copy the full link from the server’s startup output.".to_owned()
        })
    });
    view! {
        <main class="standalone">
            <StandaloneCard title="Create the first admin">
                <form novalidate on:submit=on_submit>
                    <Alert message=incomplete />
                    <Alert message=fields.alert />
                    <EmailField fields />
                    <PasswordField fields autocomplete="new-password" help="At least 8 characters" />
                    <Button
                        label="Create admin"
                        variant=Variant::Primary
                        submit=true
                        pending=set_up.pending()
                        pending_label="Creating…"
                        disabled=Signal::derive(move || token.with(Option::is_none))
                    />
                </form>
            </StandaloneCard>
        </main>
    }
}

/// Reads the token and removes it from the address bar, so that it appears in no history and no screenshot.
fn take_token(replace: &impl Fn(&str)) -> Option<String> {
    let fragment = window().location().hash().unwrap_or_default();
    let token = fragment.strip_prefix('#').filter(|token| !token.is_empty())?;
    replace(&ConsoleRoute::SetUp.path());
    Some(token.to_owned())
}
