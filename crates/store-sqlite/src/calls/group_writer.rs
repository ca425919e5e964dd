use std::sync::Arc;

use ori_key::KeyDigest;
use ori_store::{KnownKey, Result, StoreError};
use rusqlite::Transaction;

use super::change::Change;
use super::late::Late;
use super::waiting::{Moves, Waiting};
use super::{accept, result, step};
use crate::api_keys;
use crate::checkpoint::Written;
use crate::convert::failed;
use crate::direct;
use crate::key_index::{KeyIndex, Told};
use crate::writer::{Held, Writer};

/// Writes groups of changes, one at a time.
pub(super) struct GroupWriter {
    writer: Writer,
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

/// How changes are written.
#[derive(Clone, Copy)]
enum How {
    /// Those that go without a look at what is there: whatever is asked for often.
    Directly,
    /// Those that may tell a webhook of what they change, and steps that moved no call without a look.
    Looking,
}

impl GroupWriter {
    pub(super) fn new(writer: Writer, keys: Arc<KeyIndex>, waiting: Arc<Waiting>, written: Written) -> Self {
        Self {
            writer,
            keys,
            waiting,
            written,
            late: None,
        }
    }

    /// Writes them, and those that come while others write, and tells what became of each.
    pub(super) async fn write(&mut self, mut changes: Vec<Change>, more: impl Iterator<Item = Change>) {
        if self.is_up_to_date() && changes.iter_mut().all(Change::catch_up) {
            tell(changes);
            return;
        }
        let mut held = match self.writer.hold().await {
            Ok(held) => held,
            Err(error) => return fail(changes, error),
        };
        changes.extend(more);
        let left = self.write_some(&mut held, changes, How::Directly).await;
        if left.is_empty() {
            held.release();
        } else {
            self.write_some(&mut held, left, How::Looking).await;
        }
    }

    /// Whether there is nothing that could be written late.
    fn is_up_to_date(&self) -> bool {
        self.late.as_ref().is_some_and(Late::is_empty)
    }

    /// Where the database is out, it is so for all. Where it does not take what one of them brings, each is written
    /// alone, so that the others do not suffer for it. Returns those that are to be written in another way.
    async fn write_some(&mut self, held: &mut Held, mut changes: Vec<Change>, how: How) -> Vec<Change> {
        match self.write_together(held, &mut changes, how).await {
            Ok(()) => return tell(changes),
            Err(error) => {
                // Nobody knows what was written.
                self.late = None;
                self.waiting.forget();
                if matches!(error, StoreError::Unavailable(_)) || changes.len() == 1 {
                    fail(changes, error);
                    return Vec::new();
                }
            }
        }
        let mut left = Vec::new();
        for change in changes {
            left.extend(Box::pin(self.write_some(held, vec![change], how)).await);
        }
        left
    }

    /// Changes that wait at the same time may be taken in any order: nobody who sent one has been told of another.
    async fn write_together(&mut self, held: &mut Held, changes: &mut [Change], how: How) -> Result<()> {
        match how {
            How::Directly => {
                let keys = self.keys_of(held, changes).await?;
                self.write_directly(held, changes, &keys)
            }
            How::Looking => self.write_looking(held, changes).await,
        }
    }

    /// What is known of the keys of the calls among them.
    async fn keys_of(&self, held: &mut Held, changes: &[Change]) -> Result<Vec<Option<KnownKey>>> {
        let mut keys = Vec::with_capacity(changes.len());
        for change in changes {
            if let Change::Accept(call) = change {
                keys.push(self.key(held, call.change.key).await?);
            }
        }
        Ok(keys)
    }

    /// Whoever holds the writer knows that no key is being changed just now. One may be in doubt since a change of
    /// which nobody learned what became: what the database tells is then so until the next change, which ends the doubt.
    async fn key(&self, held: &mut Held, digest: KeyDigest) -> Result<Option<KnownKey>> {
        match self.keys.look_up(&digest) {
            Told::Surely(key) => Ok(key),
            Told::InDoubt => {
                let known = api_keys::known(&mut **held, &digest).await?;
                self.keys.doubt(digest).settle(known.as_ref());
                Ok(known)
            }
        }
    }

    fn write_directly(
        &mut self,
        held: &mut Held,
        changes: &mut [Change],
        keys: &[Option<KnownKey>],
    ) -> Result<()> {
        if self.late.is_some() && !changes.iter().any(Change::is_direct) {
            return Ok(());
        }
        let transaction = direct::begin(held.direct())?;
        let late = match self.late.take() {
            Some(late) => late,
            None => self.find_out(&transaction)?,
        };
        let moves = Moves::default();
        let mut kept = Kept { late, moves };
        let mut keys = keys.iter();
        for change in &mut *changes {
            match change {
                Change::Accept(call) => {
                    let key = keys.next().and_then(Option::as_ref);
                    let accepted = accept::accept(&transaction, &call.change, key, &self.waiting, &mut kept)?;
                    call.outcome = Some(accepted);
                }
                Change::Step(step) if step::is_plain(&step.change) => {
                    let is_moved = step::try_plain(&transaction, &step.change, &mut kept.moves)?;
                    step.outcome = is_moved.then_some(true);
                }
                Change::Step(_) | Change::Result(_) => {}
                Change::CatchUp(all) => {
                    kept.late.index_all(&transaction)?;
                    all.outcome = Some(());
                }
            }
        }
        kept.late.index_some(&transaction)?;
        transaction.commit().map_err(direct::failed)?;
        self.late = Some(kept.late);
        self.waiting.moved(kept.moves);
        self.written.add(changes.len());
        Ok(())
    }

    /// Reads what is kept in memory.
    fn find_out(&self, transaction: &Transaction<'_>) -> Result<Late> {
        let mut late = Late::find(transaction)?;
        late.index_all(transaction)?;
        self.waiting.find(transaction)?;
        Ok(late)
    }

    async fn write_looking(&mut self, held: &mut Held, changes: &mut [Change]) -> Result<()> {
        if self.late.is_none() {
            self.write_directly(held, &mut [], &[])?;
        }
        let newest_indexed = self.late.as_ref().map(Late::newest_indexed).unwrap_or_default();
        let mut moves = Moves::default();
        let mut transaction = held.begin().await?;
        for change in &mut *changes {
            match change {
                Change::Step(step) => {
                    step.outcome = Some(step::take(&mut transaction, &step.change, &mut moves).await?);
                }
                Change::Result(result) => {
                    result.outcome =
                        Some(result::add(&mut transaction, &result.change, newest_indexed).await?);
                }
                Change::Accept(_) | Change::CatchUp(_) => {}
            }
        }
        transaction.commit().await.map_err(failed)?;
        self.waiting.moved(moves);
        self.written.add(changes.len());
        Ok(())
    }
}

/// Tells those that have an outcome; returns the others.
fn tell(changes: Vec<Change>) -> Vec<Change> {
    changes.into_iter().filter_map(Change::tell).collect()
}

/// Tells all of them that they failed.
fn fail(changes: Vec<Change>, error: StoreError) {
    let why = error.to_string();
    let is_fault = matches!(error, StoreError::Fault(_));
    let mut error = Some(error);
    for change in changes {
        let first = error.take();
        let again = || match is_fault {
            true => StoreError::Fault(why.clone().into()),
            false => StoreError::Unavailable(why.clone().into()),
        };
        change.fail(first.unwrap_or_else(again));
    }
}
