//! Who is signed in.

use ori_shared::session::SessionView;

use crate::api::{self, ApiError};
use crate::reactive::*;
use crate::state::task::start;

/// Who is signed in, as far as is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    /// The server has not answered yet.
    Unknown,
    /// The server could not be asked.
    Failed(ApiError),
    /// Nobody.
    Nobody,
    /// Somebody.
    Somebody(SessionView),
}

/// Who is signed in, for all pages.
#[derive(Clone, Copy)]
pub struct Session {
    who: RwSignal<Who>,
}

impl Session {
    /// Asks the server, and offers itself as context.
    pub fn provide() -> Self {
        let this = Self {
            who: RwSignal::new(Who::Unknown),
        };
        this.read();
        provide_context(this);
        this
    }

    /// Asks the server anew.
    pub fn read(self) {
        self.who.set(Who::Unknown);
        start(async move {
            self.who.set(match api::session::read().await {
                Ok(view) => Who::Somebody(view),
                Err(error) if error.is_signed_out() => Who::Nobody,
                Err(error) => Who::Failed(error),
            });
        });
    }

    /// Who is signed in.
    pub fn who(&self) -> Who {
        self.who.get()
    }

    /// The person who is signed in, if there is one.
    pub fn person(&self) -> Option<SessionView> {
        self.who.with(|who| match who {
            Who::Somebody(view) => Some(view.clone()),
            _ => None,
        })
    }

    /// Somebody has signed in.
    pub fn begin(&self, view: SessionView) {
        self.who.set(Who::Somebody(view));
    }

    /// The session is over.
    pub fn end(&self) {
        self.who.set(Who::Nobody);
    }

    /// Ends the session here too if that error says that it has ended on the server.
    ///
    /// Returns whether it did: then there is nothing more to tell.
    pub fn ended_by(&self, error: &ApiError) -> bool {
        let ended = error.is_signed_out();
        if ended {
            self.end();
        }
        ended
    }

    /// The display timezone was saved.
    pub fn keep_timezone(&self, zone: Option<String>) {
        self.who.update(|who| {
            if let Who::Somebody(view) = who {
                view.timezone = zone;
            }
        });
    }
}

/// The context that [`Session::provide`] offered.
#[must_use]
pub fn use_session() -> Session {
    expect_context()
}
