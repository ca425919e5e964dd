//! The sidebar: where one can go, and who one is.

use leptos::prelude::*;
use ori_shared::session::SessionView;

use super::nav_link::NavLink;
use crate::api;
use crate::state::route::Route;
use crate::state::session::use_session;
use crate::state::task::start;
use crate::state::toasts::use_toasts;
use crate::ui::button::{Button, Look};
use crate::ui::icon::{Glyph, Icon};
use crate::ui::shown::Shown;

/// The sidebar; a top bar on narrow screens.
#[component]
pub fn Sidebar(
    /// Who is signed in.
    person: Memo<Option<SessionView>>,
) -> impl IntoView {
    let simulated =
        move || person.with(|person| person.as_ref().is_some_and(|person| person.simulated_fleet));
    view! {
        <header class="sidebar">
            <div class="brand">
                <Glyph icon=Icon::Brand />
                "Ori Console"
                <Shown when=Signal::derive(simulated)>
                    <span class="simulated" title="No real phone rings: the voice fleet is simulated.">
                        "Simulated fleet"
                    </span>
                </Shown>
            </div>
            // One line a page, in the order of use.
            <nav class="nav" aria-label="Console">
                <NavLink to=Route::ApiKeys label="API Keys" icon=Icon::Key />
                <NavLink to=Route::Calls label="Call Log" icon=Icon::Phone />
                <NavLink to=Route::Fleet label="Fleet" icon=Icon::Servers />
                <NavLink to=Route::Settings label="Settings" icon=Icon::Sliders />
            </nav>
            <Account person />
        </header>
    }
}

#[component]
fn Account(person: Memo<Option<SessionView>>) -> impl IntoView {
    let email = move || person.with(|person| person.as_ref().map(|person| person.email.clone()));
    let role = move || person.with(|person| person.as_ref().map(|person| person.role.label()));
    view! {
        <div class="account">
            <p class="account-who">
                <span class="account-email" title=email>{email}</span>
                <span class="account-role">{role}</span>
            </p>
            <SignOut />
        </div>
    }
}

#[component]
fn SignOut() -> impl IntoView {
    let session = use_session();
    let toasts = use_toasts();
    let busy = RwSignal::new(false);
    let sign_out = Callback::new(move |()| {
        busy.set(true);
        start(async move {
            match api::session::sign_out().await {
                Ok(()) => session.end(),
                Err(error) if session.ended_by(&error) => {}
                Err(error) => toasts.failure(format!("You are still signed in. {}", error.sentence())),
            }
            busy.set(false);
        });
    });
    view! {
        <Button
            label="Sign out"
            busy
            look=Look::Quiet
            icon=Icon::Exit
            on_press=sign_out
        />
    }
}
