use async_trait::async_trait;
use chrono::{DateTime, Utc};
use ori_key::TokenDigest;
use ori_store::{NewSession, Result, Session, SessionLimits, Sessions};
use uuid::Uuid;

use crate::SqliteStore;
use crate::accounts::account;
use crate::convert::{failed, get, instant, micros};

#[async_trait]
impl Sessions for SqliteStore {
    async fn create_session(&self, session: NewSession, limits: SessionLimits) -> Result<bool> {
        let now = session.created_at;
        let mut writer = self.writer().await?;
        let mut transaction = writer.begin().await?;
        sqlx::query("delete from sessions where last_seen_at <= ?1 or created_at <= ?2")
            .bind(micros(now - limits.idle))
            .bind(micros(now - limits.absolute))
            .execute(&mut *transaction)
            .await
            .map_err(failed)?;
        let started = sqlx::query(
            "insert into sessions (id, token_digest, account_id, created_at, last_seen_at)
             select ?1, ?2, id, ?4, ?4 from accounts where id = ?3 and is_active = 1",
        )
        .bind(session.id)
        .bind(&session.token.as_bytes()[..])
        .bind(session.account_id)
        .bind(micros(now))
        .execute(&mut *transaction)
        .await
        .map_err(failed)?;
        transaction.commit().await.map_err(failed)?;
        Ok(started.rows_affected() == 1)
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
        .map_err(failed)?;
        row.map(|row| {
            Ok(Session {
                id: get(&row, "session_id")?,
                account: account(&row)?,
                last_seen_at: instant(&row, "last_seen_at")?,
            })
        })
        .transpose()
    }

    async fn touch_session(&self, session: Uuid, now: DateTime<Utc>) -> Result<()> {
        // A session that has ended meanwhile needs no note, so that no row may change.
        let update = sqlx::query("update sessions set last_seen_at = max(last_seen_at, ?2) where id = ?1");
        self.changed(update.bind(session).bind(micros(now)))
            .await
            .map(|_| ())
    }

    async fn delete_session(&self, token: &TokenDigest) -> Result<bool> {
        self.changed(sqlx::query("delete from sessions where token_digest = ?1").bind(&token.as_bytes()[..]))
            .await
    }
}
