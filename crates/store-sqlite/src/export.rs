use futures_util::TryStreamExt as _;
use ori_store::Result;
use ori_store::transfer::{BATCH, Kind, Sink, TABLES, Table, Value};
use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, Sqlite, Transaction};

use crate::SqliteStore;
use crate::convert::{failed, get, optional_instant};

impl SqliteStore {
    /// Hands everything over, as it is at one moment: nothing is changed here until the sink has taken it all in.
    /// Returns how many rows each table has.
    ///
    /// # Errors
    /// When something cannot be read, or the sink cannot take it in.
    pub async fn export(&self, sink: &mut dyn Sink) -> Result<Vec<(&'static Table, u64)>> {
        self.calls.catch_up().await?;
        let mut writer = self.writer().await?;
        let mut transaction = writer.begin().await?;
        let mut counts = Vec::new();
        for table in TABLES {
            counts.push((table, hand_over(&mut transaction, table, sink).await?));
        }
        Ok(counts)
    }
}

async fn hand_over(
    transaction: &mut Transaction<'_, Sqlite>,
    table: &'static Table,
    sink: &mut dyn Sink,
) -> Result<u64> {
    let columns: Vec<&str> = table.columns.iter().map(|(name, _)| *name).collect();
    // These names are our own.
    let select = AssertSqlSafe(format!("select {} from {}", columns.join(", "), table.name));
    let mut rows = sqlx::query(select).fetch(&mut **transaction);
    let (mut count, mut batch) = (0, Vec::with_capacity(BATCH));
    while let Some(row) = rows.try_next().await.map_err(failed)? {
        batch.push(values(&row, table)?);
        count += 1;
        if batch.len() == BATCH {
            sink.take(table, std::mem::take(&mut batch)).await?;
        }
    }
    if !batch.is_empty() {
        sink.take(table, batch).await?;
    }
    Ok(count)
}

fn values(row: &SqliteRow, table: &Table) -> Result<Vec<Value>> {
    let value = |(name, kind): &(&'static str, Kind)| {
        Ok(match kind {
            Kind::Id => Value::Id(get(row, *name)?),
            Kind::Bytes => Value::Bytes(get(row, *name)?),
            Kind::Text => Value::Text(get(row, *name)?),
            Kind::Flag => Value::Flag(get(row, *name)?),
            Kind::Whole => Value::Whole(get(row, *name)?),
            Kind::Real => Value::Real(get(row, *name)?),
            Kind::Instant => Value::Instant(optional_instant(row, *name)?),
        })
    };
    table.columns.iter().map(value).collect()
}
