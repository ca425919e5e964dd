use futures_util::TryStreamExt as _;
use ori_store::Result;
use ori_store::export::{BATCH, RowSink, TABLES, Table};
use sqlx::{AssertSqlSafe, Sqlite, Transaction};

use crate::SqliteStore;
use crate::codec::ReadRow;
use crate::error::read_failed;

impl SqliteStore {
    /// Writes all rows of one snapshot to the sink, and returns how many rows each table has.
    ///
    /// # Errors
    /// Returns an error if a row cannot be read or the sink fails.
    pub async fn export(&self, sink: &mut dyn RowSink) -> Result<Vec<(&'static Table, u64)>> {
        let mut snapshot = self.readers.begin().await.map_err(read_failed)?;
        let mut counts = Vec::new();
        for table in TABLES {
            counts.push((table, copy_table(&mut snapshot, table, sink).await?));
        }
        Ok(counts)
    }
}

async fn copy_table(
    snapshot: &mut Transaction<'_, Sqlite>,
    table: &'static Table,
    sink: &mut dyn RowSink,
) -> Result<u64> {
    let columns: Vec<&str> = table.columns.iter().map(|(name, _)| *name).collect();
    // These names are our own.
    let select = AssertSqlSafe(format!("select {} from {}", columns.join(", "), table.name));
    let mut rows = sqlx::query(select).fetch(&mut **snapshot);
    let (mut count, mut batch) = (0, Vec::with_capacity(BATCH));
    while let Some(row) = rows.try_next().await.map_err(read_failed)? {
        batch.push(table.values(&ReadRow(&row))?);
        count += 1;
        if batch.len() == BATCH {
            sink.write_rows(table, std::mem::take(&mut batch)).await?;
        }
    }
    if !batch.is_empty() {
        sink.write_rows(table, batch).await?;
    }
    Ok(count)
}
