use async_trait::async_trait;
use chrono::{DateTime, Utc};
use ori_key::TokenDigest;
use ori_store::{NewSession, Result, Session, SessionLimits, Sessions, rows};
use uuid::Uuid;

use crate::PostgresStore;
use crate::commit;
use crate::statement::Statement as _;

#[async_trait]
impl Sessions for PostgresStore {
    async fn create_session(&self, session: NewSession, limits: SessionLimits) -> Result<bool> {
        let now = session.created_at;
        let mut transaction = self.begin().await?;
        // Those that another process is just forgetting need no second to wait for it.
        sqlx::query(
            "delete from sessions where id in
                 (select id from sessions where last_seen_at <= $1 or created_at <= $2 for update skip locked)",
        )
            .bind(now - limits.idle)
            .bind(now - limits.absolute)
            .run(&mut *transaction)
        .await?;
        // The lock makes a concurrent deactivation wait for this session, or this session for the deactivation.
        let started = sqlx::query(
            "insert into sessions (id, token_digest, account_id, created_at, last_seen_at)
             select $1, $2, id, $4, $4 from accounts where id = $3 and is_active for share",
        )
        .bind(session.id)
        .bind(&session.token.as_bytes()[..])
        .bind(session.account_id)
        .bind(now)
        .run(&mut *transaction)
        .await?;
        commit(transaction).await?;
        Ok(started == 1)
    }

    async fn session(
        &self,
        token: &TokenDigest,
        limits: SessionLimits,
        now: DateTime<Utc>,
    ) -> Result<Option<Session>> {
        sqlx::query(
            "select s.id as session_id, s.last_seen_at, a.id, a.email, a.role, a.is_active, a.timezone
             from sessions s join accounts a on a.id = s.account_id
             where s.token_digest = $1 and s.last_seen_at > $2 and s.created_at > $3 and a.is_active",
        )
        .bind(&token.as_bytes()[..])
        .bind(now - limits.idle)
        .bind(now - limits.absolute)
        .find(&self.pool, rows::session)
        .await
    }

    async fn touch_session(&self, session: Uuid, now: DateTime<Utc>) -> Result<()> {
        // A session that has ended meanwhile needs no note, so that no row may change.
        let update =
            sqlx::query("update sessions set last_seen_at = greatest(last_seen_at, $2) where id = $1");
        self.changed(update.bind(session).bind(now)).await.map(|_| ())
    }

    async fn delete_session(&self, token: &TokenDigest) -> Result<bool> {
        self.changed(sqlx::query("delete from sessions where token_digest = $1").bind(&token.as_bytes()[..]))
            .await
    }
}
