//! Throw-away PostgreSQL servers, for tests.

#![expect(clippy::expect_used, reason = "in a test, a panic is the report")]

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use sqlx::{Connection as _, PgConnection};
use tempfile::TempDir;

/// A PostgreSQL server of its own, reached through a socket in its own folder. It ends when this is dropped, and with
/// the process, however that ends.
pub struct Cluster {
    /// A shell that waits for the end of its input, which only this process holds, and then ends the server.
    _guard: Child,
    folder: TempDir,
    databases: AtomicU32,
    /// Port of an additional listener, which requires TLS.
    port: Option<u16>,
}

/// Certificate and key of a server, in PEM.
#[derive(Clone, Copy)]
pub struct Identity<'a> {
    /// Its certificate.
    pub certificate: &'a str,
    /// The certificate's key.
    pub key: &'a str,
}

/// Whether what was acknowledged survives a crash of the machine.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// Same settings as in production.
    Full,
    /// Nothing is forced to the disk: quicker, for tests that crash nothing.
    None,
}

impl Cluster {
    /// Makes a server and waits until it answers.
    ///
    /// # Panics
    /// Returns an error if PostgreSQL is not installed or does not start.
    #[must_use]
    pub fn start(durability: Durability) -> Self {
        Self::build(durability, None)
    }

    /// Creates a server that also listens on a port of 127.0.0.1, with a certificate.
    ///
    /// # Panics
    /// Returns an error if PostgreSQL is not installed or does not start.
    #[must_use]
    pub fn start_with_tls(identity: Identity) -> Self {
        Self::build(Durability::None, Some(identity))
    }

    fn build(durability: Durability, identity: Option<Identity>) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let user = Unprivileged::find();
        user.own(folder.path());
        let data = folder.path().join("data");
        let initdb = user
            .command(&program("initdb"))
            .args([
                "--auth=trust",
                "--username=ori",
                "--encoding=UTF8",
                "--locale=C",
                "--no-sync",
                "--pgdata",
            ])
            .arg(&data)
            .output()
            .expect("initdb starts");
        assert!(
            initdb.status.success(),
            "{}",
            String::from_utf8_lossy(&initdb.stderr)
        );
        let mut server = user.command(Path::new("sh"));
        server
            .args(["-c", RUN, "sh"])
            .arg(folder.path())
            .arg(program("postgres"))
            .arg("-D")
            .arg(&data)
            .args([
                "-c",
                "listen_addresses=",
                "-c",
                "max_connections=300",
                "-c",
                "unix_socket_directories=.",
                "-c",
                "log_line_prefix=%m [%p] %d ",
            ])
            .current_dir(folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(fs::File::create(folder.path().join("log")).expect("a log"));
        let port = identity.map(|identity| {
            user.write(&data.join("server.crt"), identity.certificate);
            user.write(&data.join("server.key"), identity.key);
            let port = free_port();
            server.args(["-c", "ssl=on", "-c", "listen_addresses=127.0.0.1", "-p"]);
            server.arg(port.to_string());
            port
        });
        if durability == Durability::None {
            server.args(["-c", "fsync=off", "-c", "full_page_writes=off"]);
        }
        let cluster = Self {
            _guard: server.spawn().expect("the server starts"),
            folder,
            databases: AtomicU32::new(0),
            port,
        };
        cluster.wait();
        cluster
    }

    /// Creates an empty database and returns its URL.
    ///
    /// # Panics
    /// Returns the error of the server.
    pub async fn database(&self) -> String {
        let name = format!("ori_{}", self.databases.fetch_add(1, Ordering::SeqCst));
        let mut connection = PgConnection::connect(&self.address("postgres"))
            .await
            .expect("a connection");
        let create = sqlx::AssertSqlSafe(format!("create database {name}"));
        sqlx::raw_sql(create)
            .execute(&mut connection)
            .await
            .expect("a database");
        connection.close().await.expect("it ends well");
        self.address(&name)
    }

    /// The port of 127.0.0.1 on which it answers under TLS.
    #[must_use]
    pub fn port(&self) -> Option<u16> {
        self.port
    }

    /// Log of the server; each line names the database that it is about.
    ///
    /// # Panics
    /// Returns an error if its log cannot be read.
    #[must_use]
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).expect("a log")
    }

    fn address(&self, database: &str) -> String {
        format!(
            "postgres://ori@localhost:{}/{database}?host={}",
            self.port.unwrap_or(5432),
            self.folder.path().join("data").display()
        )
    }

    fn wait(&self) {
        let pid_file = self.folder.path().join("data/postmaster.pid");
        let is_ready = || fs::read_to_string(&pid_file).is_ok_and(|text| text.contains("ready"));
        let deadline = Instant::now() + PATIENCE;
        while !is_ready() {
            assert!(
                Instant::now() < deadline,
                "the server does not answer: {}",
                self.log()
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    listener.local_addr().expect("its number").port()
}

/// Runs a program until this script's input ends, and then removes the folder that it is named first.
pub(crate) const RUN: &str = r#"folder=$1; shift; "$@" & server=$!; cat > /dev/null; kill -INT $server; wait $server; rm -rf "$folder""#;

/// The program of PostgreSQL in the folder of `ORI_POSTGRES_BIN`, or on PATH.
///
/// # Panics
/// Returns an error if it is not installed.
#[must_use]
pub fn program(name: &str) -> PathBuf {
    let named = env::var_os("ORI_POSTGRES_BIN").map(PathBuf::from);
    let path = env::var_os("PATH").unwrap_or_default();
    let found = named
        .into_iter()
        .chain(env::split_paths(&path))
        .map(|folder| folder.join(name))
        .find(|program| program.is_file());
    found.expect(
        "PostgreSQL is installed, and ORI_POSTGRES_BIN names its programs' folder: see `cargo xtask setup`",
    )
}

/// PostgreSQL refuses to run as root: then it runs as a user without rights.
pub(crate) struct Unprivileged(Option<(u32, u32)>);

impl Unprivileged {
    pub(crate) fn find() -> Self {
        use std::os::unix::fs::MetadataExt as _;
        let me = fs::metadata("/proc/self").expect("proc").uid();
        Self((me == 0).then_some(NOBODY))
    }

    pub(crate) fn own(&self, folder: &Path) {
        if let Some((user, group)) = self.0 {
            std::os::unix::fs::chown(folder, Some(user), Some(group)).expect("root may");
        }
    }

    /// Writes a file that only that user reads.
    pub(crate) fn write(&self, file: &Path, text: &str) {
        use std::os::unix::fs::PermissionsExt as _;
        fs::write(file, text).expect("a file");
        fs::set_permissions(file, fs::Permissions::from_mode(0o600)).expect("it is ours");
        self.own(file);
    }

    pub(crate) fn command(&self, program: &Path) -> Command {
        let Some((user, group)) = self.0 else {
            return Command::new(program);
        };
        let mut command = Command::new("setpriv");
        command
            .arg(format!("--reuid={user}"))
            .arg(format!("--regid={group}"))
            .arg("--clear-groups")
            .arg(program);
        command
    }
}

/// Id of the unprivileged user and group, on Debian and elsewhere.
const NOBODY: (u32, u32) = (65534, 65534);
