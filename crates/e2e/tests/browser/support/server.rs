//! Runs the built binary, on a port and a database of its own.

use std::fmt::Write as _;
use std::process::Command;

use tempfile::TempDir;

use super::database::Database;
use super::environment;
use super::process::Running;
use super::voice_host::{FLEET_SECRET, VoiceHost};

/// Email of the first admin.
pub(crate) const EMAIL: &str = "ada@example.com";
/// Password of the first admin.
pub(crate) const PASSWORD: &str = "correct horse battery";

/// Running server.
pub(crate) struct Server {
    /// Process, which a test can suspend.
    pub(crate) process: Running,
    /// Base URL without a slash at the end.
    pub(crate) url: String,
    /// Its port.
    pub(crate) port: u16,
    /// Database of the server.
    pub(crate) database: Database,
    folder: TempDir,
}

impl Server {
    /// Starts a server with an admin.
    pub(crate) fn start() -> Self {
        Self::with(&[("ORI_ADMIN_EMAIL", EMAIL), ("ORI_ADMIN_PASSWORD", PASSWORD)])
    }

    /// Starts a server with an admin and a voice fleet of one host.
    pub(crate) fn with_fleet(host: &VoiceHost) -> Self {
        let url = host.url().to_string();
        Self::with(&[
            ("ORI_ADMIN_EMAIL", EMAIL),
            ("ORI_ADMIN_PASSWORD", PASSWORD),
            ("ORI_FLEET_URLS", &url),
            ("ORI_FLEET_SECRET", FLEET_SECRET),
            // The tests' webhook receivers are on this machine.
            ("ORI_WEBHOOK_PRIVATE_NETWORKS", "127.0.0.0/8"),
        ])
    }

    /// Starts a server without any account. Also returns the link that creates the first admin.
    pub(crate) fn without_accounts() -> (Self, String) {
        let server = Self::with(&[]);
        let link = server.process.wait_for_line("the setup link", |line| {
            line.trim().starts_with("http://").then(|| line.trim().to_owned())
        });
        (server, link)
    }

    /// Starts a server with an admin and `count` keys. Number 7 is named `Key 000007`; higher numbers are newer.
    pub(crate) fn with_keys(count: usize) -> Self {
        let server = Self::start();
        let list = server.folder.path().join("keys.csv");
        std::fs::write(&list, keys(count)).expect("a list of keys");
        drop(server.process);
        let mut import = ori(&server.database, &[]);
        import.args(["import-keys", "--created-by", EMAIL]).arg(&list);
        let imported = import.output().expect("the command runs");
        assert!(
            imported.status.success(),
            "{}",
            String::from_utf8_lossy(&imported.stderr)
        );
        Self::on(server.folder, &[])
    }

    fn with(variables: &[(&str, &str)]) -> Self {
        Self::on(tempfile::tempdir().expect("a folder for the database"), variables)
    }

    fn on(folder: TempDir, variables: &[(&str, &str)]) -> Self {
        let database = Database::within(folder.path());
        let process = Running::start(ori(&database, variables).arg("serve"));
        let port = process.wait_for_line("the server's port", |line| {
            let line: serde_json::Value = serde_json::from_str(line).ok()?;
            u16::try_from(line.get("port")?.as_u64()?).ok()
        });
        Self {
            process,
            url: format!("http://127.0.0.1:{port}"),
            port,
            database,
            folder,
        }
    }
}

fn ori(database: &Database, variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(environment::file("ORI_BIN"));
    // Variables of the environment are meant for another server. Its voice fleet, for example, would place real calls.
    for variable in environment::of_the_console() {
        command.env_remove(variable);
    }
    command
        .env("ORI_LISTEN", "127.0.0.1:0")
        .env("ORI_DATABASE_URL", database.url())
        .env("ORI_LOG_FORMAT", "json")
        .envs(variables.iter().copied());
    command
}

/// Returns the SQL for the keys: every tenth is switched off, every seventh has an expiry.
fn keys(count: usize) -> String {
    let mut list = "name,prefix,sha256,expires_at,is_active\n".to_owned();
    for number in 0..count as u64 {
        // Distributed like real digests, because hash tables use the first bytes of a digest directly.
        let digest = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let expires = if number % 7 == 0 {
            "2090-01-01T00:00:00Z"
        } else {
            ""
        };
        let is_active = number % 10 != 0;
        let _ = writeln!(
            list,
            "Key {number:06},key_{:03},{digest:016x}{number:048x},{expires},{is_active}",
            number % 1000
        );
    }
    list
}
