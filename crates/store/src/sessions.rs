use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use ori_key::TokenDigest;
use uuid::Uuid;

use crate::{Account, Result};

/// A console session.
#[async_trait]
pub trait Sessions: Send + Sync {
    /// Starts a session and deletes those that have ended. Returns whether it was started: it is not if the account was
    /// deactivated meanwhile.
    async fn create_session(&self, session: NewSession, limits: SessionLimits) -> Result<bool>;

    /// The session of that token with its account as it is now, unless it has ended or the account is switched off.
    async fn session(
        &self,
        token: &TokenDigest,
        limits: SessionLimits,
        now: DateTime<Utc>,
    ) -> Result<Option<Session>>;

    /// Notes that the session was used at that time.
    async fn touch_session(&self, session: Uuid, now: DateTime<Utc>) -> Result<()>;

    /// Ends the session of that token; says whether there was one.
    async fn delete_session(&self, token: &TokenDigest) -> Result<bool>;
}

/// Lifetime of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionLimits {
    /// It ends when it was not used for so long.
    pub idle: TimeDelta,
    /// It ends so long after it began, however much it is used.
    pub absolute: TimeDelta,
}

/// A session that has not ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// The session's id.
    pub id: Uuid,
    /// Whose session it is.
    pub account: Account,
    /// Time of its last recorded use.
    pub last_seen_at: DateTime<Utc>,
}

/// A session that is about to start.
#[derive(Clone, Debug)]
pub struct NewSession {
    /// The session's id.
    pub id: Uuid,
    /// Digest of its token.
    pub token: TokenDigest,
    /// Whose session it is.
    pub account_id: Uuid,
    /// Time at which it starts.
    pub created_at: DateTime<Utc>,
}
