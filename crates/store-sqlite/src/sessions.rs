use async_trait::async_trait;
use chrono::{DateTime, Utc};
use ori_key::TokenDigest;
use ori_store::{NewSession, Result, Session, SessionLimits, Sessions, rows};
use rusqlite::params;
use uuid::Uuid;

use crate::SqliteStore;
use crate::codec::{ReadRow, micros};
use crate::error::read_failed;

#[async_trait]
impl Sessions for SqliteStore {
    async fn create_session(&self, session: NewSession, limits: SessionLimits) -> Result<bool> {
        const FORGET: &str = "delete from sessions where last_seen_at <= ?1 or created_at <= ?2";
        const INSERT: &str = "insert into sessions (id, token_digest, account_id, created_at, last_seen_at)
             select ?1, ?2, id, ?4, ?4 from accounts where id = ?3 and is_active = 1";
        self.write(move |transaction| {
            let now = session.created_at;
            transaction.execute(FORGET, [micros(now - limits.idle), micros(now - limits.absolute)])?;
            let token = session.token.as_bytes();
            transaction.execute_one(
                INSERT,
                params![session.id, token, session.account_id, micros(now)],
            )
        })
        .await
    }

    async fn session(
        &self,
        token: &TokenDigest,
        limits: SessionLimits,
        now: DateTime<Utc>,
    ) -> Result<Option<Session>> {
        let row = sqlx::query(
            "select s.id as session_id, s.last_seen_at, a.id, a.email, a.role, a.is_active, a.timezone
             from sessions s join accounts a on a.id = s.account_id
             where s.token_digest = ?1 and s.last_seen_at > ?2 and s.created_at > ?3 and a.is_active = 1",
        )
        .bind(&token.as_bytes()[..])
        .bind(micros(now - limits.idle))
        .bind(micros(now - limits.absolute))
        .fetch_optional(&self.readers)
        .await
        .map_err(read_failed)?;
        row.map(|row| rows::session(&ReadRow(&row))).transpose()
    }

    async fn touch_session(&self, session: Uuid, now: DateTime<Utc>) -> Result<()> {
        // If the session has ended meanwhile, no row changes.
        let update = "update sessions set last_seen_at = max(last_seen_at, ?2) where id = ?1";
        self.execute_one(update, (session, micros(now))).await.map(|_| ())
    }

    async fn delete_session(&self, token: &TokenDigest) -> Result<bool> {
        let delete = "delete from sessions where token_digest = ?1";
        self.execute_one(delete, (*token.as_bytes(),)).await
    }
}
