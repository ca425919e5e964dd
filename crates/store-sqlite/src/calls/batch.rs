//! Statements that are sent to the writer's thread together: the way there and back costs more than most of them do.

use sqlx::error::BoxDynError;
use sqlx::sqlite::{SqliteArguments, SqliteConnection, SqliteRow};
use sqlx::{Arguments as _, AssertSqlSafe, Encode, Sqlite, Type};

use crate::convert::failed;
use ori_store::{Result, StoreError};

/// Statements that are still to be sent, in order.
#[derive(Default)]
pub(super) struct Batch {
    sql: String,
    arguments: SqliteArguments,
    unfit: Option<BoxDynError>,
}

/// The values of one row.
pub(super) struct Row<'b>(&'b mut Batch);

impl Batch {
    /// Adds a statement.
    pub(super) fn push(&mut self, statement: &'static str) {
        self.sql.push_str(statement);
        self.sql.push(';');
    }

    /// Adds a statement for many rows, with these in place of `{rows}`: as a table of so many columns, `column1` and so
    /// on. There may be rows of nulls behind them, which the statement must pass over.
    pub(super) fn push_rows<T>(
        &mut self,
        statement: &'static str,
        columns: usize,
        rows: &[T],
        bind: impl Fn(&mut Row<'_>, &T),
    ) {
        let (before, after) = statement.split_once("{rows}").unwrap_or((statement, ""));
        for rows in rows.chunks(MOST) {
            let size = size_for(rows.len());
            self.sql.push_str(before);
            push_table(&mut self.sql, size, columns);
            self.sql.push_str(after);
            self.sql.push(';');
            for row in rows {
                bind(&mut Row(self), row);
            }
            for _ in 0..(size - rows.len()) * columns {
                Row(self).bind(None::<i64>);
            }
        }
    }

    /// Sends them.
    pub(super) async fn send(&mut self, connection: &mut SqliteConnection) -> Result<()> {
        if self.sql.is_empty() {
            return Ok(());
        }
        let Self {
            sql,
            arguments,
            unfit,
        } = std::mem::take(self);
        fits(unfit)?;
        sqlx::query_with(AssertSqlSafe(sql), arguments)
            .execute(connection)
            .await
            .map_err(failed)?;
        Ok(())
    }

    /// Sends them, and returns the rows that they find.
    pub(super) async fn fetch(&mut self, connection: &mut SqliteConnection) -> Result<Vec<SqliteRow>> {
        let Self {
            sql,
            arguments,
            unfit,
        } = std::mem::take(self);
        fits(unfit)?;
        sqlx::query_with(AssertSqlSafe(sql), arguments)
            .fetch_all(connection)
            .await
            .map_err(failed)
    }
}

impl Row<'_> {
    /// Adds a value.
    pub(super) fn bind<'q, T: Encode<'q, Sqlite> + Type<Sqlite>>(&mut self, value: T) -> &mut Self {
        if let Err(error) = self.0.arguments.add(value) {
            self.0.unfit = Some(error);
        }
        self
    }
}

/// Few sizes, so that each statement is prepared once.
const SIZES: [usize; 3] = [1, 8, MOST];
const MOST: usize = 64;

fn size_for(rows: usize) -> usize {
    SIZES.into_iter().find(|size| *size >= rows).unwrap_or(MOST)
}

fn push_table(sql: &mut String, rows: usize, columns: usize) {
    let mut row = "(?".to_owned();
    for _ in 1..columns {
        row.push_str(",?");
    }
    row.push_str("),");
    sql.push_str("(values ");
    for _ in 0..rows {
        sql.push_str(&row);
    }
    sql.pop();
    sql.push(')');
}

fn fits(unfit: Option<BoxDynError>) -> Result<()> {
    unfit.map_or(Ok(()), |error| Err(StoreError::Fault(error)))
}
