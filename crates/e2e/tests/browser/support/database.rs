//! The server's database, for what nothing else can bring about: that somebody is somebody else.

use std::path::{Path, PathBuf};

use chrono::DateTime;
use ori_shared::account::Role;
use ori_store::{Accounts as _, Store as _};
use ori_store_sqlite::SqliteStore;

/// The file of a server that runs.
pub(crate) struct Database {
    file: PathBuf,
}

impl Database {
    /// The one in that folder.
    pub(crate) fn within(folder: &Path) -> Self {
        Self {
            file: folder.join("ori.db"),
        }
    }

    /// What the server is told.
    pub(crate) fn url(&self) -> String {
        format!("sqlite://{}", self.file.display())
    }

    /// The account of that address has that role from now on.
    pub(crate) async fn give_role(&self, email: &str, role: Role) {
        let store = SqliteStore::open_beside(&self.file)
            .await
            .expect("the database opens");
        let known = store.credentials(email).await.expect("the accounts can be read");
        let account = known.expect("the account is there").account.id;
        assert!(
            store
                .set_role(account, role, DateTime::UNIX_EPOCH)
                .await
                .expect("the change is made")
        );
        store.close().await;
    }
}
