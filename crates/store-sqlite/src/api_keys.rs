use async_trait::async_trait;
use chrono::{DateTime, Utc};
use ori_key::KeyDigest;
use ori_shared::api_key::masked;
use ori_shared::search;
use ori_store::{
    ApiKey, ApiKeyChange, ApiKeyQuery, ApiKeys, ImportedApiKey, Listed, NewApiKey, Result, WEBHOOK_REMOVED,
};
use sqlx::sqlite::SqliteRow;
use sqlx::{Sqlite, SqliteExecutor, Transaction};
use uuid::Uuid;

use crate::SqliteStore;
use crate::convert::{corrupt, failed, get, instant, micros, optional_instant};
use crate::key_list;
use crate::webhooks::deliveries;

#[async_trait]
impl ApiKeys for SqliteStore {
    async fn create_api_key(&self, key: NewApiKey) -> Result<ApiKey> {
        let mut transaction = self.begin().await?;
        sqlx::query(
            "insert into api_keys (id, name, prefix, digest, haystack, created_by, expires_at, created_at, updated_at)
             values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8)",
        )
        .bind(key.id)
        .bind(&key.name)
        .bind(&key.prefix)
        .bind(&key.digest.as_bytes()[..])
        .bind(search::haystack(&key.name, &masked(&key.prefix)))
        .bind(key.created_by)
        .bind(key.expires_at.map(micros))
        .bind(micros(key.created_at))
        .execute(&mut *transaction)
        .await
        .map_err(failed)?;
        let stored = find(&mut *transaction, key.id)
            .await?
            .ok_or_else(|| corrupt("a new key is not there"))?;
        transaction.commit().await.map_err(failed)?;
        Ok(stored)
    }

    async fn import_api_keys(&self, keys: Vec<ImportedApiKey>) -> Result<u64> {
        let mut transaction = self.begin().await?;
        let mut new = 0;
        for ImportedApiKey { key, is_active } in keys {
            let insert = sqlx::query(
                "insert into api_keys (id, name, prefix, digest, haystack, created_by, is_active, expires_at, created_at, updated_at)
                 values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?9) on conflict (digest) do nothing",
            );
            let inserted = insert
                .bind(key.id)
                .bind(&key.name)
                .bind(&key.prefix)
                .bind(&key.digest.as_bytes()[..])
                .bind(search::haystack(&key.name, &masked(&key.prefix)))
                .bind(key.created_by)
                .bind(is_active)
                .bind(key.expires_at.map(micros))
                .bind(micros(key.created_at))
                .execute(&mut *transaction)
                .await
                .map_err(failed)?;
            new += inserted.rows_affected();
        }
        transaction.commit().await.map_err(failed)?;
        Ok(new)
    }

    async fn api_key(&self, id: Uuid) -> Result<Option<ApiKey>> {
        find(&self.readers, id).await
    }

    async fn api_key_by_digest(&self, digest: &KeyDigest) -> Result<Option<ApiKey>> {
        let row = sqlx::query(concat!(select!(), " where k.digest = ?1"))
            .bind(&digest.as_bytes()[..])
            .fetch_optional(&self.readers)
            .await
            .map_err(failed)?;
        row.as_ref().map(api_key).transpose()
    }

    async fn list_api_keys(&self, query: ApiKeyQuery) -> Result<Listed<ApiKey>> {
        // Page and total are read from one snapshot.
        let mut snapshot = self.readers.begin().await.map_err(failed)?;
        key_list::list(&mut snapshot, &query).await
    }

    async fn change_api_key(
        &self,
        id: Uuid,
        change: ApiKeyChange,
        now: DateTime<Utc>,
    ) -> Result<Option<ApiKey>> {
        let mut transaction = self.begin().await?;
        let Some(stored) = find(&mut *transaction, id).await? else {
            return Ok(None);
        };
        let changed = ApiKey {
            name: change.name.unwrap_or(stored.name),
            is_active: change.is_active.unwrap_or(stored.is_active),
            expires_at: change.expires_at.unwrap_or(stored.expires_at),
            updated_at: now,
            ..stored
        };
        update(&mut transaction, &changed).await?;
        transaction.commit().await.map_err(failed)?;
        Ok(Some(changed))
    }

    async fn delete_api_key(&self, id: Uuid) -> Result<bool> {
        let mut transaction = self.begin().await?;
        // Its webhook goes with it.
        deliveries::give_up(&mut transaction, id, WEBHOOK_REMOVED).await?;
        let deleted = sqlx::query("delete from api_keys where id = ?1")
            .bind(id)
            .execute(&mut *transaction)
            .await
            .map_err(failed)?;
        transaction.commit().await.map_err(failed)?;
        Ok(deleted.rows_affected() == 1)
    }
}

/// The columns that [`api_key`] reads, from `api_keys k`.
macro_rules! select {
    () => {
        "select k.id, k.name, k.prefix, k.is_active, k.expires_at, k.last_used_at, k.last_refused_at, k.created_at, k.updated_at,
                a.email as created_by
         from api_keys k left join accounts a on a.id = k.created_by"
    };
}
pub(crate) use select;

async fn find(executor: impl SqliteExecutor<'_>, id: Uuid) -> Result<Option<ApiKey>> {
    let row = sqlx::query(concat!(select!(), " where k.id = ?1"))
        .bind(id)
        .fetch_optional(executor)
        .await
        .map_err(failed)?;
    row.as_ref().map(api_key).transpose()
}

async fn update(transaction: &mut Transaction<'_, Sqlite>, key: &ApiKey) -> Result<()> {
    let updated = sqlx::query(
        "update api_keys set name = ?2, haystack = ?3, is_active = ?4, expires_at = ?5, updated_at = ?6 where id = ?1",
    )
    .bind(key.id)
    .bind(&key.name)
    .bind(search::haystack(&key.name, &masked(&key.prefix)))
    .bind(key.is_active)
    .bind(key.expires_at.map(micros))
    .bind(micros(key.updated_at))
    .execute(&mut **transaction)
    .await
    .map_err(failed)?;
    (updated.rows_affected() == 1)
        .then_some(())
        .ok_or_else(|| corrupt("a key that was just read did not change"))
}

pub(crate) fn api_key(row: &SqliteRow) -> Result<ApiKey> {
    Ok(ApiKey {
        id: get(row, "id")?,
        name: get(row, "name")?,
        prefix: get(row, "prefix")?,
        is_active: get(row, "is_active")?,
        expires_at: optional_instant(row, "expires_at")?,
        last_used_at: optional_instant(row, "last_used_at")?,
        last_refused_at: optional_instant(row, "last_refused_at")?,
        created_at: instant(row, "created_at")?,
        updated_at: instant(row, "updated_at")?,
        created_by: get(row, "created_by")?,
    })
}
