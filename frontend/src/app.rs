//! The whole page: what outlives a route, and which route is shown.

use leptos::prelude::*;

use crate::layout::console::Console;
use crate::layout::toaster::Toaster;
use crate::pages::not_found::NotFound;
use crate::pages::set_up::SetUpPage;
use crate::pages::sign_in::SignInPage;
use crate::state::clock::Clock;
use crate::state::location::Location;
use crate::state::route::Route;
use crate::state::session::Session;
use crate::state::toasts::Toasts;
use crate::state::zone::Zone;
use crate::ui::dialog::OpenDialogs;

/// What frames a route. A change of route within one frame does not draw the frame anew.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Frame {
    Home,
    SignIn,
    SetUp,
    Console,
    NotFound,
}

impl From<Route> for Frame {
    fn from(route: Route) -> Self {
        match route {
            Route::Home => Self::Home,
            Route::SignIn => Self::SignIn,
            Route::SetUp => Self::SetUp,
            Route::ApiKeys | Route::Calls | Route::Fleet | Route::Settings => Self::Console,
            Route::NotFound => Self::NotFound,
        }
    }
}

/// The whole page.
#[component]
pub fn App() -> impl IntoView {
    let location = Location::provide();
    Session::provide();
    Clock::provide();
    Zone::provide();
    Toasts::provide();
    OpenDialogs::provide();
    let frame = Memo::new(move |_| Frame::from(location.route()));
    view! {
        {move || match frame.get() {
            Frame::Home => {
                location.replace(Route::ApiKeys.path());
                ().into_any()
            }
            Frame::SignIn => view! { <SignInPage /> }.into_any(),
            Frame::SetUp => view! { <SetUpPage /> }.into_any(),
            Frame::Console => view! { <Console /> }.into_any(),
            Frame::NotFound => view! { <NotFound /> }.into_any(),
        }}
        <Toaster />
    }
}
