use async_trait::async_trait;
use chrono::{DateTime, Utc};
use ori_key::TokenDigest;
#[cfg(feature = "testing")]
use ori_shared::account::Role;
use ori_store::{Accounts, Credentials, NewAccount, Result, rows};
use rusqlite::params;
use uuid::Uuid;

use crate::SqliteStore;
use crate::codec::{ReadRow, micros};
use crate::error::read_failed;

#[async_trait]
impl Accounts for SqliteStore {
    async fn any_account(&self) -> Result<bool> {
        sqlx::query_scalar("select exists (select 1 from accounts)")
            .fetch_one(&self.readers)
            .await
            .map_err(read_failed)
    }

    async fn create_first_account(&self, account: NewAccount) -> Result<bool> {
        const INSERT: &str = "insert into accounts (id, email, password_hash, role, created_at, updated_at)
             select ?1, ?2, ?3, ?4, ?5, ?5 where not exists (select 1 from accounts)";
        self.write(move |transaction| {
            let created = transaction.execute_one(INSERT, values(&account))?;
            transaction.execute("delete from setup_links", [])?;
            Ok(created)
        })
        .await
    }

    async fn keep_setup_link(&self, token: &TokenDigest, now: DateTime<Utc>) -> Result<()> {
        let token = *token.as_bytes();
        self.write(move |transaction| {
            transaction.execute("delete from setup_links", [])?;
            let insert = "insert into setup_links (token_digest, created_at) values (?1, ?2)";
            transaction.execute(insert, params![token, micros(now)])
        })
        .await
        .map(|_| ())
    }

    async fn is_setup_link(&self, token: &TokenDigest) -> Result<bool> {
        sqlx::query_scalar("select exists (select 1 from setup_links where token_digest = ?1)")
            .bind(&token.as_bytes()[..])
            .fetch_one(&self.readers)
            .await
            .map_err(read_failed)
    }

    #[cfg(feature = "testing")]
    async fn create_account(&self, account: NewAccount) -> Result<bool> {
        const INSERT: &str = "insert into accounts (id, email, password_hash, role, created_at, updated_at)
             values (?1, ?2, ?3, ?4, ?5, ?5) on conflict (email) do nothing";
        self.write(move |transaction| transaction.execute_one(INSERT, values(&account)))
            .await
    }

    async fn credentials(&self, email: &str) -> Result<Option<Credentials>> {
        let row = sqlx::query(
            "select id, email, role, is_active, timezone, password_hash from accounts where email = ?1",
        )
        .bind(email)
        .fetch_optional(&self.readers)
        .await
        .map_err(read_failed)?;
        row.map(|row| rows::credentials(&ReadRow(&row))).transpose()
    }

    async fn set_timezone(&self, account: Uuid, timezone: &str, now: DateTime<Utc>) -> Result<bool> {
        let update = "update accounts set timezone = ?2, updated_at = ?3 where id = ?1";
        self.execute_one(update, (account, timezone.to_owned(), micros(now)))
            .await
    }

    #[cfg(feature = "testing")]
    async fn set_role(&self, account: Uuid, role: Role, now: DateTime<Utc>) -> Result<bool> {
        let update = "update accounts set role = ?2, updated_at = ?3 where id = ?1";
        self.execute_one(update, (account, role.as_str(), micros(now)))
            .await
    }

    #[cfg(feature = "testing")]
    async fn set_account_active(&self, account: Uuid, is_active: bool, now: DateTime<Utc>) -> Result<bool> {
        self.write(move |transaction| {
            let update = "update accounts set is_active = ?2, updated_at = ?3 where id = ?1";
            let changed = transaction.execute_one(update, params![account, is_active, micros(now)])?;
            if !is_active {
                transaction.execute("delete from sessions where account_id = ?1", [account])?;
            }
            Ok(changed)
        })
        .await
    }
}

fn values(account: &NewAccount) -> impl rusqlite::Params {
    (
        account.id,
        account.email.clone(),
        account.password_hash.clone(),
        account.role.as_str(),
        micros(account.created_at),
    )
}
