//! Calls enter the log's indexes late. To write a call's row is all that its acknowledgement waits for: what finds it
//! in the log, five indexes, and when its key was last used is written for many calls at once, which costs a fraction.
//! Whoever reads either has it done first.
//!
//! Only the newest calls are not indexed: one that is recorded with an older id than the newest that is indexed is
//! indexed at once. So they are found again after a crash by reading back from the newest.

use std::collections::BTreeSet;

use ori_store::Result;
use rusqlite::Transaction;
use uuid::Uuid;

use crate::direct;

/// The calls that are not indexed.
pub(super) struct Late {
    newest_indexed: Uuid,
    calls: BTreeSet<Uuid>,
}

impl Late {
    /// Finds them.
    pub(super) fn find(transaction: &Transaction<'_>) -> Result<Self> {
        const NEWEST: &str = "select id from calls where is_indexed = 1 order by id desc limit 1";
        const NEWER: &str = "select id from calls where id > ?1";
        let newest: Option<Uuid> = direct::find_one(transaction, NEWEST, [], |row| row.get(0))?;
        let newest_indexed = newest.unwrap_or_default();
        Ok(Self {
            newest_indexed,
            calls: direct::find_ids(transaction, NEWER, [newest_indexed])?,
        })
    }

    /// Whether that call is to be indexed later, which is to be recorded now.
    pub(super) fn add(&mut self, call: Uuid) -> bool {
        let is_late = call > self.newest_indexed;
        if is_late {
            self.calls.insert(call);
        }
        is_late
    }

    /// Every call behind that one is not indexed, and no other.
    pub(super) fn newest_indexed(&self) -> Uuid {
        self.newest_indexed
    }

    /// Whether there is none.
    pub(super) fn is_empty(&self) -> bool {
        self.calls.is_empty()
    }

    /// Indexes so many that few enough are left.
    pub(super) fn index_some(&mut self, transaction: &Transaction<'_>) -> Result<()> {
        if self.calls.len() < MANY + LEFT {
            return Ok(());
        }
        self.index(transaction, LEFT)
    }

    /// Indexes all of them.
    pub(super) fn index_all(&mut self, transaction: &Transaction<'_>) -> Result<()> {
        self.index(transaction, 0)
    }

    /// Indexes the oldest, so that so many are left.
    fn index(&mut self, transaction: &Transaction<'_>, left: usize) -> Result<()> {
        let Some(newest) = self.calls.iter().rev().nth(left).copied() else {
            return Ok(());
        };
        for statement in [NOTE_USES, INDEX] {
            direct::execute(transaction, statement, [self.newest_indexed, newest])?;
        }
        self.newest_indexed = newest;
        self.calls.retain(|call| *call > newest);
        Ok(())
    }
}

// Where one fails, all that was begun is given up: so nothing need be kept by which it alone could be undone.
const NOTE_USES: &str = "update or rollback api_keys set last_used_at = max(coalesce(last_used_at, 0), used.at) \
     from (select key_id, max(created_at) as at from calls where id > ?1 and id <= ?2 group by key_id) as used \
     where api_keys.id = used.key_id";
const INDEX: &str = "update or rollback calls set is_indexed = 1 where id > ?1 and id <= ?2";

/// More at once would gain little, and keep those waiting who write meanwhile.
const MANY: usize = 256;
/// Requests overtake each other: calls that are still to come may be a little older than the newest.
const LEFT: usize = 64;
