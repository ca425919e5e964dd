//! The one thread that writes, through the one connection that does.
//!
//! Changes that wait are written in one transaction and share one flush (group commit). Each is answered with its own
//! outcome after the commit. A change that was handed in is finished, also if its caller no longer waits for it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

use ori_store::{Result, StoreError};
use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use crate::api_keys::KeyCache;
use crate::transaction::{self, Queued, Transaction};
use crate::wal_checkpoint::CommitCounter;

/// The most changes in one transaction: more would gain little and delay the first.
const MAX_GROUP: usize = 64;
/// Maximum wait of a change for the start of its transaction.
const MAX_WAIT: Duration = Duration::from_secs(5);
/// A group that takes longer is logged.
const SLOW: Duration = Duration::from_secs(1);

/// Sends changes to the writer thread.
pub(crate) struct Writer {
    /// `None` once it is closed.
    changes: Mutex<Option<mpsc::UnboundedSender<Box<dyn Change>>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

/// A change that waits to be written.
trait Change: Send {
    /// Makes the change. If another change of the group fails, it is made again in another transaction.
    fn apply(&mut self, transaction: &mut Transaction<'_>) -> Result<()>;

    /// Returns when it was handed in.
    fn since(&self) -> Instant;

    /// Sends the outcome to the caller: that of `apply`, or why it was not committed.
    fn answer(self: Box<Self>, committed: Result<()>);
}

struct Pending<F, T> {
    change: F,
    outcome: Option<T>,
    since: Instant,
    reply: oneshot::Sender<Result<T>>,
}

impl Writer {
    /// Starts the thread, which writes to an existing file. It ends when this is closed or dropped.
    pub(crate) fn start(file: PathBuf, keys: Arc<KeyCache>, commits: CommitCounter) -> Result<Self> {
        let connection = transaction::open(&file)?;
        let mut thread = WriterThread {
            file,
            connection: Some(connection),
            keys,
            queued: None,
            commits,
        };
        let (changes, mut handed_in) = mpsc::unbounded_channel();
        let thread = Builder::new()
            .name("sqlite-writer".into())
            .spawn(move || thread.run(&mut handed_in))
            .map_err(|error| StoreError::Unavailable(error.into()))?;
        Ok(Self {
            changes: Mutex::new(Some(changes)),
            thread: Mutex::new(Some(thread)),
        })
    }

    /// Makes a change and returns its outcome once it is on the disk.
    ///
    /// # Errors
    /// [`StoreError::Indeterminate`] if the thread panicked while it had the change. After any other error, nothing was
    /// changed.
    pub(crate) async fn write<T, F>(&self, change: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnMut(&mut Transaction<'_>) -> Result<T> + Send + 'static,
    {
        let outcome = self.hand_in(change)?.await;
        outcome.map_err(|dropped| StoreError::Indeterminate(dropped.into()))?
    }

    /// Hands a change in.
    pub(crate) fn hand_in<T, F>(&self, change: F) -> Result<oneshot::Receiver<Result<T>>>
    where
        T: Send + 'static,
        F: FnMut(&mut Transaction<'_>) -> Result<T> + Send + 'static,
    {
        let (reply, outcome) = oneshot::channel();
        let pending = Pending {
            change,
            outcome: None,
            since: Instant::now(),
            reply,
        };
        let closed = || StoreError::Unavailable("the store is closed".into());
        let changes = self.changes.lock().unwrap_or_else(PoisonError::into_inner);
        let changes = changes.as_ref().ok_or_else(closed)?;
        changes.send(Box::new(pending)).map_err(|_| closed())?;
        Ok(outcome)
    }

    /// Returns when the thread has answered: it lives, and the database can be written to.
    pub(crate) async fn ping(&self) -> Result<()> {
        tokio::time::timeout(MAX_WAIT, self.write(|_| Ok(())))
            .await
            .map_err(|late| StoreError::Unavailable(late.into()))?
    }

    /// Finishes what was handed in and ends the thread.
    pub(crate) async fn close(&self) {
        drop(self.changes.lock().unwrap_or_else(PoisonError::into_inner).take());
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            // It has contained its panics.
            drop(tokio::task::spawn_blocking(|| thread.join()).await);
        }
    }
}

impl<F, T> Change for Pending<F, T>
where
    T: Send,
    F: FnMut(&mut Transaction<'_>) -> Result<T> + Send,
{
    fn apply(&mut self, transaction: &mut Transaction<'_>) -> Result<()> {
        self.outcome = Some((self.change)(transaction)?);
        Ok(())
    }

    fn since(&self) -> Instant {
        self.since
    }

    fn answer(self: Box<Self>, committed: Result<()>) {
        let Self { outcome, reply, .. } = *self;
        let unapplied = || StoreError::Fault("a change was committed without being made".into());
        // The caller may be gone.
        drop(reply.send(committed.and_then(|()| outcome.ok_or_else(unapplied))));
    }
}

type Changes = mpsc::UnboundedReceiver<Box<dyn Change>>;

struct WriterThread {
    file: PathBuf,
    /// `None` if it is to be opened again.
    connection: Option<Connection>,
    keys: Arc<KeyCache>,
    queued: Queued,
    commits: CommitCounter,
}

impl WriterThread {
    /// Writes until nothing can be handed in any more. After a panic, the callers of the changes in hand get no outcome,
    /// and the changes that follow are written.
    fn run(&mut self, changes: &mut Changes) {
        while catch_unwind(AssertUnwindSafe(|| self.write_all(changes))).is_err() {
            tracing::error!("the SQLite writer panicked; it is started again");
            self.reset();
        }
    }

    fn write_all(&mut self, changes: &mut Changes) {
        let mut group = Vec::with_capacity(MAX_GROUP);
        while changes.blocking_recv_many(&mut group, MAX_GROUP) > 0 {
            let (count, begun) = (group.len(), Instant::now());
            self.write(std::mem::take(&mut group));
            let took = begun.elapsed();
            if took >= SLOW {
                tracing::warn!(changes = count, ?took, "writing to the database takes long");
            }
        }
    }

    /// Writes a group. If the database does not take what one change brings, each is written in a transaction of its own,
    /// so that no other fails with it. If the database is unavailable, all of them fail.
    fn write(&mut self, group: Vec<Box<dyn Change>>) {
        let (mut group, late): (Vec<_>, Vec<_>) = group
            .into_iter()
            .partition(|change| change.since().elapsed() < MAX_WAIT);
        fail(
            late,
            &StoreError::Unavailable("too many changes wait to be written".into()),
        );
        match self.commit(&mut group) {
            Ok(()) => group.into_iter().for_each(|change| change.answer(Ok(()))),
            Err(StoreError::Fault(_)) if group.len() > 1 => self.write_each(group),
            Err(error) => fail(group, &error),
        }
    }

    fn write_each(&mut self, group: Vec<Box<dyn Change>>) {
        let mut rest = group.into_iter();
        while let Some(mut change) = rest.next() {
            match self.commit(std::slice::from_mut(&mut change)) {
                Err(error @ StoreError::Unavailable(_)) => {
                    return fail([change].into_iter().chain(rest), &error);
                }
                committed => change.answer(committed),
            }
        }
    }

    /// Makes the changes in one transaction. After an error, nothing was changed.
    fn commit(&mut self, group: &mut [Box<dyn Change>]) -> Result<()> {
        let committed = self.try_commit(group);
        match committed {
            Ok(queued) => {
                self.queued = queued;
                self.commits.add(group.len());
            }
            Err(_) => self.reset(),
        }
        committed.map(|_| ())
    }

    fn try_commit(&mut self, group: &mut [Box<dyn Change>]) -> Result<Queued> {
        let connection = match &mut self.connection {
            Some(connection) => connection,
            closed => closed.insert(transaction::open(&self.file)?),
        };
        let mut transaction = Transaction::begin(connection, &self.keys, self.queued)?;
        for change in group {
            change.apply(&mut transaction)?;
        }
        transaction.commit()
    }

    /// Forgets what may not be as it is in the database. A transaction that could not be rolled back ends with its
    /// connection.
    fn reset(&mut self) {
        self.queued = None;
        if !self.connection.as_ref().is_some_and(Connection::is_autocommit) {
            self.connection = None;
        }
    }
}

/// Answers each with the error.
fn fail(changes: impl IntoIterator<Item = Box<dyn Change>>, error: &StoreError) {
    for change in changes {
        change.answer(Err(error.repeat()));
    }
}
