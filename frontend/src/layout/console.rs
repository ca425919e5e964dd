//! The frame of every page that needs a session.

use leptos::prelude::*;
use leptos_router::components::Redirect;
use leptos_router::hooks::use_location;
use ori_shared::account::Role;
use ori_shared::route::ConsoleRoute;
use ori_shared::session::SessionView;
use ori_shared::timezone;

use super::session_ended::SessionEndedDialog;
use super::sidebar::Sidebar;
use super::update_notice::UpdateNotice;
use crate::api::{self, ApiError};
use crate::components::empty_state::{EmptyState, Failure, Loading};
use crate::components::icon::Glyph;
use crate::hooks::navigation::encode;
use crate::pages::api_keys::ApiKeysPage;
use crate::pages::api_keys::store::KeyList;
use crate::pages::calls::CallsPage;
use crate::pages::fleet::FleetPage;
use crate::pages::not_found::NotFoundPage;
use crate::pages::settings::SettingsPage;
use crate::state::session::{Session, SessionState, use_session};
use crate::state::zone::{self, use_zone};

/// Content of the frame.
#[derive(Clone, PartialEq, Eq)]
enum Content {
    Loading,
    Failed(ApiError),
    SignedOut,
    NotFound,
    NotAllowed(Role),
    Page(ConsoleRoute),
}

/// Sidebar and page for a signed-in person. Without a session, redirects to the sign-in page, and from there back.
#[component]
pub fn Console(route: Memo<Option<ConsoleRoute>>) -> impl IntoView {
    let session = use_session();
    let person = Memo::new(move |_| session.person());
    let has_ended = Memo::new(move |_| matches!(session.state(), SessionState::Expired(_)));
    settle_timezone(person, session);
    KeyList::provide();
    let content = Memo::new(move |_| match (session.state(), route.get()) {
        (SessionState::Loading, _) => Content::Loading,
        (SessionState::Failed(error), _) => Content::Failed(error),
        (_, None) => Content::NotFound,
        (SessionState::SignedOut, _) => Content::SignedOut,
        (SessionState::SignedIn(view) | SessionState::Expired(view), Some(route)) => {
            match route.required_role() {
                Some(role) if view.role < role => Content::NotAllowed(view.role),
                _ => Content::Page(route),
            }
        }
    });
    announce_page();
    view! {
        <a class="skip" href="#main" on:click=skip_to_main>
            "Skip to content"
        </a>
        <div class="console">
            <Show when=move || person.with(Option::is_some)>
                <Sidebar person />
            </Show>
            <main id="main" class="main" tabindex="-1">
                <UpdateNotice />
                {move || match content.get() {
                    Content::Loading => view! { <Loading /> }.into_any(),
                    Content::Failed(error) => {
                        view! {
                            <Failure
                                title="Couldn’t open the console"
                                text=error.sentence()
                                on_retry=move |()| session.load()
                            />
                        }
                            .into_any()
                    }
                    Content::SignedOut => view! { <RedirectToSignIn /> }.into_any(),
                    Content::NotFound => view! { <NotFoundPage /> }.into_any(),
                    Content::NotAllowed(role) => view! { <NotAllowed route role /> }.into_any(),
                    Content::Page(route) => page(route, session),
                }}
            </main>
        </div>
        <Show when=move || has_ended.get()>
            <SessionEndedDialog />
        </Show>
    }
}

/// The component of each page.
fn page(route: ConsoleRoute, session: Session) -> AnyView {
    match route {
        ConsoleRoute::ApiKeys => view! { <ApiKeysPage /> }.into_any(),
        ConsoleRoute::Calls => view! { <CallsPage /> }.into_any(),
        ConsoleRoute::Fleet => view! { <FleetPage /> }.into_any(),
        ConsoleRoute::Settings => view! { <SettingsPage /> }.into_any(),
        ConsoleRoute::ApiKey(_) => view! { <NotFoundPage /> }.into_any(),
        ConsoleRoute::Home | ConsoleRoute::SignIn | ConsoleRoute::SetUp => {
            view! { <Redirect path=home(session).path() options=crate::hooks::navigation::replace_options() /> }.into_any()
        }
    }
}

/// Returns the first page that the person's role allows.
fn home(session: Session) -> ConsoleRoute {
    let is_allowed = |route: &ConsoleRoute| route.required_role().is_some_and(|role| session.has_role(role));
    [ConsoleRoute::ApiKeys, ConsoleRoute::Calls]
        .into_iter()
        .find(|route| untrack(|| is_allowed(route)))
        .unwrap_or(ConsoleRoute::Settings)
}

#[component]
fn RedirectToSignIn() -> impl IntoView {
    let location = use_location();
    let here = untrack(|| {
        let search = location.search.get();
        let mark = if search.is_empty() { "" } else { "?" };
        format!("{}{mark}{search}", location.pathname.get())
    });
    let path = format!("{}?next={}", ConsoleRoute::SignIn.path(), encode(&here));
    view! { <Redirect path options=crate::hooks::navigation::replace_options() /> }
}

#[component]
fn NotAllowed(route: Memo<Option<ConsoleRoute>>, role: Role) -> impl IntoView {
    let (title, advice) = match route.get_untracked() {
        Some(ConsoleRoute::Calls | ConsoleRoute::Fleet) => (
            "Only supervisors and admins see this page",
            "Ask an admin if you need it.",
        ),
        _ => (
            "Only admins manage API keys",
            "Ask an admin if a system needs a key.",
        ),
    };
    let text = format!("You are signed in as {}. {advice}", role.label());
    view! { <EmptyState glyph=Glyph::Key title text /> }
}

/// Moves the focus to the heading when a page follows another, as a page load would. The first page needs no announcement.
fn announce_page() {
    let pathname = use_location().pathname;
    Effect::watch(
        move || pathname.get(),
        |_, _, _| {
            request_animation_frame(|| {
                let heading = document().query_selector("main h1").ok().flatten();
                if let Some(heading) = heading
                    .and_then(|heading| wasm_bindgen::JsCast::dyn_into::<web_sys::HtmlElement>(heading).ok())
                {
                    let _ = heading.focus();
                }
            });
        },
        false,
    );
}

/// Moves the focus without changing the address: its fragment would become a page in the history.
fn skip_to_main(event: leptos::ev::MouseEvent) {
    event.prevent_default();
    crate::components::focus::focus_id("main");
}

/// Applies the saved display timezone. If none was saved, the browser's is saved once, because the server computes the
/// last day of a key in it. Until that has succeeded, the server computes in its default, and so does the console.
fn settle_timezone(person: Memo<Option<SessionView>>, session: Session) {
    let zone = use_zone();
    let save = Action::new_local(move |(): &()| async move {
        // A failure is not reported: the next visit is another attempt.
        if let Ok(view) = api::settings::save_timezone(&zone::browsers()).await {
            session.set_timezone(view.timezone);
        }
    });
    Effect::new(move |_| match person.get() {
        Some(SessionView {
            timezone: Some(saved),
            ..
        }) => zone.choose(&saved),
        Some(_) if save.version().get_untracked() == 0 && !save.pending().get_untracked() => {
            zone.choose(timezone::DEFAULT);
            save.dispatch_local(());
        }
        _ => {}
    });
}
