//! The server's database, for what nothing else can bring about: that time has passed, or that somebody is somebody else.

use std::path::{Path, PathBuf};

use chrono::DateTime;
use ori_shared::account::Role;
use ori_store::{Accounts as _, ApiKeyChange, ApiKeyQuery, ApiKeys as _, Store as _};
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

    /// The key of that name has just expired, whatever the clock says.
    pub(crate) async fn expire(&self, name: &str) {
        let store = self.open().await;
        let query = ApiKeyQuery {
            search: name.to_owned(),
            after: None,
            limit: 1,
            sorted: None,
        };
        let key = store
            .list_api_keys(query)
            .await
            .expect("the keys can be read")
            .rows
            .remove(0);
        let change = ApiKeyChange {
            expires_at: Some(Some(key.created_at)),
            ..ApiKeyChange::default()
        };
        let changed = store.change_api_key(key.id, change, key.updated_at).await;
        assert!(changed.expect("the change is made").is_some(), "the key is there");
        store.close().await;
    }

    /// The account of that address has that role from now on.
    pub(crate) async fn give_role(&self, email: &str, role: Role) {
        let store = self.open().await;
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

    async fn open(&self) -> SqliteStore {
        SqliteStore::open(&self.file).await.expect("the database opens")
    }
}
