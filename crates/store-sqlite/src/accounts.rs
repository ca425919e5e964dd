use async_trait::async_trait;
use chrono::{DateTime, Utc};
use ori_key::TokenDigest;
use ori_shared::account::Role;
use ori_store::{Account, Accounts, Credentials, NewAccount, Result};
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{Sqlite, query::Query};
use uuid::Uuid;

use crate::SqliteStore;
use crate::convert::{corrupt, failed, get, micros};

#[async_trait]
impl Accounts for SqliteStore {
    async fn any_account(&self) -> Result<bool> {
        let row = sqlx::query("select exists (select 1 from accounts)")
            .fetch_one(&self.readers)
            .await
            .map_err(failed)?;
        get(&row, 0)
    }

    async fn create_first_account(&self, account: NewAccount) -> Result<bool> {
        const INSERT: &str = "insert into accounts (id, email, password_hash, role, created_at, updated_at)
             select ?1, ?2, ?3, ?4, ?5, ?5 where not exists (select 1 from accounts)";
        let mut writer = self.writer().await?;
        let mut transaction = writer.begin().await?;
        let created = bind(INSERT, &account)
            .execute(&mut *transaction)
            .await
            .map_err(failed)?;
        sqlx::query("delete from setup_links")
            .execute(&mut *transaction)
            .await
            .map_err(failed)?;
        transaction.commit().await.map_err(failed)?;
        Ok(created.rows_affected() == 1)
    }

    async fn keep_setup_link(&self, token: &TokenDigest, now: DateTime<Utc>) -> Result<()> {
        let mut writer = self.writer().await?;
        let mut transaction = writer.begin().await?;
        sqlx::query("delete from setup_links")
            .execute(&mut *transaction)
            .await
            .map_err(failed)?;
        sqlx::query("insert into setup_links (token_digest, created_at) values (?1, ?2)")
            .bind(&token.as_bytes()[..])
            .bind(micros(now))
            .execute(&mut *transaction)
            .await
            .map_err(failed)?;
        transaction.commit().await.map_err(failed)
    }

    async fn is_setup_link(&self, token: &TokenDigest) -> Result<bool> {
        let row = sqlx::query("select exists (select 1 from setup_links where token_digest = ?1)")
            .bind(&token.as_bytes()[..])
            .fetch_one(&self.readers)
            .await
            .map_err(failed)?;
        get(&row, 0)
    }

    #[cfg(feature = "testing")]
    async fn create_account(&self, account: NewAccount) -> Result<bool> {
        const INSERT: &str = "insert into accounts (id, email, password_hash, role, created_at, updated_at)
             values (?1, ?2, ?3, ?4, ?5, ?5) on conflict (email) do nothing";
        self.changed(bind(INSERT, &account)).await
    }

    async fn credentials(&self, email: &str) -> Result<Option<Credentials>> {
        let row = sqlx::query(
            "select id, email, role, is_active, timezone, password_hash from accounts where email = ?1",
        )
        .bind(email)
        .fetch_optional(&self.readers)
        .await
        .map_err(failed)?;
        row.map(|row| {
            Ok(Credentials {
                account: account(&row)?,
                password_hash: get(&row, "password_hash")?,
            })
        })
        .transpose()
    }

    async fn set_timezone(&self, account: Uuid, timezone: &str, now: DateTime<Utc>) -> Result<bool> {
        let update = sqlx::query("update accounts set timezone = ?2, updated_at = ?3 where id = ?1");
        self.changed(update.bind(account).bind(timezone.to_owned()).bind(micros(now)))
            .await
    }

    #[cfg(feature = "testing")]
    async fn set_role(&self, account: Uuid, role: Role, now: DateTime<Utc>) -> Result<bool> {
        let update = sqlx::query("update accounts set role = ?2, updated_at = ?3 where id = ?1");
        self.changed(update.bind(account).bind(role.as_str()).bind(micros(now)))
            .await
    }

    #[cfg(feature = "testing")]
    async fn set_account_active(&self, account: Uuid, is_active: bool, now: DateTime<Utc>) -> Result<bool> {
        let mut writer = self.writer().await?;
        let mut transaction = writer.begin().await?;
        let changed = sqlx::query("update accounts set is_active = ?2, updated_at = ?3 where id = ?1")
            .bind(account)
            .bind(is_active)
            .bind(micros(now))
            .execute(&mut *transaction)
            .await
            .map_err(failed)?;
        if !is_active {
            sqlx::query("delete from sessions where account_id = ?1")
                .bind(account)
                .execute(&mut *transaction)
                .await
                .map_err(failed)?;
        }
        transaction.commit().await.map_err(failed)?;
        Ok(changed.rows_affected() == 1)
    }
}

impl SqliteStore {
    /// Runs a change of at most one row; says whether there was one.
    pub(crate) async fn changed(&self, change: Query<'_, Sqlite, SqliteArguments>) -> Result<bool> {
        let mut writer = self.writer().await?;
        let mut transaction = writer.begin().await?;
        let rows = change
            .execute(&mut *transaction)
            .await
            .map_err(failed)?
            .rows_affected();
        transaction.commit().await.map_err(failed)?;
        match rows {
            0 | 1 => Ok(rows == 1),
            _ => Err(corrupt("one row was to change, and several did")),
        }
    }
}

/// The account in a row that has the columns `id, email, role, is_active, timezone`.
pub(crate) fn account(row: &SqliteRow) -> Result<Account> {
    Ok(Account {
        id: get(row, "id")?,
        email: get(row, "email")?,
        role: Role::parse(get(row, "role")?).ok_or_else(|| corrupt("an account has an unknown role"))?,
        is_active: get(row, "is_active")?,
        timezone: get(row, "timezone")?,
    })
}

fn bind(insert: &'static str, account: &NewAccount) -> Query<'static, Sqlite, SqliteArguments> {
    sqlx::query(insert)
        .bind(account.id)
        .bind(account.email.clone())
        .bind(account.password_hash.clone())
        .bind(account.role.as_str())
        .bind(micros(account.created_at))
}
