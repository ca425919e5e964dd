mod list;
mod sorted;

use std::collections::HashMap;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use ori_key::KeyDigest;
use ori_store::{
    ApiKey, ApiKeyChange, ApiKeyQuery, ApiKeys, ImportedApiKey, KnownKey, ListPage, NewApiKey, Result,
    WEBHOOK_REMOVED, rows,
};
use sqlx::postgres::PgConnection;
use sqlx::{PgExecutor, Postgres, Transaction};
use uuid::Uuid;

use crate::PostgresStore;
use crate::commit;
use crate::error::corrupt;
use crate::statement::Statement as _;
use crate::webhooks::queue;

#[async_trait]
impl ApiKeys for PostgresStore {
    async fn create_api_key(&self, key: NewApiKey) -> Result<ApiKey> {
        let mut transaction = self.begin().await?;
        insert(&mut transaction, &key, true).await?;
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
            new += insert(&mut transaction, &key, is_active).await?;
        }
        commit(transaction).await?;
        Ok(new)
    }

    async fn api_key(&self, id: Uuid) -> Result<Option<ApiKey>> {
        find(&self.pool, id).await
    }

    async fn known_key(&self, digest: &KeyDigest) -> Result<Option<KnownKey>> {
        self.key_lookups.find(*digest).await
    }

    async fn list_api_keys(&self, query: ApiKeyQuery) -> Result<ListPage<ApiKey>> {
        // Page and total are read from one snapshot.
        let mut snapshot = self.snapshot().await?;
        list::list(&mut snapshot, &query).await
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
        let changed = stored.changed(&change, now);
        update(&mut transaction, &changed).await?;
        commit(transaction).await?;
        Ok(Some(changed))
    }

    async fn delete_api_key(&self, id: Uuid) -> Result<bool> {
        let mut transaction = self.begin().await?;
        // Its webhook goes with it, and then what was pending for that.
        let deleted = sqlx::query("delete from api_keys where id = $1")
            .bind(id)
            .run(&mut *transaction)
            .await?;
        queue::end(&mut transaction, id, WEBHOOK_REMOVED).await?;
        commit(transaction).await?;
        Ok(deleted == 1)
    }
}

/// The columns that [`rows::api_key`] reads, from `api_keys k`.
macro_rules! select {
    () => {
        "select k.id, k.name, k.prefix, k.is_active, k.expires_at, k.last_used_at, k.last_refused_at, k.created_at, k.updated_at,
                a.email as created_by
         from api_keys k left join accounts a on a.id = k.created_by"
    };
}
use select;

async fn find(executor: impl PgExecutor<'_>, id: Uuid) -> Result<Option<ApiKey>> {
    sqlx::query(concat!(select!(), " where k.id = $1"))
        .bind(id)
        .find(executor, rows::api_key)
        .await
}

/// Inserts a key unless its digest is there already, and returns how many it inserted.
async fn insert(
    transaction: &mut Transaction<'_, Postgres>,
    key: &NewApiKey,
    is_active: bool,
) -> Result<u64> {
    let insert = sqlx::query(
        "insert into api_keys (id, name, prefix, digest, haystack, created_by, is_active, expires_at, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9) on conflict (digest) do nothing",
    );
    insert
        .bind(key.id)
        .bind(&key.name)
        .bind(&key.prefix)
        .bind(&key.digest.as_bytes()[..])
        .bind(key.haystack())
        .bind(key.created_by)
        .bind(is_active)
        .bind(key.expires_at)
        .bind(key.created_at)
        .run(&mut **transaction)
        .await
}

/// The keys of those digests.
pub(crate) async fn known_keys(
    connection: &mut PgConnection,
    digests: &[&[u8]],
) -> Result<HashMap<KeyDigest, KnownKey>> {
    // The server plans anew each time what takes many, and what takes one only once.
    let keys = match digests {
        [one] => sqlx::query(concat!(select_known!(), " = $1")).bind(one),
        many => sqlx::query(concat!(select_known!(), " = any($1)")).bind(many),
    };
    let keys = keys.all(connection, rows::known_key).await?;
    Ok(keys.into_iter().collect())
}

/// Columns for [`rows::known_key`], up to the comparison of the digest.
macro_rules! select_known {
    () => {
        "select digest, id, name, prefix, is_active, expires_at from api_keys where digest"
    };
}
pub(crate) use select_known;

/// Returns the key, locked until the transaction ends. It waits for a concurrent change and then returns the committed
/// state, so no update is lost.
async fn lock(transaction: &mut Transaction<'_, Postgres>, id: Uuid) -> Result<Option<ApiKey>> {
    sqlx::query(concat!(select!(), " where k.id = $1 for no key update of k"))
        .bind(id)
        .find(&mut **transaction, rows::api_key)
        .await
}

async fn update(transaction: &mut Transaction<'_, Postgres>, key: &ApiKey) -> Result<()> {
    let updated = sqlx::query(
        "update api_keys set name = $2, haystack = $3, is_active = $4, expires_at = $5, updated_at = $6 where id = $1",
    )
    .bind(key.id)
    .bind(&key.name)
    .bind(key.haystack())
    .bind(key.is_active)
    .bind(key.expires_at)
    .bind(key.updated_at)
    .run(&mut **transaction)
        .await?;
    (updated == 1)
        .then_some(())
        .ok_or_else(|| corrupt("a key that was just read did not change"))
}
