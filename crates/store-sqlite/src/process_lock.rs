//! One process at a time has the database: the key cache must hold all there is to know.

use std::fs::{File, TryLockError};
use std::path::Path;

use ori_store::{Result, StoreError};

/// Holds the database until it is released or the process ends, however it ends.
pub(crate) struct ProcessLock(File);

impl ProcessLock {
    /// Takes the database in that file.
    ///
    /// The lock is on a file beside it: closing the database's own file anywhere in the process would lose SQLite's own
    /// locks on it (SQLite, "How To Corrupt An SQLite Database File", section 2.2).
    pub(crate) fn take(database: &Path) -> Result<Self> {
        let unavailable = |error: std::io::Error| StoreError::Unavailable(error.into());
        if !database.exists() {
            File::create(database).map_err(unavailable)?;
        }
        // By whatever name the file is called, there is one lock.
        let database = database.canonicalize().map_err(unavailable)?;
        let file = database.with_added_extension("lock");
        let lock = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&file)
            .map_err(unavailable)?;
        crate::restrict_to_owner(&file)?;
        give_to_owner_of(&database, &lock);
        match lock.try_lock() {
            Ok(()) => Ok(Self(lock)),
            Err(TryLockError::WouldBlock) => Err(StoreError::Unavailable(IN_USE.into())),
            Err(TryLockError::Error(error)) => Err(unavailable(error)),
        }
    }

    /// Releases the database.
    pub(crate) fn release(&self) {
        // If that fails, the end of the process releases it.
        let _ = self.0.unlock();
    }
}

/// After root ran a command, the server must still get the lock. Another user owns both files, or fails at the database.
#[cfg(unix)]
fn give_to_owner_of(database: &Path, lock: &File) {
    use std::os::unix::fs::{MetadataExt as _, fchown};
    if let Ok(owned) = database.metadata() {
        let _ = fchown(lock, Some(owned.uid()), Some(owned.gid()));
    }
}

#[cfg(not(unix))]
fn give_to_owner_of(_database: &Path, _lock: &File) {}

const IN_USE: &str = "another process is using it: only one at a time can use a SQLite file";
