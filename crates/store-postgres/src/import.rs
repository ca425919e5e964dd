use async_trait::async_trait;
use ori_store::export::{RowSink, TABLES, Table, Value};
use ori_store::{Result, StoreError};
use sqlx::query_builder::Separated;
use sqlx::{AssertSqlSafe, Executor as _, Postgres, QueryBuilder, Transaction};

use crate::PostgresStore;
use crate::codec::text;
use crate::error::{commit_failed, corrupt, failed};

/// Takes in what another engine kept: all of it, or nothing.
pub struct Import(Transaction<'static, Postgres>);

impl PostgresStore {
    /// Begins to take in what another engine kept. Nothing of it is there before [`Import::finish`].
    ///
    /// # Errors
    /// Returns an error if this database is not empty.
    pub async fn import(&self) -> Result<Import> {
        let mut transaction = self.begin().await?;
        for table in TABLES {
            // Prevents concurrent inserts.
            let lock = format!("lock table {} in share row exclusive mode", table.name);
            transaction.execute(AssertSqlSafe(lock)).await.map_err(failed)?;
            if count(&mut transaction, table).await? > 0 {
                return Err(StoreError::Fault(
                    "it is not empty: something is taken over into an empty database only".into(),
                ));
            }
        }
        // Rows arrive at the speed of the other database, and to count millions of them takes its time.
        transaction
            .execute("set local idle_in_transaction_session_timeout = 0; set local statement_timeout = 0")
            .await
            .map_err(failed)?;
        Ok(Import(transaction))
    }
}

impl Import {
    /// Keeps it all, if each table has as many rows as it should.
    ///
    /// # Errors
    /// Returns an error if one has not, or the rows cannot be stored.
    pub async fn finish(mut self, counts: &[(&'static Table, u64)]) -> Result<()> {
        for (table, expected) in counts {
            if count(&mut self.0, table).await? != *expected {
                return Err(corrupt(
                    "as many rows arrived as were sent, but not in each table",
                ));
            }
        }
        // No time limit: the import waits for it.
        self.0.commit().await.map_err(commit_failed)
    }
}

#[async_trait]
impl RowSink for Import {
    async fn write_rows(&mut self, table: &'static Table, rows: Vec<Vec<Value>>) -> Result<()> {
        let columns: Vec<&str> = table.columns.iter().map(|(name, _)| *name).collect();
        let mut insert =
            QueryBuilder::<Postgres>::new(format!("insert into {} ({}) ", table.name, columns.join(", ")));
        insert.push_values(rows, |mut row, values| {
            for value in values {
                push(&mut row, value);
            }
        });
        insert.build().execute(&mut *self.0).await.map_err(failed)?;
        Ok(())
    }
}

fn push(row: &mut Separated<'_, Postgres, &'static str>, value: Value) {
    match value {
        Value::Id(id) => row.push_bind(id),
        Value::Bytes(bytes) => row.push_bind(bytes),
        Value::Text(given) => row.push_bind(given.map(|given| text(&given).into_owned())),
        Value::Flag(flag) => row.push_bind(flag),
        Value::Whole(number) => row.push_bind(number),
        Value::Real(number) => row.push_bind(number),
        Value::Instant(instant) => row.push_bind(instant),
    };
}

async fn count(transaction: &mut Transaction<'_, Postgres>, table: &Table) -> Result<u64> {
    let count = AssertSqlSafe(format!("select count(*) from {}", table.name));
    let count: i64 = sqlx::query_scalar(count)
        .fetch_one(&mut **transaction)
        .await
        .map_err(failed)?;
    u64::try_from(count).map_err(|_| corrupt("a count is negative"))
}
