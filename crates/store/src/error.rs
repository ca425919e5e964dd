use std::error::Error;

/// The outcome of a step of the store.
pub type Result<T> = std::result::Result<T, StoreError>;

/// Why a step of the store failed. Only [`StoreError::Indeterminate`] leaves open whether it took effect.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database did not answer, or not in time. The same step may succeed later.
    #[error("the database is unavailable")]
    Unavailable(#[source] Box<dyn Error + Send + Sync>),
    /// The database refused the step or holds what cannot be read: a fault of ours, not of the moment.
    #[error("the database refused the step: {0}")]
    Fault(#[source] Box<dyn Error + Send + Sync>),
    /// The connection was lost after the statement that commits had been sent and before its reply arrived: the step
    /// took effect as a whole or not at all, and the caller must read the state to learn which.
    #[error("it is not known whether the database made the change")]
    Indeterminate(#[source] Box<dyn Error + Send + Sync>),
}
