use std::error::Error;

/// The outcome of a step of the store.
pub type Result<T> = std::result::Result<T, StoreError>;

/// Why a step of the store had no effect.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database did not answer, or not in time. The same step may succeed later.
    #[error("the database is unavailable")]
    Unavailable(#[source] Box<dyn Error + Send + Sync>),
    /// The database refused the step or holds what cannot be read: a fault of ours, not of the moment.
    #[error("the database refused the step: {0}")]
    Fault(#[source] Box<dyn Error + Send + Sync>),
}
