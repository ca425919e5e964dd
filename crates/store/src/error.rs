use std::error::Error;

/// The outcome of a step of the store.
pub type Result<T> = std::result::Result<T, StoreError>;

/// Error of the store. Only [`StoreError::Indeterminate`] leaves open whether the change took effect.
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

/// The database has no space left. It is the source of [`StoreError::Unavailable`] then.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the disk is full")]
pub struct DiskFull;

impl StoreError {
    /// Returns an error of the same kind, for another step that failed with this one.
    #[must_use]
    pub fn repeat(&self) -> Self {
        match self {
            Self::Unavailable(cause) if cause.is::<DiskFull>() => Self::Unavailable(DiskFull.into()),
            Self::Unavailable(cause) => Self::Unavailable(cause.to_string().into()),
            Self::Fault(cause) => Self::Fault(cause.to_string().into()),
            Self::Indeterminate(cause) => Self::Indeterminate(cause.to_string().into()),
        }
    }
}
