//! State of data from the server.

use leptos::prelude::*;

use super::polling::use_polling;
use crate::api::ApiError;
use crate::state::session::use_session;

/// Data from the server: loading, failed or ready. A failed refresh keeps the known value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Remote<T> {
    /// The first response has not arrived.
    #[default]
    Loading,
    /// The first request failed.
    Failed(ApiError),
    /// Most recent value.
    Ready {
        /// Value.
        value: T,
        /// Error of the last refresh, if it failed.
        stale: Option<ApiError>,
    },
}

impl<T> Remote<T> {
    /// Returns a fresh value.
    pub const fn ready(value: T) -> Self {
        Self::Ready { value, stale: None }
    }

    /// Returns the value, if there is one.
    pub const fn value(&self) -> Option<&T> {
        match self {
            Self::Ready { value, .. } => Some(value),
            _ => None,
        }
    }

    /// Returns the value for a change, if there is one.
    pub const fn value_mut(&mut self) -> Option<&mut T> {
        match self {
            Self::Ready { value, .. } => Some(value),
            _ => None,
        }
    }

    /// Returns whether there is a value.
    pub const fn is_ready(&self) -> bool {
        self.value().is_some()
    }

    /// Returns the error of the last refresh, after which the value may be out of date.
    pub const fn stale(&self) -> Option<&ApiError> {
        match self {
            Self::Ready { stale, .. } => stale.as_ref(),
            _ => None,
        }
    }

    /// Returns the state with the value replaced by the result of `map`.
    pub fn map<U>(&self, map: impl FnOnce(&T) -> U) -> Remote<U> {
        match self {
            Self::Loading => Remote::Loading,
            Self::Failed(error) => Remote::Failed(error.clone()),
            Self::Ready { value, stale } => Remote::Ready {
                value: map(value),
                stale: stale.clone(),
            },
        }
    }

    /// Applies the result of a request.
    pub fn settle(&mut self, outcome: Result<T, ApiError>) {
        match (outcome, &mut *self) {
            (Ok(value), _) => *self = Self::ready(value),
            (Err(error), Self::Ready { stale, .. }) => *stale = Some(error),
            (Err(error), _) => *self = Self::Failed(error),
        }
    }
}

/// A [`Remote`] that a component reads.
pub struct Resource<T: Send + Sync + 'static> {
    state: RwSignal<Remote<T>>,
    resource: LocalResource<Result<T, ApiError>>,
    is_pending: RwSignal<bool>,
}

impl<T: Send + Sync + 'static> Clone for Resource<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Send + Sync + 'static> Copy for Resource<T> {}

/// Reads data once, and again whenever a signal changes that `fetch` reads.
///
/// A session that has ended is reported to the session, and leaves the state unchanged.
pub fn use_remote<T, Fut>(fetch: impl Fn() -> Fut + 'static) -> Resource<T>
where
    T: Clone + PartialEq + Send + Sync + 'static,
    Fut: Future<Output = Result<T, ApiError>> + 'static,
{
    let session = use_session();
    let state = RwSignal::new(Remote::Loading);
    let is_pending = RwSignal::new(false);
    let resource = LocalResource::new(move || {
        is_pending.set(true);
        fetch()
    });
    Effect::new(move |_| {
        let Some(outcome) = resource.get() else { return };
        is_pending.set(false);
        if outcome.as_ref().is_err_and(|error| session.ended_by(error)) {
            return;
        }
        let is_news = state.with_untracked(|state| match (&outcome, state) {
            (Ok(new), Remote::Ready { value, stale: None }) => new != value,
            _ => true,
        });
        if is_news {
            state.update(|state| state.settle(outcome));
        }
    });
    Resource {
        state,
        resource,
        is_pending,
    }
}

/// Reads data now and every five seconds.
pub fn use_polled<T, Fut>(fetch: impl Fn() -> Fut + 'static) -> Resource<T>
where
    T: Clone + PartialEq + Send + Sync + 'static,
    Fut: Future<Output = Result<T, ApiError>> + 'static,
{
    let remote = use_remote(fetch);
    use_polling(move || remote.refresh());
    remote
}

impl<T: Clone + Send + Sync + 'static> Resource<T> {
    /// Returns the state, and tracks it.
    pub fn get(&self) -> Remote<T> {
        self.state.get()
    }

    /// Returns the result of `read` on the state, and tracks it.
    pub fn with<U>(&self, read: impl FnOnce(&Remote<T>) -> U) -> U {
        self.state.with(read)
    }

    /// Reads the data again, unless a request is in flight. The known value stays until the response arrives.
    pub fn refresh(&self) {
        if !self.is_pending.try_get_untracked().unwrap_or(true) {
            self.resource.refetch();
        }
    }

    /// Reads the data again, starting with the loading state.
    pub fn reload(&self) {
        self.state.set(Remote::Loading);
        self.resource.refetch();
    }

    /// Sets a value that another request has returned.
    pub fn put(&self, value: T) {
        self.state.try_set(Remote::ready(value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOST: ApiError = ApiError::Unreachable;

    #[test]
    fn a_failed_refresh_keeps_the_value_and_the_next_success_clears_the_error() {
        let mut remote = Remote::Loading;
        remote.settle(Err::<u8, _>(LOST));
        assert_eq!(remote, Remote::Failed(LOST));
        remote.settle(Ok(1));
        assert_eq!(remote, Remote::ready(1));
        remote.settle(Err(LOST));
        assert_eq!((remote.value(), remote.stale()), (Some(&1), Some(&LOST)));
        remote.settle(Ok(2));
        assert_eq!((remote.value(), remote.stale()), (Some(&2), None));
    }
}
