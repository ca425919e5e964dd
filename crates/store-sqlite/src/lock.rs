//! One process at a time has the database: what it knows of the keys in memory must be all there is to know.

use std::fs::{File, TryLockError};
use std::path::Path;

use ori_store::{Result, StoreError};

/// Holds the database until it is let go or the process ends, however it ends.
pub(crate) struct Lock(File);

impl Lock {
    /// Takes the database of that file.
    ///
    /// The lock is on a file beside it: to close the database's own file anywhere in the process would lose SQLite's
    /// own locks on it (SQLite, "How To Corrupt An SQLite Database File", section 2.2).
    pub(crate) fn take(database: &Path) -> Result<Self> {
        let file = database.with_added_extension("lock");
        let unavailable = |error: std::io::Error| StoreError::Unavailable(error.into());
        let lock = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&file)
            .map_err(unavailable)?;
        crate::restrict_to_owner(&file)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self(lock)),
            Err(TryLockError::WouldBlock) => Err(StoreError::Unavailable(IN_USE.into())),
            Err(TryLockError::Error(error)) => Err(unavailable(error)),
        }
    }

    /// Lets the database go.
    pub(crate) fn release(&self) {
        // Where that fails, the end of the process lets it go.
        let _ = self.0.unlock();
    }
}

const IN_USE: &str = "another process is using it: only one at a time can use a SQLite file";
