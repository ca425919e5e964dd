//! The server's database, for what nothing else can bring about: that time has passed, or that somebody is somebody else.

use std::path::{Path, PathBuf};

use sqlx::sqlite::{SqliteArguments, SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions as _, Connection as _};

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
        let update = sqlx::query("update api_keys set expires_at = created_at + 1 where name = ?")
            .bind(name.to_owned());
        self.change_one(update).await;
    }

    /// The account of that address has that role from now on.
    pub(crate) async fn give_role(&self, email: &str, role: &str) {
        let update = sqlx::query("update accounts set role = ? where email = ?")
            .bind(role.to_owned())
            .bind(email.to_owned());
        self.change_one(update).await;
    }

    async fn change_one(&self, update: sqlx::query::Query<'static, sqlx::Sqlite, SqliteArguments>) {
        let options = SqliteConnectOptions::new().filename(&self.file);
        let mut connection: SqliteConnection = options.connect().await.expect("the database opens");
        let changed = update.execute(&mut connection).await.expect("the change is made");
        assert_eq!(changed.rows_affected(), 1, "one row is meant");
        connection.close().await.expect("the database closes");
    }
}
