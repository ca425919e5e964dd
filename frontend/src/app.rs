//! The root component: contexts and the router.

use leptos::prelude::*;
use leptos_router::WildcardSegment;
use leptos_router::components::{FlatRoutes, Route, Router};
use leptos_router::hooks::use_location;
use ori_shared::route::ConsoleRoute;

use crate::components::toaster::Toaster;
use crate::hooks::navigation::use_replace;
use crate::layout::console::Console;
use crate::pages::set_up::SetUpPage;
use crate::pages::sign_in::SignInPage;
use crate::state::activity;
use crate::state::clock::Clock;
use crate::state::dialogs::OpenDialogs;
use crate::state::session::Session;
use crate::state::toasts::Toasts;
use crate::state::zone::Zone;

/// The console.
#[component]
pub fn App() -> impl IntoView {
    activity::observe();
    Clock::provide();
    Zone::provide();
    Toasts::provide();
    OpenDialogs::provide();
    Session::provide();
    view! {
        <Router>
            // One route: `ConsoleRoute`, which the server shares, assigns pages to paths.
            <FlatRoutes fallback=CurrentPage>
                <Route path=WildcardSegment("path") view=CurrentPage />
            </FlatRoutes>
            <Toaster />
        </Router>
    }
}

/// Frame of a page. It stays while the page within it changes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Frame {
    SignIn,
    SetUp,
    Console,
}

#[component]
fn CurrentPage() -> impl IntoView {
    let pathname = use_location().pathname;
    let route = Memo::new(move |_| ConsoleRoute::parse(&pathname.read()));
    remove_trailing_slash(pathname, route);
    let frame = Memo::new(move |_| match route.get() {
        Some(ConsoleRoute::SignIn) => Frame::SignIn,
        Some(ConsoleRoute::SetUp) => Frame::SetUp,
        _ => Frame::Console,
    });
    move || match frame.get() {
        Frame::SignIn => view! { <SignInPage /> }.into_any(),
        Frame::SetUp => view! { <SetUpPage /> }.into_any(),
        Frame::Console => view! { <Console route /> }.into_any(),
    }
}

/// Gives every page one address: one slash at the end is removed.
fn remove_trailing_slash(pathname: Memo<String>, route: Memo<Option<ConsoleRoute>>) {
    let replace = use_replace();
    let search = use_location().search;
    Effect::new(move |_| {
        let Some(page) = route.get() else { return };
        if pathname.read().strip_suffix('/') == Some(&*page.path()) {
            let query = search.read_untracked();
            let mark = if query.is_empty() { "" } else { "?" };
            replace(&format!("{}{mark}{}", page.path(), *query));
        }
    });
}
