//! PgBouncer in front of a throw-away server, for tests.

#![expect(clippy::expect_used, reason = "in a test, a panic is the report")]

use std::env;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::test_cluster::{RUN, Unprivileged, free_port};

/// A PgBouncer of its own. It ends when this is dropped, and with the process, however that ends.
pub struct Pooler {
    /// A shell that waits for the end of its input, which only this process holds, and then ends the pooler.
    _guard: Child,
    _folder: TempDir,
    port: u16,
    database: String,
}

impl Pooler {
    /// Starts PgBouncer with that `pool_mode`, and nothing else set, in front of the database at an address that
    /// [`Cluster::database`](crate::test_cluster::Cluster::database) returned.
    ///
    /// # Panics
    /// Returns an error if PgBouncer is not installed or does not start.
    #[must_use]
    pub fn start(pool_mode: &str, address: &str) -> Self {
        let (before, socket_folder) = address.split_once("?host=").expect("an address with a socket");
        let (_, database) = before.rsplit_once('/').expect("an address with a database");
        let folder = tempfile::tempdir().expect("a folder");
        let port = free_port();
        let settings = format!(
            "[databases]\n* = host={socket_folder} port=5432 user=ori\n\
             [pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n\
             auth_type = any\npool_mode = {pool_mode}\nlogfile = {}\n",
            folder.path().join("log").display()
        );
        let user = Unprivileged::find();
        let file = folder.path().join("pgbouncer.ini");
        user.write(&file, &settings);
        user.own(folder.path());
        let guard = user
            .command(Path::new("sh"))
            .args(["-c", RUN, "sh"])
            .arg(folder.path())
            .arg(program())
            .arg("--quiet")
            .arg(&file)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .expect("the pooler starts");
        let deadline = Instant::now() + Duration::from_secs(60);
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(Instant::now() < deadline, "the pooler does not answer");
            std::thread::sleep(Duration::from_millis(20));
        }
        Self {
            _guard: guard,
            _folder: folder,
            port,
            database: database.to_owned(),
        }
    }

    /// The address of the database through the pooler.
    #[must_use]
    pub fn url(&self) -> String {
        format!("postgres://ori@127.0.0.1:{}/{}", self.port, self.database)
    }
}

/// Returns the program on PATH, or in Debian's folder.
fn program() -> PathBuf {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path)
        .chain([PathBuf::from("/usr/sbin")])
        .map(|folder| folder.join("pgbouncer"))
        .find(|program| program.is_file())
        .expect("PgBouncer is installed: see `cargo xtask setup`")
}
