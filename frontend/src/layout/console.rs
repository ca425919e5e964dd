//! The frame of everything that needs a session.

use ori_shared::session::SessionView;
use ori_shared::timezone;

use super::sidebar::sidebar;
use crate::api::{self, ApiError, client};
use crate::pages::api_keys::api_keys_page;
use crate::pages::api_keys::store::Keys;
use crate::pages::calls::calls_page;
use crate::pages::fleet::fleet_page;
use crate::pages::settings::settings_page;
use crate::reactive::*;
use crate::state::location::{Location, use_location};
use crate::state::route::Route;
use crate::state::session::{Session, Who, use_session};
use crate::state::task::start;
use crate::state::zone::{self, Zone, use_zone};
use crate::ui::button::button;
use crate::ui::el::{El, el};
use crate::ui::notice::{failure, loading};

/// What the frame holds.
#[derive(Clone, PartialEq, Eq)]
enum Inside {
    Waiting,
    Failed(ApiError),
    Page(Route),
}

/// Sidebar and page for whoever is signed in; everybody else is led to the sign-in page, and back here afterwards.
#[must_use]
pub fn console() -> El {
    let (session, location) = (use_session(), use_location());
    let person = Memo::new(move |_| session.person());
    lead_to_sign_in(session, location);
    settle_timezone(person, session, use_zone());
    let keys = Keys::new();
    let inside = Memo::new(move |before: Option<&Inside>| match session.who() {
        Who::Failed(error) => Inside::Failed(error),
        Who::Somebody(_) => Inside::Page(location.route()),
        // A page that must not be left just now outlives the session.
        Who::Nobody => before.cloned().unwrap_or(Inside::Waiting),
        Who::Unknown => Inside::Waiting,
    });
    let page = move |inside| match inside {
        Inside::Waiting => loading(),
        Inside::Failed(error) => failed(&error, session),
        Inside::Page(Route::Calls) => calls_page(),
        Inside::Page(Route::Fleet) => fleet_page(),
        Inside::Page(Route::Settings) => settings_page(),
        Inside::Page(_) => api_keys_page(keys),
    };
    let main = el("main")
        .attr("id", "main")
        .class("main")
        .attr("tabindex", "-1")
        .live(move || {
            let inside = inside.get();
            Some(untrack(|| page(inside)))
        });
    let console = el("div")
        .class("console")
        .shown(move || person.with(Option::is_some), move || sidebar(person))
        .child(main);
    el("div")
        .child(
            el("a")
                .class("skip")
                .attr("href", "#main")
                .text("Skip to content"),
        )
        .child(console)
}

/// The address is kept, unless the page must not be left just now: then it waits until it may.
fn lead_to_sign_in(session: Session, location: Location) {
    follow(move || {
        if session.who() == Who::Nobody && !location.is_held() {
            let next = client::encode(&location.here());
            location.replace(&format!("{}?next={next}", Route::SignIn.path()));
        }
    });
}

/// A saved timezone rules. Where none was saved the browser's is, once and silently, so that the server reckons a key's
/// last day in it. Until that has succeeded the server reckons in its default, and so do we.
fn settle_timezone(person: Memo<Option<SessionView>>, session: Session, zone: Zone) {
    let asked = StoredValue::new(false);
    follow(move || match person.get() {
        Some(SessionView {
            timezone: Some(saved),
            ..
        }) => zone.choose(&saved),
        Some(_) if !asked.get_value() => {
            asked.set_value(true);
            zone.choose(timezone::DEFAULT);
            save_timezone(session);
        }
        _ => {}
    });
}

/// A failure is not told: the next time that the page is opened is another attempt.
fn save_timezone(session: Session) {
    start(async move {
        match api::settings::save_timezone(&zone::browsers()).await {
            Ok(view) => session.keep_timezone(view.timezone),
            Err(error) => {
                session.ended_by(&error);
            }
        }
    });
}

fn failed(error: &ApiError, session: Session) -> El {
    let again = button("Try again").on_press(move || session.read());
    failure("The console could not be opened", error.sentence(), again)
}
