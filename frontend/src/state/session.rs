//! Session of the signed-in person.

use leptos::prelude::*;
use leptos::task::spawn_local;
use ori_shared::account::Role;
use ori_shared::session::SessionView;

use crate::api::{self, ApiError};
use crate::hooks::window_event::use_window_event;

/// Key in the local storage through which the tabs of a browser notify each other that another person has signed in.
const ACCOUNT: &str = "ori.account";

/// State of the session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SessionState {
    /// The server has not responded yet.
    Loading,
    /// The session could not be read.
    Failed(ApiError),
    /// There is no session.
    SignedOut,
    /// This person is signed in.
    SignedIn(SessionView),
    /// The session of this person has ended during work. The page stays until they sign in again.
    Expired(SessionView),
}

/// Session of the signed-in person.
#[derive(Clone, Copy)]
pub struct Session {
    state: RwSignal<SessionState>,
}

impl Session {
    /// Provides the context, and reads the session.
    pub fn provide() {
        let session = Self {
            state: RwSignal::new(SessionState::Loading),
        };
        session.load();
        session.follow_other_tabs();
        provide_context(session);
    }

    /// Reads the session.
    pub fn load(self) {
        self.state.set(SessionState::Loading);
        spawn_local(async move {
            self.state.set(match api::session::read().await {
                Ok(view) => SessionState::SignedIn(view),
                Err(error) if error.is_signed_out() => SessionState::SignedOut,
                Err(error) => SessionState::Failed(error),
            });
        });
    }

    /// Returns the state, and tracks it.
    #[must_use]
    pub fn state(self) -> SessionState {
        self.state.get()
    }

    /// Returns the person who is or was signed in, and tracks it.
    #[must_use]
    pub fn person(self) -> Option<SessionView> {
        self.state.with(|state| match state {
            SessionState::SignedIn(view) | SessionState::Expired(view) => Some(view.clone()),
            _ => None,
        })
    }

    /// Returns whether the person has at least this role, and tracks it.
    #[must_use]
    pub fn has_role(self, role: Role) -> bool {
        self.state.with(|state| match state {
            SessionState::SignedIn(view) | SessionState::Expired(view) => view.role >= role,
            _ => false,
        })
    }

    /// Begins a session. If an expired one belonged to another person, the console reloads, because the page shows that
    /// person's data.
    pub fn begin(self, view: SessionView) {
        announce(&view.account_id.to_string());
        let is_another = self.state.with_untracked(|state| match state {
            SessionState::Expired(before) => before.account_id != view.account_id,
            _ => false,
        });
        if is_another {
            let _ = window().location().reload();
        } else {
            self.state.set(SessionState::SignedIn(view));
        }
    }

    /// Ends the session on the person's request.
    pub fn end(self) {
        announce("");
        self.state.set(SessionState::SignedOut);
    }

    /// Ends the session if the error reports its end, and returns whether it does.
    pub fn ended_by(self, error: &ApiError) -> bool {
        let has_ended = error.is_signed_out();
        if has_ended {
            self.expire();
        }
        has_ended
    }

    /// Sets the display timezone after it was saved.
    pub fn set_timezone(self, zone: Option<String>) {
        self.state.update(|state| {
            if let SessionState::SignedIn(view) = state {
                view.timezone = zone;
            }
        });
    }

    fn expire(self) {
        self.state.update(|state| {
            *state = match std::mem::replace(state, SessionState::SignedOut) {
                SessionState::SignedIn(view) | SessionState::Expired(view) => SessionState::Expired(view),
                _ => SessionState::SignedOut,
            };
        });
    }

    /// Observes sign-ins and sign-outs in other tabs, which change the cookie of this one, too.
    fn follow_other_tabs(self) {
        use_window_event(leptos::ev::storage, move |event| {
            if event.key().as_deref() != Some(ACCOUNT) {
                return;
            }
            spawn_local(async move {
                match api::session::read().await {
                    Ok(view) => self.meet(view),
                    Err(error) => drop(self.ended_by(&error)),
                }
            });
        });
    }

    fn meet(self, now: SessionView) {
        match self.state.get_untracked() {
            SessionState::SignedIn(before) if before.account_id != now.account_id => {
                let _ = window().location().reload();
            }
            SessionState::Expired(_) => self.begin(now),
            _ => self.state.set(SessionState::SignedIn(now)),
        }
    }
}

/// Returns the context of [`Session::provide`].
#[must_use]
pub fn use_session() -> Session {
    expect_context()
}

/// Notifies other tabs. Without storage, they notice with their next request.
fn announce(account: &str) {
    if let Ok(Some(storage)) = window().local_storage() {
        let _ = storage.set_item(ACCOUNT, account);
    }
}
