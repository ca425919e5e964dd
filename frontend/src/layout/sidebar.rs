//! The sidebar: where one can go, and who one is.

use ori_shared::session::SessionView;

use super::nav_link::nav_link;
use crate::api;
use crate::reactive::*;
use crate::state::route::Route;
use crate::state::session::use_session;
use crate::state::task::start;
use crate::state::toasts::use_toasts;
use crate::ui::button::{Button, Look, button};
use crate::ui::el::{El, el};
use crate::ui::icon::{Icon, glyph};

/// The sidebar, for whoever is signed in; a top bar on narrow screens.
#[must_use]
pub fn sidebar(person: Memo<Option<SessionView>>) -> El {
    let simulated =
        move || person.with(|person| person.as_ref().is_some_and(|person| person.simulated_fleet));
    let name = el("span")
        .class("brand-name")
        .child(glyph(Icon::Brand))
        .text("Ori Console");
    let brand = el("div").class("brand").child(name).shown(simulated, || {
        el("span")
            .class("simulated")
            .attr("title", "No real phone rings: the voice fleet is simulated.")
            .text("Simulated fleet")
    });
    // One line a page, in the order of use.
    let nav = el("nav")
        .class("nav")
        .attr("aria-label", "Console")
        .child(nav_link(Route::ApiKeys, "API Keys", Icon::Key))
        .child(nav_link(Route::Calls, "Call Log", Icon::Phone))
        .child(nav_link(Route::Fleet, "Fleet", Icon::Servers))
        .child(nav_link(Route::Settings, "Settings", Icon::Sliders));
    el("header")
        .class("sidebar")
        .child(brand)
        .child(nav)
        .child(account(person))
}

fn account(person: Memo<Option<SessionView>>) -> El {
    let email = move || person.with(|person| person.as_ref().map(|person| person.email.clone()));
    let role = move || person.with(|person| person.as_ref().map(|person| person.role.label()));
    let email = el("span")
        .class("account-email")
        .live_attr("title", email)
        .live_text(move || email().unwrap_or_default());
    let role = el("span")
        .class("account-role")
        .live_text(move || role().unwrap_or_default().to_owned());
    let who = el("p").class("account-who").child(email).child(role);
    el("div").class("account").child(who).child(sign_out())
}

fn sign_out() -> Button {
    let (session, toasts) = (use_session(), use_toasts());
    let busy = RwSignal::new(false);
    let sign_out = move || {
        busy.set(true);
        start(async move {
            match api::session::sign_out().await {
                Ok(()) => session.end(),
                Err(error) if session.ended_by(&error) => {}
                Err(error) => toasts.failure(format!("You are still signed in. {}", error.sentence())),
            }
            busy.set(false);
        });
    };
    button("Sign out")
        .look(Look::Quiet)
        .icon(Icon::Exit)
        .disabled(move || busy.get())
        .on_press(sign_out)
}
