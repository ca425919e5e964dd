//! Where we are: the address bar as a signal.
//!
//! A few routes without parameters need no router crate, and holding on to a page while a secret is on it needs a say
//! in what the back button does.

use wasm_bindgen::JsValue;
use web_sys::{History, UrlSearchParams};

use super::route::Route;
use crate::reactive::*;

/// The address, without its origin and fragment.
#[derive(Clone, Copy)]
pub struct Location {
    path: RwSignal<String>,
    query: RwSignal<String>,
    /// Whether leaving is asked about first.
    held: RwSignal<bool>,
    hold: StoredValue<Option<Hold>, LocalStorage>,
    /// Whether a page was shown before this one.
    moved: StoredValue<bool>,
}

/// A page that is not left unasked.
struct Hold {
    /// Where the page is.
    url: String,
    /// How many steps back lead out of it.
    depth: i32,
    asked: Option<Callback<()>>,
    unload: WindowListenerHandle,
}

impl Location {
    /// Reads the address bar, follows it, and offers itself as context.
    pub fn provide() -> Self {
        let (mut path, query) = address();
        // One address a page: a slash at its end goes.
        if let Some(exact) = Route::parse(&path).exact(&path) {
            replace_entry(&format!("{exact}{query}"));
            path = exact.to_owned();
        }
        let this = Self {
            path: RwSignal::new(path),
            query: RwSignal::new(query),
            held: RwSignal::new(false),
            hold: StoredValue::new_local(None),
            moved: StoredValue::new(false),
        };
        let _ = window_event_listener(ev::popstate, move |_| this.popped());
        provide_context(this);
        this
    }

    /// The route that is shown.
    pub fn route(&self) -> Route {
        self.path.with(|path| Route::parse(path))
    }

    /// A parameter of the query, decoded.
    pub fn param(&self, name: &str) -> Option<String> {
        self.query.with(|query| param(query, name))
    }

    /// The path with its query, to come back to.
    pub fn here(&self) -> String {
        format!("{}{}", self.path.get_untracked(), self.query.get_untracked())
    }

    /// Whether a page was shown before this one. The first one need not be announced: the browser does that.
    pub fn has_moved(&self) -> bool {
        self.moved.get_value()
    }

    /// Goes there; the back button leads back here.
    pub fn push(&self, to: &str) {
        push_entry(to);
        self.sync();
    }

    /// Goes there in place of here.
    pub fn replace(&self, to: &str) {
        replace_entry(to);
        self.sync();
    }

    /// Whether leaving is asked about first.
    pub fn is_held(&self) -> bool {
        self.held.get()
    }

    /// From now on an attempt to leave calls `asked` instead, if there is one to ask, until [`release`](Self::release)
    /// or [`leave`](Self::leave).
    ///
    /// A second entry of the same address takes the step back. Closing the tab or reloading is asked about by the
    /// browser.
    ///
    /// Where the page is held already, from now on `asked` is called.
    pub fn hold(&self, asked: Option<Callback<()>>) {
        let held = self.hold.try_update_value(|hold| {
            if let Some(hold) = hold {
                hold.asked = asked;
            }
            hold.is_some()
        });
        if held == Some(true) {
            return;
        }
        let url = self.here();
        let unload = window_event_listener(ev::beforeunload, |event| {
            event.prevent_default();
            event.set_return_value("leave");
        });
        push_entry(&url);
        let hold = Hold {
            url,
            depth: 2,
            asked,
            unload,
        };
        self.hold.set_value(Some(hold));
        self.held.set(true);
    }

    /// Lets the page be left again, and takes the second entry back.
    pub fn release(&self) {
        if let Some(depth) = self.let_go()
            && depth > 1
        {
            let _ = history().and_then(|history| history.back());
        }
    }

    /// Leaves, as was attempted.
    pub fn leave(&self) {
        if let Some(depth) = self.let_go() {
            let _ = history().and_then(|history| history.go_with_delta(-depth));
        }
    }

    fn let_go(&self) -> Option<i32> {
        let hold = self.hold.try_update_value(Option::take).flatten()?;
        hold.unload.remove();
        self.held.set(false);
        Some(hold.depth)
    }

    fn popped(&self) {
        let asked = self.hold.try_update_value(|hold| {
            let hold = hold.as_mut()?;
            // The browser may have skipped our own entry; then one step leads out from where we stand now.
            let (path, query) = address();
            hold.depth = if format!("{path}{query}") == hold.url {
                2
            } else {
                1
            };
            push_entry(&hold.url);
            Some(hold.asked)
        });
        match asked.flatten() {
            Some(Some(asked)) => asked.run(()),
            Some(None) => {}
            None => self.sync(),
        }
    }

    fn sync(&self) {
        let (path, query) = address();
        if self.query.with_untracked(|old| *old != query) {
            self.query.set(query);
        }
        if self.path.with_untracked(|old| *old != path) {
            self.moved.set_value(true);
            self.path.set(path);
        }
    }
}

/// The context that [`Location::provide`] offered.
#[must_use]
pub fn use_location() -> Location {
    expect_context()
}

fn history() -> Result<History, JsValue> {
    window().history()
}

fn push_entry(url: &str) {
    let _ = history().and_then(|history| history.push_state_with_url(&JsValue::NULL, "", Some(url)));
}

fn replace_entry(url: &str) {
    let _ = history().and_then(|history| history.replace_state_with_url(&JsValue::NULL, "", Some(url)));
}

fn address() -> (String, String) {
    let location = window().location();
    (
        location.pathname().unwrap_or_default(),
        location.search().unwrap_or_default(),
    )
}

fn param(query: &str, name: &str) -> Option<String> {
    UrlSearchParams::new_with_str(query).ok()?.get(name)
}
