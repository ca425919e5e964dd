//! The API keys. Every change is entered into the cache with its commit.

mod cache;
mod list;
mod sorted;

use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use ori_key::KeyDigest;
use ori_store::{
    ApiKey, ApiKeyChange, ApiKeyQuery, ApiKeys, ImportedApiKey, KnownKey, ListPage, NewApiKey, Result,
    WEBHOOK_REMOVED, rows,
};
use rusqlite::params;
use uuid::Uuid;

use self::cache::Lookup;
pub(crate) use self::cache::{KeyCache, PendingChanges};
use crate::SqliteStore;
use crate::codec::{ReadRow, micros};
use crate::error::{corrupt, read_failed};
use crate::transaction::Transaction;
use crate::webhooks::queue;
use crate::writer::Writer;

#[async_trait]
impl ApiKeys for SqliteStore {
    async fn create_api_key(&self, key: NewApiKey) -> Result<ApiKey> {
        self.write(move |transaction| {
            insert(transaction, &key, true)?;
            let stored = find(transaction, key.id)?.ok_or_else(|| corrupt("a new key is not there"))?;
            transaction.set_key(key.digest, Some(stored.known()));
            Ok(stored)
        })
        .await
    }

    async fn import_api_keys(&self, keys: Vec<ImportedApiKey>) -> Result<u64> {
        self.write(move |transaction| {
            let mut new = 0;
            for ImportedApiKey { key, is_active } in &keys {
                if insert(transaction, key, *is_active)? {
                    transaction.set_key(key.digest, Some(key.known(*is_active)));
                    new += 1;
                }
            }
            Ok(new)
        })
        .await
    }

    async fn api_key(&self, id: Uuid) -> Result<Option<ApiKey>> {
        let row = sqlx::query(FIND)
            .bind(id)
            .fetch_optional(&self.readers)
            .await
            .map_err(read_failed)?;
        row.map(|row| rows::api_key(&ReadRow(&row))).transpose()
    }

    async fn known_key(&self, digest: &KeyDigest) -> Result<Option<KnownKey>> {
        if let Lookup::Known(key) = self.keys.look_up(digest) {
            return Ok(key);
        }
        let row = sqlx::query(concat!(select_known!(), " where digest = ?1"))
            .bind(&digest.as_bytes()[..])
            .fetch_optional(&self.readers)
            .await
            .map_err(read_failed)?;
        row.map(|row| Ok(rows::known_key(&ReadRow(&row))?.1)).transpose()
    }

    async fn list_api_keys(&self, query: ApiKeyQuery) -> Result<ListPage<ApiKey>> {
        // Page and total are read from one snapshot.
        let mut snapshot = self.readers.begin().await.map_err(read_failed)?;
        list::list(&mut snapshot, &query).await
    }

    async fn change_api_key(&self, id: Uuid, to: ApiKeyChange, now: DateTime<Utc>) -> Result<Option<ApiKey>> {
        self.write(move |transaction| {
            let Some(stored) = find(transaction, id)? else {
                return Ok(None);
            };
            let changed = stored.changed(&to, now);
            let digest = update(transaction, &changed)?;
            transaction.set_key(digest, Some(changed.known()));
            Ok(Some(changed))
        })
        .await
    }

    async fn delete_api_key(&self, id: Uuid) -> Result<bool> {
        self.write(move |transaction| {
            // Its webhook goes with it.
            queue::end(transaction, id, WEBHOOK_REMOVED)?;
            let delete = "delete from api_keys where id = ?1 returning digest";
            let Some(digest) = transaction.find(delete, [id], |row| rows::get(row, "digest"))? else {
                return Ok(false);
            };
            transaction.set_key(digest, None);
            Ok(true)
        })
        .await
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

/// The columns that [`rows::known_key`] reads.
macro_rules! select_known {
    () => {
        "select digest, id, name, prefix, is_active, expires_at from api_keys"
    };
}
use select_known;

const FIND: &str = concat!(select!(), " where k.id = ?1");

fn find(transaction: &Transaction<'_>, id: Uuid) -> Result<Option<ApiKey>> {
    transaction.find(FIND, [id], rows::api_key)
}

/// Inserts a key unless its digest is there already, and returns whether it did.
fn insert(transaction: &Transaction<'_>, key: &NewApiKey, is_active: bool) -> Result<bool> {
    let insert = "insert into api_keys (id, name, prefix, digest, haystack, created_by, is_active, expires_at, created_at, updated_at)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?9) on conflict (digest) do nothing";
    let values = params![
        key.id,
        key.name,
        key.prefix,
        key.digest.as_bytes(),
        key.haystack(),
        key.created_by,
        is_active,
        key.expires_at.map(micros),
        micros(key.created_at),
    ];
    transaction.execute_one(insert, values)
}

/// Updates a key and returns its digest.
fn update(transaction: &Transaction<'_>, key: &ApiKey) -> Result<KeyDigest> {
    let update = "update api_keys set name = ?2, haystack = ?3, is_active = ?4, expires_at = ?5, updated_at = ?6 where id = ?1
         returning digest";
    let values = params![
        key.id,
        key.name,
        key.haystack(),
        key.is_active,
        key.expires_at.map(micros),
        micros(key.updated_at),
    ];
    let updated = transaction.find(update, values, |row| rows::get(row, "digest"))?;
    updated.ok_or_else(|| corrupt("a key that was just read did not change"))
}

/// Reads all keys into the cache, one by one: there may be a million.
pub(crate) async fn fill(writer: &Writer, keys: Arc<KeyCache>) -> Result<()> {
    let fill = writer.write(move |transaction| {
        let count: Option<u32> = transaction.value("select count(*) from api_keys", [])?;
        keys.reserve(count.unwrap_or_default() as usize);
        transaction.for_each(select_known!(), [], |row| {
            let (digest, key) = rows::known_key(row)?;
            keys.add(digest, &key);
            Ok(())
        })
    });
    fill.await
}
