//! Executes statements within the time limit of a reply, and maps their rows and errors.

use ori_store::Result;
use ori_store::rows::Row;
use sqlx::postgres::{PgArguments, PgRow};
use sqlx::query::{Query, QueryScalar};
use sqlx::{Decode, PgExecutor, Postgres, Type};

use crate::codec::ReadRow;
use crate::error::failed;
use crate::time_limit::InTime as _;

/// A statement with its values.
pub(crate) trait Statement: Sized {
    /// Executes it and returns how many rows it changed.
    fn run<'e>(self, executor: impl PgExecutor<'e>) -> impl Future<Output = Result<u64>> + Send;

    /// Maps the first row that it finds, if there is one.
    fn find<'e, T: Send>(
        self,
        executor: impl PgExecutor<'e>,
        map: impl FnOnce(&dyn Row) -> Result<T> + Send,
    ) -> impl Future<Output = Result<Option<T>>> + Send;

    /// Maps each row that it finds.
    fn all<'e, T: Send>(
        self,
        executor: impl PgExecutor<'e>,
        map: impl Fn(&dyn Row) -> Result<T> + Send,
    ) -> impl Future<Output = Result<Vec<T>>> + Send;
}

impl Statement for Query<'_, Postgres, PgArguments> {
    async fn run<'e>(self, executor: impl PgExecutor<'e>) -> Result<u64> {
        let done = self.execute(executor).in_time().await.map_err(failed)?;
        Ok(done.rows_affected())
    }

    async fn find<'e, T: Send>(
        self,
        executor: impl PgExecutor<'e>,
        map: impl FnOnce(&dyn Row) -> Result<T> + Send,
    ) -> Result<Option<T>> {
        let row = self.fetch_optional(executor).in_time().await.map_err(failed)?;
        row.map(|row| map(&ReadRow(&row))).transpose()
    }

    async fn all<'e, T: Send>(
        self,
        executor: impl PgExecutor<'e>,
        map: impl Fn(&dyn Row) -> Result<T> + Send,
    ) -> Result<Vec<T>> {
        let rows = self.fetch_all(executor).in_time().await.map_err(failed)?;
        rows.iter().map(|row| map(&ReadRow(row))).collect()
    }
}

/// A query of one column, with its values.
pub(crate) trait ScalarQuery<O>: Sized {
    /// Returns the value of its only row.
    fn value<'e>(self, executor: impl PgExecutor<'e>) -> impl Future<Output = Result<O>> + Send;

    /// Returns the value of its first row, if there is one.
    fn find_value<'e>(self, executor: impl PgExecutor<'e>) -> impl Future<Output = Result<Option<O>>> + Send;

    /// Returns the value of each row.
    fn values<'e>(self, executor: impl PgExecutor<'e>) -> impl Future<Output = Result<Vec<O>>> + Send;
}

impl<O> ScalarQuery<O> for QueryScalar<'_, Postgres, O, PgArguments>
where
    O: for<'r> Decode<'r, Postgres> + Type<Postgres> + Send + Unpin,
    (O,): for<'r> sqlx::FromRow<'r, PgRow>,
{
    async fn value<'e>(self, executor: impl PgExecutor<'e>) -> Result<O> {
        self.fetch_one(executor).in_time().await.map_err(failed)
    }

    async fn find_value<'e>(self, executor: impl PgExecutor<'e>) -> Result<Option<O>> {
        self.fetch_optional(executor).in_time().await.map_err(failed)
    }

    async fn values<'e>(self, executor: impl PgExecutor<'e>) -> Result<Vec<O>> {
        self.fetch_all(executor).in_time().await.map_err(failed)
    }
}
