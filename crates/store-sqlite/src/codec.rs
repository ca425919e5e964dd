//! Encodes values for storage, and decodes columns.

use chrono::{DateTime, Utc};
use ori_store::Result;
use ori_store::rows::Row;
use rusqlite::types::FromSql;
use sqlx::sqlite::SqliteRow;
use sqlx::{Decode, Row as _, Sqlite, Type};
use uuid::Uuid;

use crate::error::{corrupt, read_failed, write_failed};

/// Returns an instant as it is stored: microseconds since 1970.
pub(crate) fn micros(instant: DateTime<Utc>) -> i64 {
    instant.timestamp_micros()
}

/// Returns the instant that is stored as those microseconds.
pub(crate) fn from_micros(micros: i64) -> Result<DateTime<Utc>> {
    DateTime::from_timestamp_micros(micros).ok_or_else(|| corrupt("an instant is out of range"))
}

/// A row that a reader has read.
pub(crate) struct ReadRow<'r>(pub(crate) &'r SqliteRow);

/// A row that the writer has read.
pub(crate) struct WriterRow<'r>(pub(crate) &'r rusqlite::Row<'r>);

impl ReadRow<'_> {
    fn column<'r, T: Decode<'r, Sqlite> + Type<Sqlite>>(&'r self, column: &str) -> Result<Option<T>> {
        self.0.try_get(column).map_err(read_failed)
    }
}

impl WriterRow<'_> {
    fn column<T: FromSql>(&self, column: &str) -> Result<Option<T>> {
        self.0.get(column).map_err(write_failed)
    }
}

/// Implements [`Row`] by `column`.
macro_rules! row {
    ($($row:ident),*) => {
        $(impl Row for $row<'_> {
            fn id(&self, column: &str) -> Result<Option<Uuid>> {
                self.column(column)
            }

            fn bytes(&self, column: &str) -> Result<Option<Vec<u8>>> {
                self.column(column)
            }

            fn text(&self, column: &str) -> Result<Option<String>> {
                self.column(column)
            }

            fn flag(&self, column: &str) -> Result<Option<bool>> {
                self.column(column)
            }

            fn whole(&self, column: &str) -> Result<Option<i64>> {
                self.column(column)
            }

            fn real(&self, column: &str) -> Result<Option<f64>> {
                self.column(column)
            }

            fn instant(&self, column: &str) -> Result<Option<DateTime<Utc>>> {
                self.column(column)?.map(from_micros).transpose()
            }
        })*
    };
}

row!(ReadRow, WriterRow);

/// Maps each row.
pub(crate) fn map_rows<T>(rows: &[SqliteRow], map: impl Fn(&dyn Row) -> Result<T>) -> Result<Vec<T>> {
    rows.iter().map(|row| map(&ReadRow(row))).collect()
}
