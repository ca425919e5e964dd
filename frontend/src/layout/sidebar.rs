//! The sidebar; a bar at the top of narrow screens.

use leptos::prelude::*;
use leptos_router::components::A;
use ori_shared::route::ConsoleRoute;
use ori_shared::session::SessionView;

use crate::api;
use crate::components::button::{Button, Variant};
use crate::components::icon::{Glyph, Icon};
use crate::state::session::use_session;
use crate::state::toasts::use_toasts;

/// The entries, in the order of use.
const ENTRIES: [(ConsoleRoute, &str, Glyph); 4] = [
    (ConsoleRoute::ApiKeys, "API Keys", Glyph::Key),
    (ConsoleRoute::Calls, "Call Log", Glyph::Phone),
    (ConsoleRoute::Fleet, "Fleet", Glyph::Servers),
    (ConsoleRoute::Settings, "Settings", Glyph::Sliders),
];

/// Pages that the person may see, and the person's email.
#[component]
pub fn Sidebar(person: Memo<Option<SessionView>>) -> impl IntoView {
    let session = use_session();
    let is_simulated =
        move || person.with(|person| person.as_ref().is_some_and(|person| person.simulated_fleet));
    let entries = move || {
        ENTRIES
            .into_iter()
            .filter(|(route, ..)| route.required_role().is_none_or(|role| session.has_role(role)))
            .map(|(route, label, glyph)| {
                view! {
                    <A href=route.path() attr:class="nav-link">
                        <Icon glyph />
                        {label}
                    </A>
                }
            })
            .collect_view()
    };
    view! {
        <header class="sidebar">
            <div class="brand">
                <span class="brand-name">
                    <Icon glyph=Glyph::Brand />
                    "Ori Console"
                </span>
                <Show when=is_simulated>
                    <span class="simulated" title="No real phone rings: the voice fleet is simulated.">
                        "Simulated fleet"
                    </span>
                </Show>
            </div>
            <nav class="nav" aria-label="Console">
                {entries}
            </nav>
            <div class="account">
                <Account person />
                <SignOut />
            </div>
        </header>
    }
}

#[component]
fn Account(person: Memo<Option<SessionView>>) -> impl IntoView {
    let email = move || person.with(|person| person.as_ref().map(|person| person.email.clone()));
    let role = move || person.with(|person| person.as_ref().map(|person| person.role.label()));
    view! {
        <p class="account-who">
            <span class="account-email" translate="no" title=email>
                {email}
            </span>
            <span class="account-role">{role}</span>
        </p>
    }
}

#[component]
fn SignOut() -> impl IntoView {
    let (session, toasts) = (use_session(), use_toasts());
    let sign_out = Action::new_local(move |(): &()| async move {
        match api::session::sign_out().await {
            Ok(()) => session.end(),
            Err(error) if error.is_signed_out() => session.end(),
            Err(error) => toasts.failure(format!("Couldn’t sign out. {}", error.sentence())),
        }
    });
    view! {
        <Button
            label="Sign out"
            variant=Variant::Quiet
            icon=Glyph::Exit
            disabled=sign_out.pending()
            on_press=move |()| {
                sign_out.dispatch_local(());
            }
        />
    }
}
