//! The frame of everything that needs a session.

use leptos::prelude::*;
use ori_shared::session::SessionView;
use ori_shared::timezone;

use super::sidebar::Sidebar;
use crate::api::{self, ApiError, client};
use crate::pages::api_keys::ApiKeysPage;
use crate::pages::api_keys::store::Keys;
use crate::pages::calls::CallsPage;
use crate::pages::fleet::FleetPage;
use crate::pages::settings::SettingsPage;
use crate::state::location::{Location, use_location};
use crate::state::route::Route;
use crate::state::session::{Session, Who, use_session};
use crate::state::task::start;
use crate::state::zone::{self, Zone, use_zone};
use crate::ui::button::Button;
use crate::ui::el::el;
use crate::ui::icon::Icon;
use crate::ui::notice::{Loading, Placeholder};
use crate::ui::shown::Shown;

/// What the frame holds.
#[derive(Clone, PartialEq, Eq)]
enum Inside {
    Waiting,
    Failed(ApiError),
    Page(Route),
}

/// Sidebar and page for whoever is signed in; everybody else is led to the sign-in page, and back here afterwards.
#[component]
pub fn Console() -> impl IntoView {
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
    let page = move || {
        let page = el("div");
        Some(match inside.get() {
            Inside::Waiting => page.view(view! { <Loading /> }),
            Inside::Failed(error) => page.view(view! { <Failed error session /> }),
            Inside::Page(Route::Calls) => page.view(view! { <CallsPage /> }),
            Inside::Page(Route::Fleet) => page.view(view! { <FleetPage /> }),
            Inside::Page(Route::Settings) => page.view(view! { <SettingsPage /> }),
            Inside::Page(_) => page.view(view! { <ApiKeysPage keys /> }),
        })
    };
    view! {
        <a class="skip" href="#main">"Skip to content"</a>
        <div class="console">
            <Shown when=Signal::derive(move || person.with(Option::is_some))>
                <Sidebar person />
            </Shown>
            {el("main").attr("id", "main").class("main").attr("tabindex", "-1").live(page)}
        </div>
    }
}

/// The address is kept, unless the page must not be left just now: then it waits until it may.
fn lead_to_sign_in(session: Session, location: Location) {
    Effect::new(move || {
        if session.who() == Who::Nobody && !location.is_held() {
            let next = client::encode(&location.here());
            location.replace(&format!("{}?next={next}", Route::SignIn.path()));
        }
    });
}

/// A saved timezone rules. Where none was saved the browser's is, once and silently, so that the server reckons a key's last day in it.
/// Until that has succeeded the server reckons in its default, and so do we.
fn settle_timezone(person: Memo<Option<SessionView>>, session: Session, zone: Zone) {
    let asked = StoredValue::new(false);
    Effect::new(move || match person.get() {
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

#[component]
fn Failed(error: ApiError, session: Session) -> impl IntoView {
    view! {
        <Placeholder title="The console could not be opened" text=error.sentence() icon=Icon::Warning urgent=true>
            <Button label="Try again" on_press=Callback::new(move |()| session.read()) />
        </Placeholder>
    }
}
