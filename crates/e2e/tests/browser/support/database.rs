//! Direct access to the server's database, for changes that the API does not offer, such as another role.

use std::path::{Path, PathBuf};

use chrono::DateTime;
use ori_shared::account::Role;
use ori_store::{Accounts as _, Store as _};
use ori_store_sqlite::SqliteStore;

/// Database file of a running server.
pub(crate) struct Database {
    file: PathBuf,
}

impl Database {
    /// Returns the database in the folder.
    pub(crate) fn within(folder: &Path) -> Self {
        Self {
            file: folder.join("ori.db"),
        }
    }

    /// Returns the database URL for the server's configuration.
    pub(crate) fn url(&self) -> String {
        format!("sqlite://{}", self.file.display())
    }

    /// Changes the role of the account with this email.
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
