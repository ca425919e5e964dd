//! The transaction of one group of changes.

use std::path::Path;

use ori_key::KeyDigest;
use ori_shared::call::CallStatus;
use ori_store::rows::Row;
use ori_store::{KnownKey, Result};
use rusqlite::types::FromSql;
use rusqlite::{Connection, OpenFlags, OptionalExtension as _, Params, TransactionBehavior};

use crate::api_keys::{KeyCache, PendingChanges};
use crate::codec::WriterRow;
use crate::error::{commit_failed, corrupt, write_failed};
use crate::{BUSY_TIMEOUT, PRAGMAS};

/// Opens a connection that writes to an existing file.
pub(crate) fn open(file: &Path) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(file, flags).map_err(write_failed)?;
    connection.busy_timeout(BUSY_TIMEOUT).map_err(write_failed)?;
    for (name, value) in PRAGMAS {
        connection
            .pragma_update(None, name, value)
            .map_err(write_failed)?;
    }
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(connection)
}

/// More than the writer has statements.
const STATEMENTS: usize = 128;

/// A write transaction. It is rolled back when it is dropped without a commit.
pub(crate) struct Transaction<'c> {
    inner: rusqlite::Transaction<'c>,
    keys: PendingChanges<'c>,
    queued: Queued,
}

/// Number of queued calls, if it has been counted.
pub(crate) type Queued = Option<u32>;

impl<'c> Transaction<'c> {
    /// Begins a transaction that holds the database's write lock from the start.
    pub(crate) fn begin(connection: &'c mut Connection, keys: &'c KeyCache, queued: Queued) -> Result<Self> {
        let inner = connection.transaction_with_behavior(TransactionBehavior::Immediate);
        Ok(Self {
            inner: inner.map_err(write_failed)?,
            keys: PendingChanges::begin(keys),
            queued,
        })
    }

    /// Commits, enters the changed keys into the cache, and returns how many calls are queued.
    pub(crate) fn commit(self) -> Result<Queued> {
        self.inner.commit().map_err(commit_failed)?;
        self.keys.commit();
        Ok(self.queued)
    }

    /// Executes a statement and returns how many rows it changed.
    pub(crate) fn execute(&self, statement: &str, values: impl Params) -> Result<usize> {
        let mut statement = self.inner.prepare_cached(statement).map_err(write_failed)?;
        statement.execute(values).map_err(write_failed)
    }

    /// Executes a statement that changes at most one row, and returns whether it did.
    pub(crate) fn execute_one(&self, statement: &str, values: impl Params) -> Result<bool> {
        match self.execute(statement, values)? {
            rows @ (0 | 1) => Ok(rows == 1),
            _ => Err(corrupt("one row was to change, and several did")),
        }
    }

    /// Maps the first row that a query finds, if there is one.
    pub(crate) fn find<T>(
        &self,
        query: &str,
        values: impl Params,
        map: impl FnOnce(&dyn Row) -> Result<T>,
    ) -> Result<Option<T>> {
        let mut statement = self.inner.prepare_cached(query).map_err(write_failed)?;
        let mut rows = statement.query(values).map_err(write_failed)?;
        let row = rows.next().map_err(write_failed)?;
        row.map(|row| map(&WriterRow(row))).transpose()
    }

    /// Returns the first column of the first row that a query finds, if there is one.
    pub(crate) fn value<T: FromSql>(&self, query: &str, values: impl Params) -> Result<Option<T>> {
        let mut statement = self.inner.prepare_cached(query).map_err(write_failed)?;
        let value = statement.query_row(values, |row| row.get(0));
        value.optional().map_err(write_failed)
    }

    /// Maps each row that a query finds.
    pub(crate) fn all<T>(
        &self,
        query: &str,
        values: impl Params,
        map: impl Fn(&dyn Row) -> Result<T>,
    ) -> Result<Vec<T>> {
        let mut all = Vec::new();
        self.for_each(query, values, |row| {
            all.push(map(row)?);
            Ok(())
        })?;
        Ok(all)
    }

    /// Passes on each row that a query finds.
    pub(crate) fn for_each(
        &self,
        query: &str,
        values: impl Params,
        mut take: impl FnMut(&dyn Row) -> Result<()>,
    ) -> Result<()> {
        let mut statement = self.inner.prepare_cached(query).map_err(write_failed)?;
        let mut rows = statement.query(values).map_err(write_failed)?;
        while let Some(row) = rows.next().map_err(write_failed)? {
            take(&WriterRow(row))?;
        }
        Ok(())
    }

    /// Returns the key of that digest as it is within this transaction.
    pub(crate) fn key(&self, digest: &KeyDigest) -> Option<KnownKey> {
        self.keys.key(digest)
    }

    /// Notes that this is the key of that digest from the commit on, or that there is none. Until then, everything
    /// outside of this transaction reads it from the database.
    pub(crate) fn set_key(&mut self, digest: KeyDigest, key: Option<KnownKey>) {
        self.keys.set(digest, key);
    }

    /// Returns how many calls are queued within this transaction.
    pub(crate) fn queued(&mut self) -> Result<u32> {
        const COUNT: &str = "select count(*) from calls where status = 'queued'";
        let queued = match self.queued {
            Some(queued) => queued,
            None => self.value(COUNT, [])?.unwrap_or_default(),
        };
        self.queued = Some(queued);
        Ok(queued)
    }

    /// Notes that a call went from one status to another; `None` if it was just recorded.
    pub(crate) fn moved(&mut self, from: Option<CallStatus>, to: CallStatus) {
        let (left, joined) = (from == Some(CallStatus::Queued), to == CallStatus::Queued);
        if let Some(queued) = &mut self.queued {
            *queued = (*queued + u32::from(joined)).saturating_sub(u32::from(left));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pragma_is_in_force() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        std::fs::File::create(&file).unwrap();
        let connection = open(&file).unwrap();
        let value = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
        // 2 is `full`, and `memory`.
        let expected = [
            ("synchronous", 2),
            ("foreign_keys", 1),
            ("temp_store", 2),
            ("wal_autocheckpoint", 2048),
        ];
        for (name, expected) in expected {
            assert_eq!(value(name), Ok(expected), "{name}");
        }
    }
}
