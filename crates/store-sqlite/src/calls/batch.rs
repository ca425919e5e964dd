//! Statements that are sent to SQLite's thread together: the way there and back costs more than most of them do.

use futures_util::TryStreamExt as _;
use sqlx::error::BoxDynError;
use sqlx::sqlite::{SqliteArguments, SqliteConnection, SqliteRow};
use sqlx::{Arguments as _, AssertSqlSafe, Either, Encode, Executor as _, Sqlite, Type};

use crate::convert::failed;
use ori_store::{Result, StoreError};

/// Statements that are still to be sent, in order.
pub(super) struct Batch {
    /// So many rows has each statement for many.
    size: usize,
    sql: String,
    /// How many they are.
    statements: usize,
    /// Whether the transaction is open.
    is_begun: bool,
    arguments: SqliteArguments,
    unfit: Option<BoxDynError>,
}

/// The values of one row.
pub(super) struct Row<'b>(&'b mut Batch);

/// The most rows that a statement has.
pub(super) const MOST: usize = 64;

impl Batch {
    /// For a group of so many changes, at most [`MOST`].
    ///
    /// What is sent together is prepared once and kept by its whole text, so that there are few texts: all statements
    /// of a group have one size, a power of two.
    pub(super) fn new(changes: usize) -> Self {
        let size = changes.next_power_of_two().min(MOST);
        Self {
            size,
            sql: String::new(),
            statements: 0,
            is_begun: false,
            arguments: SqliteArguments::default(),
            unfit: None,
        }
    }

    /// Adds a statement with these values, each a `?`.
    pub(super) fn push(&mut self, statement: &'static str, bind: impl FnOnce(&mut Row<'_>)) {
        self.push_text(statement);
        self.end_statement();
        bind(&mut Row(self));
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
        if rows.is_empty() {
            return;
        }
        debug_assert!(rows.len() <= self.size, "more rows than changes");
        let (before, after) = statement.split_once("{rows}").unwrap_or((statement, ""));
        self.push_text(before);
        push_table(&mut self.sql, self.size, columns);
        self.push_text(after);
        self.end_statement();
        for row in rows {
            bind(&mut Row(self), row);
        }
        for _ in 0..self.size.saturating_sub(rows.len()) * columns {
            Row(self).bind(None::<i64>);
        }
    }

    /// Sends them, in a transaction that goes on, and returns the rows that they find.
    pub(super) async fn send(&mut self, connection: &mut SqliteConnection) -> Result<Vec<SqliteRow>> {
        self.begin();
        self.send_text(connection).await
    }

    /// The same, and ends the transaction. One statement alone is a transaction by itself, and none needs none.
    pub(super) async fn commit(mut self, connection: &mut SqliteConnection) -> Result<Vec<SqliteRow>> {
        if self.is_begun || self.statements > 1 {
            self.begin();
            self.push_text("commit");
            self.end_statement();
        }
        self.send_text(connection).await
    }

    async fn send_text(&mut self, connection: &mut SqliteConnection) -> Result<Vec<SqliteRow>> {
        let mut rows = Vec::new();
        let mut left = std::mem::take(&mut self.statements);
        if left == 0 {
            return Ok(rows);
        }
        let (sql, arguments) = self.take()?;
        let mut results = connection.fetch_many(sqlx::query_with(sql, arguments));
        // The end of the results comes behind that of the last statement, and tells nothing more. Where it comes
        // before, the rest was not done.
        while left > 0 {
            match results.try_next().await.map_err(failed)? {
                Some(Either::Left(_)) => left -= 1,
                Some(Either::Right(row)) => rows.push(row),
                None => return Err(failed(sqlx::Error::WorkerCrashed)),
            }
        }
        Ok(rows)
    }

    fn begin(&mut self) {
        if !std::mem::replace(&mut self.is_begun, true) {
            self.sql.insert_str(0, "begin immediate;");
            self.statements += 1;
        }
    }

    fn push_text(&mut self, text: &str) {
        self.sql.push_str(text);
    }

    fn end_statement(&mut self) {
        self.sql.push(';');
        self.statements += 1;
    }

    /// These texts are our own.
    fn take(&mut self) -> Result<(AssertSqlSafe<String>, SqliteArguments)> {
        if let Some(error) = self.unfit.take() {
            return Err(StoreError::Fault(error));
        }
        let sql = std::mem::take(&mut self.sql);
        Ok((AssertSqlSafe(sql), std::mem::take(&mut self.arguments)))
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
