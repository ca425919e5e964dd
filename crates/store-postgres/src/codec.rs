//! Decodes columns and encodes texts.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use ori_store::Result;
use ori_store::rows::Row;
use sqlx::postgres::PgRow;
use sqlx::{Decode, Postgres, Row as _, Type, TypeInfo as _, ValueRef as _};
use uuid::Uuid;

use crate::error::failed;

/// A row that was read.
pub(crate) struct ReadRow<'r>(pub(crate) &'r PgRow);

impl ReadRow<'_> {
    fn column<'r, T: Decode<'r, Postgres> + Type<Postgres>>(&'r self, column: &str) -> Result<Option<T>> {
        self.0.try_get(column).map_err(failed)
    }
}

impl Row for ReadRow<'_> {
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

    /// Integer of either size.
    fn whole(&self, column: &str) -> Result<Option<i64>> {
        let value = self.0.try_get_raw(column).map_err(failed)?;
        if value.type_info().name() == "INT4" {
            return Ok(self.column::<i32>(column)?.map(i64::from));
        }
        self.column(column)
    }

    fn real(&self, column: &str) -> Result<Option<f64>> {
        self.column(column)
    }

    fn instant(&self, column: &str) -> Result<Option<DateTime<Utc>>> {
        self.column(column)
    }
}

/// A text as PostgreSQL can keep it: it has no place for U+0000, in whose stead stands what Unicode has for the
/// unreadable.
pub(crate) fn text(text: &str) -> Cow<'_, str> {
    if text.contains('\0') {
        Cow::Owned(text.replace('\0', "\u{fffd}"))
    } else {
        Cow::Borrowed(text)
    }
}

/// A text that may be missing, as [`text`].
pub(crate) fn optional_text(optional: Option<&String>) -> Option<Cow<'_, str>> {
    optional.map(|present| text(present))
}
