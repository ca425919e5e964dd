//! The built binary, on a port and a database of its own.

use std::process::Command;

use tempfile::TempDir;

use super::database::Database;
use super::environment;
use super::process::Running;
use super::voice::{FLEET_SECRET, VoiceHost};

/// Who is the first admin.
pub(crate) const EMAIL: &str = "ada@example.com";
/// And by which password.
pub(crate) const PASSWORD: &str = "correct horse battery";

/// A server that runs.
pub(crate) struct Server {
    /// Held still and let go by a test.
    pub(crate) process: Running,
    /// Where it is, without a slash at the end.
    pub(crate) url: String,
    /// Its port.
    pub(crate) port: u16,
    /// What it keeps.
    pub(crate) database: Database,
    _folder: TempDir,
}

impl Server {
    /// With an admin.
    pub(crate) fn start() -> Self {
        Self::with(&[("ORI_ADMIN_EMAIL", EMAIL), ("ORI_ADMIN_PASSWORD", PASSWORD)])
    }

    /// With an admin, and a voice fleet of one host.
    pub(crate) fn with_fleet(host: &VoiceHost) -> Self {
        let url = host.url().to_string();
        Self::with(&[
            ("ORI_ADMIN_EMAIL", EMAIL),
            ("ORI_ADMIN_PASSWORD", PASSWORD),
            ("ORI_FLEET_URLS", &url),
            ("ORI_FLEET_SECRET", FLEET_SECRET),
            // Where the tests' own receivers of webhooks are.
            ("ORI_WEBHOOK_PRIVATE_NETWORKS", "127.0.0.0/8"),
        ])
    }

    /// Without any account; also returns the link on which the first admin is made.
    pub(crate) fn without_accounts() -> (Self, String) {
        let server = Self::with(&[]);
        let link = server.process.told("the setup link", |line| {
            line.trim().starts_with("http://").then(|| line.trim().to_owned())
        });
        (server, link)
    }

    fn with(variables: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().expect("a folder for the database");
        let database = Database::within(folder.path());
        let mut command = Command::new(environment::file("ORI_BIN"));
        // Whatever is exported where the tests run is meant for another server. Its voice fleet, for one, would place real calls.
        for variable in environment::of_the_console() {
            command.env_remove(variable);
        }
        command
            .arg("serve")
            .env("ORI_LISTEN", "127.0.0.1:0")
            .env("ORI_DATABASE_URL", database.url())
            .env("ORI_LOG_FORMAT", "json")
            .envs(variables.iter().copied());
        let process = Running::start(&mut command);
        let port = process.told("the server's port", |line| {
            let line: serde_json::Value = serde_json::from_str(line).ok()?;
            u16::try_from(line.get("port")?.as_u64()?).ok()
        });
        Self {
            process,
            url: format!("http://127.0.0.1:{port}"),
            port,
            database,
            _folder: folder,
        }
    }
}
