use std::sync::Arc;

use ori_store::{CallStep, Result, StoreError};
use sqlx::sqlite::SqliteConnection;

use super::batch::Batch;
use super::change::{Change, Outcomes};
use super::late::Late;
use super::waiting::{Moves, Waiting};
use super::{accept, result, step};
use crate::checkpoint::Written;
use crate::convert::get;
use crate::key_index::KeyIndex;
use crate::writer::{Held, Writer};

/// Writes groups of changes, one at a time.
pub(super) struct GroupWriter {
    writer: Writer,
    keys: Arc<KeyIndex>,
    waiting: Arc<Waiting>,
    written: Written,
    /// The writer, where it was waited for beforehand.
    turn: Option<Result<Held>>,
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

/// How steps are taken.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Steps {
    /// Where the database moves the call by itself.
    Tried,
    /// After a look where the call stands.
    Looked,
}

impl GroupWriter {
    pub(super) fn new(writer: Writer, keys: Arc<KeyIndex>, waiting: Arc<Waiting>, written: Written) -> Self {
        Self {
            writer,
            keys,
            waiting,
            written,
            turn: None,
            late: None,
        }
    }

    /// Waits for the writer, if these changes need it; says whether others may go along.
    pub(super) async fn prepare(&mut self, changes: &[Change]) -> bool {
        if self.is_nothing(changes) {
            return false;
        }
        let turn = self.writer.hold().await;
        self.turn.insert(turn).is_ok()
    }

    /// Writes them together, steps without a look where their calls stand; then those that moved none, with one.
    pub(super) async fn write(&mut self, changes: Vec<Change>) {
        let unmoved = self.write_steps(changes, Steps::Tried).await;
        if !unmoved.is_empty() {
            self.write_steps(unmoved, Steps::Looked).await;
        }
    }

    /// Where the database is out, it is so for all. Where it does not take what one of them brings, each is written
    /// alone, so that the others do not suffer for it. Returns those of which nothing is known.
    async fn write_steps(&mut self, mut changes: Vec<Change>, how: Steps) -> Vec<Change> {
        match self.write_together(&changes, how).await {
            Ok(outcomes) => return outcomes.tell(changes),
            Err(error) if changes.len() == 1 => changes.remove(0).fail(error),
            Err(StoreError::Unavailable(why)) => {
                let why = why.to_string();
                for change in changes {
                    change.fail(StoreError::Unavailable(why.clone().into()));
                }
            }
            Err(StoreError::Fault(_)) => {
                for change in changes {
                    Box::pin(self.write_steps(vec![change], Steps::Looked)).await;
                }
            }
        }
        Vec::new()
    }

    async fn write_together(&mut self, changes: &[Change], how: Steps) -> Result<Outcomes> {
        if self.is_nothing(changes) {
            return Ok(Outcomes::default());
        }
        let mut writer = match self.turn.take() {
            Some(turn) => turn?,
            None => self.writer.hold().await?,
        };
        // What it begins, sqlx knows nothing of.
        writer.lose_unless_released();
        let late = self.late.take();
        let written = self.write_on(&mut writer, late, changes, how).await;
        if written.is_ok() {
            writer.release();
        } else {
            // Nobody knows what was written.
            self.waiting.forget();
        }
        written
    }

    /// Whether there is nothing to write.
    fn is_nothing(&self, changes: &[Change]) -> bool {
        changes.iter().all(Change::is_catch_up) && self.late.as_ref().is_some_and(Late::is_empty)
    }

    /// Changes that wait at the same time may be taken in any order: nobody who sent one has been told of another.
    async fn write_on(
        &mut self,
        connection: &mut SqliteConnection,
        late: Option<Late>,
        changes: &[Change],
        how: Steps,
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
        let steps: Vec<_> = changes.iter().filter_map(Change::step).collect();
        let is_tried = |step: &&CallStep| how == Steps::Tried && step::is_plain(step);
        let (tried, looked): (Vec<_>, Vec<_>) = steps.iter().copied().partition(is_tried);
        let mut moved = step::step(&mut batch, connection, &looked, &mut kept.moves).await?;
        let calls: Vec<_> = changes.iter().filter_map(Change::call).collect();
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
        step::push_plain(&mut batch, &tried);
        kept.late.index_some(&mut batch);
        for row in batch.commit(connection).await? {
            moved.insert(get(&row, 0)?, true);
        }
        for step in tried.iter().filter(|step| moved.contains_key(&step.call)) {
            kept.moves.step(step.call, step.from[0], step.to);
        }
        self.waiting.moved(kept.moves);
        self.written.add(changes.len());
        self.late = Some(kept.late);
        Ok(Outcomes {
            accepted,
            moved: steps.iter().map(|step| moved.get(&step.call).copied()).collect(),
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
