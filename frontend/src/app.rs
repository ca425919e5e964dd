//! The whole page: what outlives a route, and which route is shown.

use crate::layout::console::console;
use crate::layout::toaster::toaster;
use crate::pages::not_found::not_found;
use crate::pages::set_up::set_up_page;
use crate::pages::sign_in::sign_in_page;
use crate::reactive::*;
use crate::state::clock::Clock;
use crate::state::location::Location;
use crate::state::route::Route;
use crate::state::session::Session;
use crate::state::toasts::Toasts;
use crate::state::zone::Zone;
use crate::ui::dialog::OpenDialogs;
use crate::ui::el::{El, el};

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
#[must_use]
pub fn app() -> El {
    let location = Location::provide();
    Session::provide();
    Clock::provide();
    Zone::provide();
    Toasts::provide();
    OpenDialogs::provide();
    let frame = Memo::new(move |_| Frame::from(location.route()));
    let page = move |frame| match frame {
        Frame::Home => {
            location.replace(Route::ApiKeys.path());
            None
        }
        Frame::SignIn => Some(sign_in_page()),
        Frame::SetUp => Some(set_up_page()),
        Frame::Console => Some(console()),
        Frame::NotFound => Some(not_found()),
    };
    el("div")
        .live(move || {
            let frame = frame.get();
            untrack(|| page(frame))
        })
        .child(toaster())
}
