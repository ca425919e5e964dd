//! Everything that an engine keeps, row by row, to carry it from one engine to another.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::Result;
use crate::rows::Row;

/// A table that every engine has.
#[derive(Debug, PartialEq, Eq)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// Its columns that every engine has.
    pub columns: &'static [(&'static str, Kind)],
}

impl Table {
    /// Maps a row with these columns.
    ///
    /// # Errors
    /// Returns an error if a column cannot be read.
    pub fn values(&self, row: &dyn Row) -> Result<Vec<Value>> {
        let value = |(name, kind): &(&'static str, Kind)| {
            Ok(match kind {
                Kind::Id => Value::Id(row.id(name)?),
                Kind::Bytes => Value::Bytes(row.bytes(name)?),
                Kind::Text => Value::Text(row.text(name)?),
                Kind::Flag => Value::Flag(row.flag(name)?),
                Kind::Whole => Value::Whole(row.whole(name)?),
                Kind::Real => Value::Real(row.real(name)?),
                Kind::Instant => Value::Instant(row.instant(name)?),
            })
        };
        self.columns.iter().map(value).collect()
    }
}

/// Type of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An id.
    Id,
    /// A digest or the like.
    Bytes,
    /// A text.
    Text,
    /// Yes or no.
    Flag,
    /// A whole number.
    Whole,
    /// A number.
    Real,
    /// An instant.
    Instant,
}

/// Value of a column; `None` for null.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Value of [`Kind::Id`].
    Id(Option<Uuid>),
    /// Value of [`Kind::Bytes`].
    Bytes(Option<Vec<u8>>),
    /// Value of [`Kind::Text`].
    Text(Option<String>),
    /// Value of [`Kind::Flag`].
    Flag(Option<bool>),
    /// Value of [`Kind::Whole`].
    Whole(Option<i64>),
    /// Value of [`Kind::Real`].
    Real(Option<f64>),
    /// Value of [`Kind::Instant`].
    Instant(Option<DateTime<Utc>>),
}

/// Takes rows in.
#[async_trait]
pub trait RowSink: Send {
    /// Takes these rows of the table in, each with a value per column.
    async fn write_rows(&mut self, table: &'static Table, rows: Vec<Vec<Value>>) -> Result<()>;
}

/// Number of rows of a batch.
pub const BATCH: usize = 500;

/// Every table, those first that others refer to. A test of each engine proves that no table or column is missing.
pub const TABLES: &[Table] = &[
    Table {
        name: "accounts",
        columns: &[
            ("id", Kind::Id),
            ("email", Kind::Text),
            ("password_hash", Kind::Text),
            ("role", Kind::Text),
            ("is_active", Kind::Flag),
            ("timezone", Kind::Text),
            ("created_at", Kind::Instant),
            ("updated_at", Kind::Instant),
        ],
    },
    Table {
        name: "sessions",
        columns: &[
            ("id", Kind::Id),
            ("token_digest", Kind::Bytes),
            ("account_id", Kind::Id),
            ("created_at", Kind::Instant),
            ("last_seen_at", Kind::Instant),
        ],
    },
    Table {
        name: "setup_links",
        columns: &[("token_digest", Kind::Bytes), ("created_at", Kind::Instant)],
    },
    Table {
        name: "api_keys",
        columns: &[
            ("id", Kind::Id),
            ("name", Kind::Text),
            ("prefix", Kind::Text),
            ("digest", Kind::Bytes),
            ("haystack", Kind::Text),
            ("created_by", Kind::Id),
            ("is_active", Kind::Flag),
            ("expires_at", Kind::Instant),
            ("last_used_at", Kind::Instant),
            ("last_refused_at", Kind::Instant),
            ("last_refused_reason", Kind::Text),
            ("created_at", Kind::Instant),
            ("updated_at", Kind::Instant),
        ],
    },
    Table {
        name: "webhooks",
        columns: &[
            ("key_id", Kind::Id),
            ("url", Kind::Text),
            ("secret", Kind::Bytes),
            ("previous_secret", Kind::Bytes),
            ("previous_until", Kind::Instant),
            ("disabled_at", Kind::Instant),
            ("disabled_reason", Kind::Text),
            ("created_at", Kind::Instant),
            ("updated_at", Kind::Instant),
        ],
    },
    Table {
        name: "webhook_deliveries",
        columns: &[
            ("id", Kind::Id),
            ("key_id", Kind::Id),
            ("call_id", Kind::Id),
            ("event_type", Kind::Text),
            ("body", Kind::Text),
            ("status", Kind::Text),
            ("attempts", Kind::Whole),
            ("attempts_before", Kind::Whole),
            ("due_at", Kind::Instant),
            ("claimed_by", Kind::Id),
            ("last_attempt_at", Kind::Instant),
            ("last_status", Kind::Whole),
            ("last_error", Kind::Text),
            ("created_at", Kind::Instant),
            ("replayed_at", Kind::Instant),
        ],
    },
    Table {
        name: "calls",
        columns: &[
            ("id", Kind::Id),
            ("key_id", Kind::Id),
            ("key_name", Kind::Text),
            ("bot_id", Kind::Text),
            ("to_number", Kind::Text),
            ("to_number_raw", Kind::Text),
            ("from_number", Kind::Text),
            ("from_number_raw", Kind::Text),
            ("variables", Kind::Text),
            ("call_reference", Kind::Text),
            ("status", Kind::Text),
            ("reason", Kind::Text),
            ("attempt", Kind::Id),
            ("host", Kind::Text),
            ("worker_call_id", Kind::Text),
            ("room_name", Kind::Text),
            ("session_id", Kind::Text),
            ("stream_id", Kind::Text),
            ("caller_id", Kind::Text),
            ("duration_seconds", Kind::Real),
            ("disconnected_by", Kind::Text),
            ("sip_status", Kind::Whole),
            ("recording_url", Kind::Text),
            ("transcript", Kind::Text),
            ("history", Kind::Text),
            ("created_at", Kind::Instant),
            ("updated_at", Kind::Instant),
        ],
    },
    Table {
        name: "idempotency_keys",
        columns: &[
            ("key_id", Kind::Id),
            ("idempotency_key", Kind::Text),
            ("fingerprint", Kind::Bytes),
            ("call_id", Kind::Id),
            ("answer_status", Kind::Whole),
            ("answer_body", Kind::Text),
            ("created_at", Kind::Instant),
        ],
    },
];

/// The names of all tables and their columns, in their order.
#[must_use]
pub fn all_columns() -> Vec<(String, String)> {
    let mut all: Vec<_> = TABLES
        .iter()
        .flat_map(|table| {
            table
                .columns
                .iter()
                .map(|(column, _)| (table.name.to_owned(), (*column).to_owned()))
        })
        .collect();
    all.sort();
    all
}
