use std::collections::HashMap;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use ori_key::KeyDigest;
use ori_shared::api_key::masked;
use ori_shared::search;
use ori_store::{
    ApiKey, ApiKeyChange, ApiKeyQuery, ApiKeys, ImportedApiKey, KnownKey, Listed, NewApiKey, Result,
    WEBHOOK_REMOVED,
};
use sqlx::postgres::{PgConnection, PgRow};
use sqlx::{PgExecutor, Postgres, Transaction};
use uuid::Uuid;

use crate::PostgresStore;
use crate::commit;
use crate::convert::{corrupt, failed, get};
use crate::key_list;
use crate::time_limit::InTime as _;
use crate::webhooks::queue;

#[async_trait]
impl ApiKeys for PostgresStore {
    async fn create_api_key(&self, key: NewApiKey) -> Result<ApiKey> {
        let mut transaction = self.begin().await?;
        sqlx::query(
            "insert into api_keys (id, name, prefix, digest, haystack, created_by, expires_at, created_at, updated_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $8)",
        )
        .bind(key.id)
        .bind(&key.name)
        .bind(&key.prefix)
        .bind(&key.digest.as_bytes()[..])
        .bind(search::haystack(&key.name, &masked(&key.prefix)))
        .bind(key.created_by)
        .bind(key.expires_at)
        .bind(key.created_at)
        .execute(&mut *transaction)
        .in_time()
        .await
        .map_err(failed)?;
        let stored = find(&mut *transaction, key.id)
            .await?
            .ok_or_else(|| corrupt("a new key is not there"))?;
        commit(transaction).await?;
        Ok(stored)
    }

    async fn import_api_keys(&self, keys: Vec<ImportedApiKey>) -> Result<u64> {
        let mut transaction = self.begin().await?;
        let mut new = 0;
        for ImportedApiKey { key, is_active } in keys {
            let insert = sqlx::query(
                "insert into api_keys (id, name, prefix, digest, haystack, created_by, is_active, expires_at, created_at, updated_at)
                 values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9) on conflict (digest) do nothing",
            );
            let inserted = insert
                .bind(key.id)
                .bind(&key.name)
                .bind(&key.prefix)
                .bind(&key.digest.as_bytes()[..])
                .bind(search::haystack(&key.name, &masked(&key.prefix)))
                .bind(key.created_by)
                .bind(is_active)
                .bind(key.expires_at)
                .bind(key.created_at)
                .execute(&mut *transaction)
                .in_time()
                .await
                .map_err(failed)?;
            new += inserted.rows_affected();
        }
        commit(transaction).await?;
        Ok(new)
    }

    async fn api_key(&self, id: Uuid) -> Result<Option<ApiKey>> {
        find(&self.pool, id).await
    }

    async fn known_key(&self, digest: &KeyDigest) -> Result<Option<KnownKey>> {
        self.look_ups.find(*digest).await
    }

    async fn list_api_keys(&self, query: ApiKeyQuery) -> Result<Listed<ApiKey>> {
        // Page and total are read from one snapshot.
        let mut snapshot = self.snapshot().await?;
        key_list::list(&mut snapshot, &query).await
    }

    async fn change_api_key(
        &self,
        id: Uuid,
        change: ApiKeyChange,
        now: DateTime<Utc>,
    ) -> Result<Option<ApiKey>> {
        let mut transaction = self.begin().await?;
        let Some(stored) = lock(&mut transaction, id).await? else {
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
        commit(transaction).await?;
        Ok(Some(changed))
    }

    async fn delete_api_key(&self, id: Uuid) -> Result<bool> {
        let mut transaction = self.begin().await?;
        // Its webhook goes with it, and then what was pending for that.
        let deleted = sqlx::query("delete from api_keys where id = $1")
            .bind(id)
            .execute(&mut *transaction)
            .in_time()
            .await
            .map_err(failed)?;
        queue::end(&mut transaction, id, WEBHOOK_REMOVED).await?;
        commit(transaction).await?;
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

async fn find(executor: impl PgExecutor<'_>, id: Uuid) -> Result<Option<ApiKey>> {
    let row = sqlx::query(concat!(select!(), " where k.id = $1"))
        .bind(id)
        .fetch_optional(executor)
        .in_time()
        .await
        .map_err(failed)?;
    row.as_ref().map(api_key).transpose()
}

/// The keys of those digests.
pub(crate) async fn known_keys(
    connection: &mut PgConnection,
    digests: &[&[u8]],
) -> Result<HashMap<KeyDigest, KnownKey>> {
    // The server plans anew each time what takes many, and what takes one only once.
    let rows = match digests {
        [one] => sqlx::query(concat!(select_known!(), " = $1")).bind(one),
        many => sqlx::query(concat!(select_known!(), " = any($1)")).bind(many),
    };
    let rows = rows.fetch_all(connection).in_time().await.map_err(failed)?;
    rows.iter().map(known_key).collect()
}

/// What [`known_key`] reads, up to how the digest compares.
macro_rules! select_known {
    () => {
        "select digest, id, name, prefix, is_active, expires_at from api_keys where digest"
    };
}
pub(crate) use select_known;

/// The key, which nobody else changes until the transaction ends. It waits for whoever is changing it, and then reads
/// what they committed: half of their change is not undone.
async fn lock(transaction: &mut Transaction<'_, Postgres>, id: Uuid) -> Result<Option<ApiKey>> {
    let row = sqlx::query(concat!(select!(), " where k.id = $1 for no key update of k"))
        .bind(id)
        .fetch_optional(&mut **transaction)
        .in_time()
        .await
        .map_err(failed)?;
    row.as_ref().map(api_key).transpose()
}

async fn update(transaction: &mut Transaction<'_, Postgres>, key: &ApiKey) -> Result<()> {
    let updated = sqlx::query(
        "update api_keys set name = $2, haystack = $3, is_active = $4, expires_at = $5, updated_at = $6 where id = $1",
    )
    .bind(key.id)
    .bind(&key.name)
    .bind(search::haystack(&key.name, &masked(&key.prefix)))
    .bind(key.is_active)
    .bind(key.expires_at)
    .bind(key.updated_at)
    .execute(&mut **transaction)
    .in_time()
    .await
    .map_err(failed)?;
    (updated.rows_affected() == 1)
        .then_some(())
        .ok_or_else(|| corrupt("a key that was just read did not change"))
}

/// A key, and by which digest it is known, from a row with the columns `digest, id, name, prefix, is_active,
/// expires_at`.
pub(crate) fn known_key(row: &PgRow) -> Result<(KeyDigest, KnownKey)> {
    let digest: &[u8] = get(row, "digest")?;
    let digest = digest
        .try_into()
        .map_err(|_| corrupt("a digest has another length"))?;
    let key = KnownKey {
        id: get(row, "id")?,
        name: get(row, "name")?,
        prefix: get(row, "prefix")?,
        is_active: get(row, "is_active")?,
        expires_at: get(row, "expires_at")?,
    };
    Ok((KeyDigest::from_bytes(digest), key))
}

pub(crate) fn api_key(row: &PgRow) -> Result<ApiKey> {
    Ok(ApiKey {
        id: get(row, "id")?,
        name: get(row, "name")?,
        prefix: get(row, "prefix")?,
        is_active: get(row, "is_active")?,
        expires_at: get(row, "expires_at")?,
        last_used_at: get(row, "last_used_at")?,
        last_refused_at: get(row, "last_refused_at")?,
        created_at: get(row, "created_at")?,
        updated_at: get(row, "updated_at")?,
        created_by: get(row, "created_by")?,
    })
}
