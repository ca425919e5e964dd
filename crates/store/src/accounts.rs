use async_trait::async_trait;
use chrono::{DateTime, Utc};
use ori_key::TokenDigest;
use ori_shared::account::Role;
use uuid::Uuid;

use crate::Result;
#[cfg(feature = "testing")]
use crate::StoreError;

/// Accounts of the console.
#[async_trait]
pub trait Accounts: Send + Sync {
    /// Whether there is any account.
    async fn any_account(&self) -> Result<bool>;

    /// Creates the account if there is none at all yet, and ends the set-up links; says whether it did. Two racing
    /// calls create one.
    async fn create_first_account(&self, account: NewAccount) -> Result<bool>;

    /// Makes the set-up link of that token valid until there is an account. It replaces other links if only one process uses
    /// the database; otherwise the links of the other processes stay valid.
    async fn keep_setup_link(&self, token: &TokenDigest, now: DateTime<Utc>) -> Result<()>;

    /// Whether that is a valid set-up link's token.
    async fn is_setup_link(&self, token: &TokenDigest) -> Result<bool>;

    /// Creates the account unless its e-mail address is taken; says whether it did.
    #[cfg(feature = "testing")]
    async fn create_account(&self, account: NewAccount) -> Result<bool> {
        let _ = account;
        Err(without_testing())
    }

    /// The account with that e-mail address (in its normal form), and what proves its password.
    async fn credentials(&self, email: &str) -> Result<Option<Credentials>>;

    /// Keeps the display timezone of that account; says whether there is such an account.
    async fn set_timezone(&self, account: Uuid, timezone: &str, now: DateTime<Utc>) -> Result<bool>;

    /// Gives the account that role; says whether there is such an account.
    #[cfg(feature = "testing")]
    async fn set_role(&self, account: Uuid, role: Role, now: DateTime<Utc>) -> Result<bool> {
        let _ = (account, role, now);
        Err(without_testing())
    }

    /// Activates or deactivates the account. Deactivation ends all of its sessions, those that are being started included,
    /// and activation brings none of them back. Returns whether there is such an account.
    #[cfg(feature = "testing")]
    async fn set_account_active(&self, account: Uuid, is_active: bool, now: DateTime<Utc>) -> Result<bool> {
        let _ = (account, is_active, now);
        Err(without_testing())
    }
}

/// The error of an engine that is built without its own `testing` feature.
#[cfg(feature = "testing")]
fn without_testing() -> StoreError {
    StoreError::Fault("the engine is built without its feature `testing`".into())
}

/// An account of the console.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The account's id.
    pub id: Uuid,
    /// The e-mail address in its normal form.
    pub email: String,
    /// Role of the account.
    pub role: Role,
    /// Whether the account may sign in and act.
    pub is_active: bool,
    /// Saved display timezone (an IANA name).
    pub timezone: Option<String>,
}

/// An account and what proves its password.
#[derive(Clone)]
pub struct Credentials {
    /// The account.
    pub account: Account,
    /// The password's hash in PHC string format (Argon2id).
    pub password_hash: String,
}

/// An account that is about to be created.
#[derive(Clone)]
pub struct NewAccount {
    /// The account's id.
    pub id: Uuid,
    /// The e-mail address in its normal form.
    pub email: String,
    /// The password's hash in PHC string format (Argon2id).
    pub password_hash: String,
    /// Role of the account.
    pub role: Role,
    /// Time of creation.
    pub created_at: DateTime<Utc>,
}
