use std::sync::Arc;
use std::time::{Duration, Instant};

use ori_key::KeyDigest;
use ori_store::{KnownKey, Result, StoreError};
use rusqlite::{Connection, Transaction};

use super::change::Change;
use super::late::Late;
use super::waiting::{Moves, Waiting};
use super::{accept, result, step};
use crate::api_keys;
use crate::checkpoint::Written;
use crate::convert::{corrupt, failed};
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
    /// Calls that are asked for, and plain steps, on the direct connection.
    Directly,
    /// What may tell a webhook of what it changes, and steps that moved no call, on that of sqlx: they read calls, as
    /// lists do.
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
        if self.is_up_to_date() && changes.iter().all(Change::is_catch_up) {
            changes.iter_mut().for_each(Change::catch_up);
            tell(changes);
            return;
        }
        let held = match self.writer.hold().await {
            Ok(held) => held,
            Err(error) => return fail(changes, error),
        };
        changes.extend(more);
        let (count, begun) = (changes.len(), Instant::now());
        if changes.iter().any(Change::is_direct) {
            let left = self.write_some(Some(held), changes, How::Directly).await;
            if !left.is_empty() {
                self.write_some(None, left, How::Looking).await;
            }
        } else {
            self.write_some(Some(held), changes, How::Looking).await;
        }
        let took = begun.elapsed();
        if took >= SLOW {
            tracing::warn!(changes = count, ?took, "it takes long to write changes of calls");
        }
    }

    /// Whether there is nothing that could be written late.
    fn is_up_to_date(&self) -> bool {
        self.late.as_ref().is_some_and(Late::is_empty)
    }

    /// Where the database is out, it is so for all. Where it does not take what one of them brings, each is written
    /// alone, so that the others do not suffer for it. Returns those that are to be written in another way.
    async fn write_some(&mut self, held: Option<Held>, mut changes: Vec<Change>, how: How) -> Vec<Change> {
        let mut left = Vec::new();
        match self.write_together(held, &mut changes, how).await {
            Ok(()) => {
                let count = changes.len();
                left = tell(changes);
                self.written.add(count - left.len());
            }
            Err(StoreError::Fault(_)) if changes.len() > 1 => left = self.write_each(changes, how).await,
            Err(error) => fail(changes, error),
        }
        left
    }

    async fn write_each(&mut self, changes: Vec<Change>, how: How) -> Vec<Change> {
        let mut left = Vec::new();
        let mut changes = changes.into_iter();
        while let Some(change) = changes.next() {
            let mut alone = [change];
            let written = self.write_together(None, &mut alone, how).await;
            let [change] = alone;
            match written {
                Ok(()) => left.extend(change.tell()),
                Err(error @ StoreError::Fault(_)) => change.fail(error),
                // So it is for those behind, who must not wait for it one by one.
                Err(error) => fail([change].into_iter().chain(changes.by_ref()).collect(), error),
            }
        }
        left
    }

    /// Changes that wait at the same time may be taken in any order: nobody who sent one has been told of another.
    async fn write_together(&mut self, held: Option<Held>, changes: &mut [Change], how: How) -> Result<()> {
        let mut held = match held {
            Some(held) => held,
            None => self.writer.hold().await?,
        };
        let written = match how {
            How::Directly => self.write_directly(held.direct(), changes),
            How::Looking => self.write_looking(&mut held, changes).await,
        };
        if written.is_ok() {
            held.release();
        } else {
            // Nobody knows what was written.
            self.late = None;
            self.waiting.forget();
        }
        written
    }

    fn write_directly(&mut self, connection: &mut Connection, changes: &mut [Change]) -> Result<()> {
        let transaction = direct::begin(connection)?;
        let late = match self.late.take() {
            Some(late) => late,
            None => self.find_out(&transaction)?,
        };
        let moves = Moves::default();
        let mut kept = Kept { late, moves };
        for change in changes {
            match change {
                Change::Admit(dialout) => {
                    let key = self.key(&transaction, dialout.change.call.key)?;
                    let admission =
                        accept::admit(&transaction, &dialout.change, key, &self.waiting, &mut kept)?;
                    dialout.outcome = Some(admission);
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
        Ok(())
    }

    /// Who holds the writer knows that no key is being changed. One may be in doubt since a change of which nobody learned
    /// what became: what the database tells is then so until the next change, which ends the doubt.
    fn key(&self, transaction: &Transaction<'_>, digest: KeyDigest) -> Result<Option<KnownKey>> {
        match self.keys.look_up(&digest) {
            Told::Surely(key) => Ok(key),
            Told::InDoubt => {
                let known = api_keys::known_within(transaction, &digest)?;
                self.keys.doubt(digest).settle(known.as_ref());
                Ok(known)
            }
        }
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
            self.write_directly(held.direct(), &mut [])?;
        }
        let late = self.late.as_ref();
        let newest_indexed = late
            .map(Late::newest_indexed)
            .ok_or_else(|| corrupt("it is not known which calls are indexed"))?;
        let mut moves = Moves::default();
        let mut transaction = held.begin().await?;
        for change in changes {
            match change {
                Change::Step(step) => {
                    step.outcome = Some(step::take(&mut transaction, &step.change, &mut moves).await?);
                }
                Change::Result(result) => {
                    result.outcome =
                        Some(result::add(&mut transaction, &result.change, newest_indexed).await?);
                }
                Change::Admit(_) | Change::CatchUp(_) => {}
            }
        }
        transaction.commit().await.map_err(failed)?;
        self.waiting.moved(moves);
        Ok(())
    }
}

/// A group that takes longer is worth a line in the log.
const SLOW: Duration = Duration::from_secs(1);

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
