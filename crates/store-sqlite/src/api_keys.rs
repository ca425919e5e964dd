use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use futures_util::TryStreamExt as _;
use ori_key::KeyDigest;
use ori_shared::api_key::masked;
use ori_shared::search;
use ori_store::{
    ApiKey, ApiKeyChange, ApiKeyQuery, ApiKeys, ImportedApiKey, KnownKey, Listed, NewApiKey, Result,
    WEBHOOK_REMOVED,
};
use sqlx::query::Query;
use sqlx::sqlite::{SqliteArguments, SqliteConnection, SqliteRow};
use sqlx::{Sqlite, SqliteExecutor, Transaction};
use uuid::Uuid;

use crate::SqliteStore;
use crate::convert::{corrupt, failed, from_micros, get, instant, micros, optional_instant};
use crate::direct;
use crate::key_index::{KeyIndex, Told};
use crate::key_list;
use crate::webhooks::queue;
use crate::writer::Held;

#[async_trait]
impl ApiKeys for SqliteStore {
    async fn create_api_key(&self, key: NewApiKey) -> Result<ApiKey> {
        let index = self.keys.clone();
        self.writer.write(|writer| create(writer, index, key)).await
    }

    async fn import_api_keys(&self, keys: Vec<ImportedApiKey>) -> Result<u64> {
        let index = self.keys.clone();
        self.writer.write(|writer| import(writer, index, keys)).await
    }

    async fn api_key(&self, id: Uuid) -> Result<Option<ApiKey>> {
        self.calls.catch_up().await?;
        find(&self.readers, id).await
    }

    async fn known_key(&self, digest: &KeyDigest) -> Result<Option<KnownKey>> {
        match self.keys.look_up(digest) {
            Told::Surely(key) => Ok(key),
            Told::InDoubt => known(&self.readers, digest).await,
        }
    }

    async fn list_api_keys(&self, query: ApiKeyQuery) -> Result<Listed<ApiKey>> {
        self.calls.catch_up().await?;
        // Page and total are read from one snapshot.
        let mut snapshot = self.readers.begin().await.map_err(failed)?;
        key_list::list(&mut snapshot, &query).await
    }

    async fn change_api_key(&self, id: Uuid, to: ApiKeyChange, now: DateTime<Utc>) -> Result<Option<ApiKey>> {
        self.calls.catch_up().await?;
        let index = self.keys.clone();
        self.writer
            .write(move |writer| change(writer, index, id, to, now))
            .await
    }

    async fn delete_api_key(&self, id: Uuid) -> Result<bool> {
        let index = self.keys.clone();
        self.writer.write(move |writer| delete(writer, index, id)).await
    }
}

/// Takes in what [`bound`] binds.
macro_rules! insert {
    () => {
        "insert into api_keys (id, name, prefix, digest, haystack, created_by, is_active, expires_at, created_at, updated_at)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?9)"
    };
}

async fn create(mut writer: Held, index: Arc<KeyIndex>, key: NewApiKey) -> Result<ApiKey> {
    let mut transaction = writer.begin().await?;
    bound(insert!(), &key, true)
        .execute(&mut *transaction)
        .await
        .map_err(failed)?;
    let stored = find(&mut *transaction, key.id)
        .await?
        .ok_or_else(|| corrupt("a new key is not there"))?;
    let doubt = index.doubt(key.digest);
    transaction.commit().await.map_err(failed)?;
    doubt.settle(Some(&stored.known()));
    Ok(stored)
}

async fn import(mut writer: Held, index: Arc<KeyIndex>, keys: Vec<ImportedApiKey>) -> Result<u64> {
    let mut transaction = writer.begin().await?;
    let mut new = Vec::new();
    for ImportedApiKey { key, is_active } in keys {
        let insert = concat!(insert!(), " on conflict (digest) do nothing");
        let inserted = bound(insert, &key, is_active)
            .execute(&mut *transaction)
            .await
            .map_err(failed)?;
        if inserted.rows_affected() == 1 {
            let known = KnownKey {
                id: key.id,
                name: key.name,
                prefix: key.prefix,
                is_active,
                expires_at: key.expires_at,
            };
            new.push((index.doubt(key.digest), known));
        }
    }
    transaction.commit().await.map_err(failed)?;
    let count = new.len() as u64;
    for (doubt, key) in new {
        doubt.settle(Some(&key));
    }
    Ok(count)
}

async fn change(
    mut writer: Held,
    index: Arc<KeyIndex>,
    id: Uuid,
    to: ApiKeyChange,
    now: DateTime<Utc>,
) -> Result<Option<ApiKey>> {
    let mut transaction = writer.begin().await?;
    let Some(stored) = find(&mut *transaction, id).await? else {
        return Ok(None);
    };
    let changed = ApiKey {
        name: to.name.unwrap_or(stored.name),
        is_active: to.is_active.unwrap_or(stored.is_active),
        expires_at: to.expires_at.unwrap_or(stored.expires_at),
        updated_at: now,
        ..stored
    };
    let doubt = index.doubt(update(&mut transaction, &changed).await?);
    transaction.commit().await.map_err(failed)?;
    doubt.settle(Some(&changed.known()));
    Ok(Some(changed))
}

async fn delete(mut writer: Held, index: Arc<KeyIndex>, id: Uuid) -> Result<bool> {
    let mut transaction = writer.begin().await?;
    // Its webhook goes with it.
    queue::end(&mut transaction, id, WEBHOOK_REMOVED).await?;
    let deleted = sqlx::query("delete from api_keys where id = ?1 returning digest")
        .bind(id)
        .fetch_optional(&mut *transaction)
        .await
        .map_err(failed)?;
    let Some(row) = deleted else { return Ok(false) };
    let doubt = index.doubt(digest(&row)?);
    transaction.commit().await.map_err(failed)?;
    doubt.settle(None);
    Ok(true)
}

fn bound<'q>(
    insert: &'static str,
    key: &'q NewApiKey,
    is_active: bool,
) -> Query<'q, Sqlite, SqliteArguments> {
    sqlx::query(insert)
        .bind(key.id)
        .bind(&key.name)
        .bind(&key.prefix)
        .bind(&key.digest.as_bytes()[..])
        .bind(search::haystack(&key.name, &masked(&key.prefix)))
        .bind(key.created_by)
        .bind(is_active)
        .bind(key.expires_at.map(micros))
        .bind(micros(key.created_at))
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

/// Writes the key down, and tells its digest.
async fn update(transaction: &mut Transaction<'_, Sqlite>, key: &ApiKey) -> Result<KeyDigest> {
    let updated = sqlx::query(
        "update api_keys set name = ?2, haystack = ?3, is_active = ?4, expires_at = ?5, updated_at = ?6 where id = ?1
         returning digest",
    )
    .bind(key.id)
    .bind(&key.name)
    .bind(search::haystack(&key.name, &masked(&key.prefix)))
    .bind(key.is_active)
    .bind(key.expires_at.map(micros))
    .bind(micros(key.updated_at))
    .fetch_optional(&mut **transaction)
    .await
    .map_err(failed)?;
    let row = updated.ok_or_else(|| corrupt("a key that was just read did not change"))?;
    digest(&row)
}

/// What the database knows of the key of that digest.
async fn known(executor: impl SqliteExecutor<'_>, digest: &KeyDigest) -> Result<Option<KnownKey>> {
    let row = sqlx::query(concat!(select_known!(), " where digest = ?1"))
        .bind(&digest.as_bytes()[..])
        .fetch_optional(executor)
        .await
        .map_err(failed)?;
    row.as_ref().map(known_key).transpose()
}

/// The same, within a transaction of calls.
pub(crate) fn known_within(
    transaction: &rusqlite::Transaction<'_>,
    digest: &KeyDigest,
) -> Result<Option<KnownKey>> {
    let sql = concat!(select_known!(), " where digest = ?1");
    let found = direct::find_one(transaction, sql, [&digest.as_bytes()[..]], |row| {
        let expires_at: Option<i64> = row.get("expires_at")?;
        let rest = (
            row.get("id")?,
            row.get("name")?,
            row.get("prefix")?,
            row.get("is_active")?,
        );
        Ok((expires_at, rest))
    })?;
    let known = |(expires_at, (id, name, prefix, is_active)): (Option<i64>, _)| {
        Ok(KnownKey {
            id,
            name,
            prefix,
            is_active,
            expires_at: expires_at.map(from_micros).transpose()?,
        })
    };
    found.map(known).transpose()
}

/// Puts all keys into the index, one by one: there may be a million.
pub(crate) async fn fill(keys: &KeyIndex, connection: &mut SqliteConnection) -> Result<()> {
    let count: i64 = sqlx::query_scalar("select count(*) from api_keys")
        .fetch_one(&mut *connection)
        .await
        .map_err(failed)?;
    keys.reserve(usize::try_from(count).unwrap_or_default());
    let mut rows = sqlx::query(select_known!()).fetch(connection);
    while let Some(row) = rows.try_next().await.map_err(failed)? {
        keys.add(digest(&row)?, &known_key(&row)?);
    }
    Ok(())
}

/// The columns that [`known_key`] and [`digest`] read.
macro_rules! select_known {
    () => {
        "select digest, id, name, prefix, is_active, expires_at from api_keys"
    };
}
use select_known;

fn digest(row: &SqliteRow) -> Result<KeyDigest> {
    let bytes = get::<&[u8], _>(row, "digest")?;
    let bytes = bytes
        .try_into()
        .map_err(|_| corrupt("a digest has another length"))?;
    Ok(KeyDigest::from_bytes(bytes))
}

fn known_key(row: &SqliteRow) -> Result<KnownKey> {
    Ok(KnownKey {
        id: get(row, "id")?,
        name: get(row, "name")?,
        prefix: get(row, "prefix")?,
        is_active: get(row, "is_active")?,
        expires_at: optional_instant(row, "expires_at")?,
    })
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
