use async_trait::async_trait;
use chrono::{DateTime, Utc};
use ori_key::KeyDigest;
use ori_shared::api_key::{ApiKeyView, KeyStatus, masked};
use ori_shared::key_sort::KeySort;
use ori_shared::search;
use uuid::Uuid;

use crate::Result;

/// The API keys. A change is in force for every request that starts after the method has returned.
#[async_trait]
pub trait ApiKeys: Send + Sync {
    /// Keeps a new key and returns it as it is stored.
    async fn create_api_key(&self, key: NewApiKey) -> Result<ApiKey>;

    /// Keeps keys that another system issued: all of them, or none. Those whose digest is there already stay as they
    /// are. Returns how many were new.
    async fn import_api_keys(&self, keys: Vec<ImportedApiKey>) -> Result<u64>;

    /// The key of that id.
    async fn api_key(&self, id: Uuid) -> Result<Option<ApiKey>>;

    /// Returns the attributes that decide about a request with the key of that digest, whatever its status.
    async fn known_key(&self, digest: &KeyDigest) -> Result<Option<KnownKey>>;

    /// A page of the keys that match, in the order wanted.
    async fn list_api_keys(&self, query: ApiKeyQuery) -> Result<ListPage<ApiKey>>;

    /// Changes the key and returns its new state, or `None` if there is no such key.
    async fn change_api_key(
        &self,
        id: Uuid,
        change: ApiKeyChange,
        now: DateTime<Utc>,
    ) -> Result<Option<ApiKey>>;

    /// Removes the key for good; says whether there was one.
    async fn delete_api_key(&self, id: Uuid) -> Result<bool>;
}

/// An API key as it is stored, without its digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    /// The key's id.
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// Its first 7 characters.
    pub prefix: String,
    /// Whether it is switched on.
    pub is_active: bool,
    /// The instant from which it no longer works.
    pub expires_at: Option<DateTime<Utc>>,
    /// Time of its last use, to a minute: an engine may leave out a use that follows another within one.
    pub last_used_at: Option<DateTime<Utc>>,
    /// Time of its last refused use, to a minute.
    pub last_refused_at: Option<DateTime<Utc>>,
    /// Time of creation.
    pub created_at: DateTime<Utc>,
    /// Time of its last change.
    pub updated_at: DateTime<Utc>,
    /// E-mail address of its creator.
    pub created_by: Option<String>,
}

impl ApiKey {
    /// Position of the key in the list.
    #[must_use]
    pub fn position(&self) -> Position {
        Position {
            created_at: self.created_at,
            id: self.id,
        }
    }

    /// Attributes that decide about a request with it.
    #[must_use]
    pub fn known(&self) -> KnownKey {
        KnownKey {
            id: self.id,
            name: self.name.clone(),
            prefix: self.prefix.clone(),
            is_active: self.is_active,
            expires_at: self.expires_at,
        }
    }

    /// The key as the console shows it at that time.
    #[must_use]
    pub fn into_view(self, now: DateTime<Utc>) -> ApiKeyView {
        ApiKeyView {
            id: self.id,
            name: self.name,
            key_prefix: self.prefix,
            status: KeyStatus::at(self.is_active, self.expires_at, now),
            is_active: self.is_active,
            expires_at: self.expires_at,
            last_used_at: self.last_used_at,
            created_at: self.created_at,
            updated_at: self.updated_at,
            created_by: self.created_by,
        }
    }
}

impl ApiKey {
    /// Returns the key as it is after a change.
    #[must_use]
    pub fn changed(self, change: &ApiKeyChange, now: DateTime<Utc>) -> Self {
        Self {
            name: change.name.clone().unwrap_or(self.name),
            is_active: change.is_active.unwrap_or(self.is_active),
            expires_at: change.expires_at.unwrap_or(self.expires_at),
            updated_at: now,
            ..self
        }
    }

    /// Returns what searches of the key look at.
    #[must_use]
    pub fn haystack(&self) -> String {
        search::haystack(&self.name, &masked(&self.prefix))
    }
}

impl NewApiKey {
    /// Returns what decides about a request with it.
    #[must_use]
    pub fn known(&self, is_active: bool) -> KnownKey {
        KnownKey {
            id: self.id,
            name: self.name.clone(),
            prefix: self.prefix.clone(),
            is_active,
            expires_at: self.expires_at,
        }
    }

    /// Returns what searches of the key look at.
    #[must_use]
    pub fn haystack(&self) -> String {
        search::haystack(&self.name, &masked(&self.prefix))
    }
}

/// Attributes of a presented key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownKey {
    /// The key's id.
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// Its first 7 characters.
    pub prefix: String,
    /// Whether it is switched on.
    pub is_active: bool,
    /// The instant from which it no longer works.
    pub expires_at: Option<DateTime<Utc>>,
}

impl KnownKey {
    /// Whether it works at that time.
    #[must_use]
    pub fn status_at(&self, now: DateTime<Utc>) -> KeyStatus {
        KeyStatus::at(self.is_active, self.expires_at, now)
    }
}

/// A key that is about to be kept.
#[derive(Clone, Debug)]
pub struct NewApiKey {
    /// The key's id.
    pub id: Uuid,
    /// Its validated name.
    pub name: String,
    /// Its first 7 characters.
    pub prefix: String,
    /// Its search text.
    pub digest: KeyDigest,
    /// The account that creates it.
    pub created_by: Uuid,
    /// The instant from which it will no longer work.
    pub expires_at: Option<DateTime<Utc>>,
    /// Time of creation.
    pub created_at: DateTime<Utc>,
}

/// A key that another system issued.
#[derive(Clone, Debug)]
pub struct ImportedApiKey {
    /// The key.
    pub key: NewApiKey,
    /// Whether it is switched on.
    pub is_active: bool,
}

/// Change of a key. `None` leaves the stored value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ApiKeyChange {
    /// A new name; already cleaned.
    pub name: Option<String>,
    /// Switched on or off.
    pub is_active: Option<bool>,
    /// A new expiry, or none.
    pub expires_at: Option<Option<DateTime<Utc>>>,
}

/// Which keys are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ApiKeyQuery {
    /// Only keys that match this under [`ori_shared::search`]; blank for all.
    pub search: String,
    /// Only keys behind this place in the list.
    pub after: Option<Position>,
    /// Maximum number of keys.
    pub limit: u32,
    /// Sort order, if it is not newest first.
    pub sorted: Option<SortSpec>,
}

/// An order other than from the newest to the oldest. Every page reads all keys that match, which is what one pays for
/// it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SortSpec {
    /// Column and direction.
    pub sort: KeySort,
    /// Time of the request, which decides which keys have expired.
    pub now: DateTime<Utc>,
    /// Sort key, as of [`ori_shared::key_sort::place`], of the key at [`ApiKeyQuery::after`].
    pub after: String,
}

/// A place in a list that runs from the newest to the oldest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// Time of creation of the row at that position.
    pub created_at: DateTime<Utc>,
    /// The row's id, which decides among rows of the same instant.
    pub id: Uuid,
}

/// Keys are counted up to so many.
pub const MAX_ROWS_COUNTED: u32 = 100_000;
/// Keys that match are counted up to so many.
pub const MATCHES_COUNTED: u32 = 10_000;
/// Number of keys that one page of a search scans without an index.
pub const MAX_ROWS_SCANNED: u32 = 10_000;

/// A page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListPage<T> {
    /// The rows.
    pub rows: Vec<T>,
    /// Number of matching rows on all pages, or a lower bound if counting would take long.
    pub total: u64,
    /// Whether there are no more than that.
    pub total_is_exact: bool,
    /// Cursor of the next page, if there may be one. A page that would take long to fill may have fewer rows than the limit,
    /// even none, and still be followed by others.
    pub next: Option<Position>,
}
