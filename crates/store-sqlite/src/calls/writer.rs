use std::sync::Arc;

use ori_store::{Result, StoreError};
use sqlx::sqlite::{SqliteConnection, SqlitePool};

use super::batch::Batch;
use super::change::{Change, Outcomes};
use super::late::Late;
use super::waiting::{Moves, Waiting};
use super::{accept, result, step};
use crate::checkpoint::Written;
use crate::convert::failed;
use crate::key_index::KeyIndex;

/// Writes groups of changes, one at a time.
pub(super) struct Writer {
    pool: SqlitePool,
    keys: Arc<KeyIndex>,
    waiting: Arc<Waiting>,
    written: Written,
    /// Not known while a group is being written, nor where nobody learned whether one was; nor then is who waits.
    late: Option<Late>,
}

/// What is kept in memory, as it is once the transaction has been committed.
pub(super) struct Kept {
    /// The calls that are not indexed.
    pub(super) late: Late,
    /// Who waits, and who no longer does.
    pub(super) moves: Moves,
}

impl Writer {
    pub(super) fn new(
        pool: SqlitePool,
        keys: Arc<KeyIndex>,
        waiting: Arc<Waiting>,
        written: Written,
    ) -> Self {
        Self {
            pool,
            keys,
            waiting,
            written,
            late: None,
        }
    }

    /// Writes them together. Where the database is out, it is so for all. Where it does not take what one of them brings,
    /// each is written alone, so that the others do not suffer for it.
    pub(super) async fn write(&mut self, mut changes: Vec<Change>) {
        match self.write_together(&changes).await {
            Ok(outcomes) => outcomes.tell(changes),
            Err(error) if changes.len() == 1 => changes.remove(0).fail(error),
            Err(StoreError::Unavailable(why)) => {
                let why = why.to_string();
                for change in changes {
                    change.fail(StoreError::Unavailable(why.clone().into()));
                }
            }
            Err(StoreError::Fault(_)) => {
                for change in changes {
                    Box::pin(self.write(vec![change])).await;
                }
            }
        }
    }

    async fn write_together(&mut self, changes: &[Change]) -> Result<Outcomes> {
        if changes.iter().all(Change::is_catch_up) && self.late.as_ref().is_some_and(Late::is_empty) {
            return Ok(Outcomes::default());
        }
        let late = self.late.take();
        let mut connection = self.pool.acquire().await.map_err(failed)?;
        let written = self.write_on(&mut connection, late, changes).await;
        if written.is_err() {
            // Nobody knows what was written. What was begun ends with the connection.
            self.waiting.forget();
            drop(connection.close().await);
        }
        written
    }

    /// Changes that wait at the same time may be taken in any order: nobody who sent one has been told of another.
    async fn write_on(
        &mut self,
        connection: &mut SqliteConnection,
        late: Option<Late>,
        changes: &[Change],
    ) -> Result<Outcomes> {
        let mut batch = Batch::new(changes.len());
        let mut kept = Kept {
            late: match late {
                Some(late) => late,
                None => self.find_out(&mut batch, connection).await?,
            },
            moves: Moves::default(),
        };
        if changes.iter().any(Change::is_catch_up) {
            kept.late.index_all(&mut batch);
        }
        let calls: Vec<_> = changes.iter().filter_map(Change::call).collect();
        let steps: Vec<_> = changes.iter().filter_map(Change::step).collect();
        let moved = step::step(&mut batch, connection, &steps, &mut kept.moves).await?;
        let accepted = accept::accept(
            &mut batch,
            connection,
            &self.keys,
            &calls,
            &self.waiting,
            &mut kept,
        )
        .await?;
        let mut added = Vec::new();
        for told in changes.iter().filter_map(Change::result) {
            batch.send(connection).await?;
            added.push(result::add(connection, told, &kept.late).await?);
        }
        kept.late.index_some(&mut batch);
        batch.commit(connection).await?;
        self.waiting.moved(kept.moves);
        self.written.add(changes.len());
        self.late = Some(kept.late);
        Ok(Outcomes {
            accepted,
            moved,
            added,
        })
    }

    /// Reads what is kept in memory.
    async fn find_out(&self, batch: &mut Batch, connection: &mut SqliteConnection) -> Result<Late> {
        batch.send(connection).await?;
        let mut late = Late::find(connection).await?;
        late.index_all(batch);
        batch.send(connection).await?;
        self.waiting.find(connection).await?;
        Ok(late)
    }
}
