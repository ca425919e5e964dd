use async_trait::async_trait;
use chrono::{DateTime, Utc};
use ori_key::TokenDigest;
#[cfg(feature = "testing")]
use ori_shared::account::Role;
use ori_store::{Accounts, Credentials, NewAccount, Result, rows};
use sqlx::postgres::PgArguments;
use sqlx::query::Query;
use sqlx::{Executor as _, Postgres};
use uuid::Uuid;

use crate::PostgresStore;
use crate::codec::text;
use crate::commit;
use crate::error::failed;
use crate::statement::{ScalarQuery as _, Statement as _};
use crate::time_limit::InTime as _;

#[async_trait]
impl Accounts for PostgresStore {
    async fn any_account(&self) -> Result<bool> {
        sqlx::query_scalar("select exists (select 1 from accounts)")
            .value(&self.pool)
            .await
    }

    async fn create_first_account(&self, account: NewAccount) -> Result<bool> {
        const INSERT: &str = "insert into accounts (id, email, password_hash, role, created_at, updated_at)
             select $1, $2, $3, $4, $5, $5 where not exists (select 1 from accounts)";
        let mut transaction = self.begin().await?;
        // Otherwise of two that race neither sees the other's account. Readers do not wait for this lock.
        transaction
            .execute("lock table accounts in share row exclusive mode")
            .in_time()
            .await
            .map_err(failed)?;
        let created = bind(INSERT, &account).run(&mut *transaction).await?;
        transaction
            .execute("delete from setup_links")
            .in_time()
            .await
            .map_err(failed)?;
        commit(transaction).await?;
        Ok(created == 1)
    }

    async fn keep_setup_link(&self, token: &TokenDigest, now: DateTime<Utc>) -> Result<()> {
        let insert = sqlx::query(
            "insert into setup_links (token_digest, created_at) values ($1, $2) on conflict do nothing",
        );
        self.changed(insert.bind(&token.as_bytes()[..]).bind(now))
            .await
            .map(|_| ())
    }

    async fn is_setup_link(&self, token: &TokenDigest) -> Result<bool> {
        sqlx::query_scalar("select exists (select 1 from setup_links where token_digest = $1)")
            .bind(&token.as_bytes()[..])
            .value(&self.pool)
            .await
    }

    #[cfg(feature = "testing")]
    async fn create_account(&self, account: NewAccount) -> Result<bool> {
        const INSERT: &str = "insert into accounts (id, email, password_hash, role, created_at, updated_at)
             values ($1, $2, $3, $4, $5, $5) on conflict (email) do nothing";
        self.changed(bind(INSERT, &account)).await
    }

    async fn credentials(&self, email: &str) -> Result<Option<Credentials>> {
        sqlx::query(
            "select id, email, role, is_active, timezone, password_hash from accounts where email = $1",
        )
        .bind(text(email))
        .find(&self.pool, rows::credentials)
        .await
    }

    async fn set_timezone(&self, account: Uuid, timezone: &str, now: DateTime<Utc>) -> Result<bool> {
        let update = sqlx::query("update accounts set timezone = $2, updated_at = $3 where id = $1");
        self.changed(update.bind(account).bind(timezone.to_owned()).bind(now))
            .await
    }

    #[cfg(feature = "testing")]
    async fn set_role(&self, account: Uuid, role: Role, now: DateTime<Utc>) -> Result<bool> {
        let update = sqlx::query("update accounts set role = $2, updated_at = $3 where id = $1");
        self.changed(update.bind(account).bind(role.as_str()).bind(now))
            .await
    }

    #[cfg(feature = "testing")]
    async fn set_account_active(&self, account: Uuid, is_active: bool, now: DateTime<Utc>) -> Result<bool> {
        let mut transaction = self.begin().await?;
        let changed = sqlx::query("update accounts set is_active = $2, updated_at = $3 where id = $1")
            .bind(account)
            .bind(is_active)
            .bind(now)
            .run(&mut *transaction)
            .await?;
        if !is_active {
            // A statement of its own: it also sees the sessions that committed while the first one waited for their lock.
            sqlx::query("delete from sessions where account_id = $1")
                .bind(account)
                .run(&mut *transaction)
                .await?;
        }
        commit(transaction).await?;
        Ok(changed == 1)
    }
}

fn bind(insert: &'static str, account: &NewAccount) -> Query<'static, Postgres, PgArguments> {
    sqlx::query(insert)
        .bind(account.id)
        .bind(account.email.clone())
        .bind(account.password_hash.clone())
        .bind(account.role.as_str())
        .bind(account.created_at)
}
