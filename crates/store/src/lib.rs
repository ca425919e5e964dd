//! What must be kept, whatever keeps it.
//!
//! Each method is one whole step: it is one transaction, committed when it returns `Ok`, without effect when it
//! returns an error. Look-ups return `Option`; a change says whether there was something to change. `now` is
//! always an argument. An engine lives in a crate of its own and passes the suite in `contract`.

mod accounts;
mod api_keys;
mod calls;
#[cfg(feature = "contract")]
pub mod contract;
mod error;
mod sessions;

use async_trait::async_trait;

pub use accounts::{Account, Accounts, Credentials, NewAccount};
pub use api_keys::{ApiKey, ApiKeyChange, ApiKeyQuery, ApiKeys, Listed, NewApiKey, Position};
pub use calls::{
    Acceptance, Answer, Call, CallOrder, CallQuery, CallRecord, CallResult, CallStep, Calls, Claim,
    ClaimFate, NewCall, QueuedCall,
};
pub use error::{Result, StoreError};
pub use sessions::{NewSession, Session, SessionLimits, Sessions};

/// Everything that an engine keeps.
#[async_trait]
pub trait Store: Accounts + ApiKeys + Calls + Sessions {
    /// Asks the database for an answer.
    async fn ping(&self) -> Result<()>;

    /// Writes what is buffered and lets go of the database. No other method may be called afterwards.
    async fn close(&self);
}
