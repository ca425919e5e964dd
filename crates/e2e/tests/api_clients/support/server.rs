//! Runs the built binary with a simulated voice host, which implements the fleet's contract without placing calls.

use std::process::Command;
use std::sync::Once;
use std::time::Duration;

use ori_fleet::FleetSecret;
use ori_fleet::fake_host::{FakeHost, Script};
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::admin::text;
use super::environment;
use super::process::Running;

/// Email of the first admin.
pub(crate) const EMAIL: &str = "ada@example.com";
/// Password of the first admin.
pub(crate) const PASSWORD: &str = "correct horse battery";

/// Running server.
pub(crate) struct Server {
    /// Base URL without a slash at the end.
    pub(crate) url: String,
    /// Secret that the server shares with its voice host.
    pub(crate) fleet_secret: String,
    _process: Running,
    voice: FakeHost,
    _folder: TempDir,
}

impl Server {
    /// Starts a server with an admin and a voice host that has capacity for all calls.
    pub(crate) async fn start() -> Self {
        let script = Script {
            workers: 5000,
            calls_last: Some(Duration::from_secs(1)),
            ..Script::default()
        };
        let fleet_secret = "shared by the tests".to_owned();
        let script = Script {
            secret: FleetSecret::new(fleet_secret.clone()),
            ..script
        };
        let voice = FakeHost::start(script, Box::new(StdRng::seed_from_u64(4)))
            .await
            .expect("the voice host starts");
        let folder = tempfile::tempdir().expect("a folder for the database");
        let process = Running::start(&mut command(&folder, &voice, &fleet_secret));
        let port = process.wait_for_line("the server's port", |line| {
            let line: Value = serde_json::from_str(line).ok()?;
            u16::try_from(line.get("port")?.as_u64()?).ok()
        });
        let server = Self {
            url: format!("http://127.0.0.1:{port}"),
            fleet_secret,
            _process: process,
            voice,
            _folder: folder,
        };
        server.voice.until_requests(1).await;
        server
    }

    /// Places a call and reports its end as a voice worker would. Returns its id.
    pub(crate) async fn place_and_end_call(&self, key: &str) -> String {
        let order = json!({"bot_id": "bot_collections", "to_number": "+919876543210"});
        let placed = client()
            .post(format!("{}/api/v1/sip/dialout", self.url))
            .header("x-api-key", key)
            .json(&order);
        let placed: Value = placed
            .send()
            .await
            .expect("the server answers")
            .json()
            .await
            .expect("JSON");
        let call = text(&placed["call_id"]);
        let report = json!({"connected_event": {"ori_call_id": call}, "disconnected_by": "user"});
        let reported = client()
            .post(format!("{}/api/v1/call-results", self.url))
            .header("x-fleet-secret", &self.fleet_secret)
            .json(&report);
        let reported = reported.send().await.expect("the server answers");
        assert_eq!(reported.status(), 200);
        call
    }
}

/// Returns an HTTP client that uses no proxy.
pub(crate) fn client() -> reqwest::Client {
    static CHOSEN: Once = Once::new();
    // In a build with the server's crates, the client has no default cryptography provider, but needs one even for
    // http.
    CHOSEN.call_once(|| {
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
    reqwest::Client::builder()
        .no_proxy()
        .build()
        .expect("an HTTP client")
}

fn command(folder: &TempDir, voice: &FakeHost, secret: &str) -> Command {
    let database = folder.path().join("ori.sqlite3");
    let mut command = Command::new(environment::file("ORI_BIN"));
    // Variables of the environment are meant for another server. Its voice fleet, for example, would place real calls.
    for variable in environment::of_the_console() {
        command.env_remove(variable);
    }
    command
        .arg("serve")
        .env("ORI_LISTEN", "127.0.0.1:0")
        .env("ORI_DATABASE_URL", format!("sqlite://{}", database.display()))
        .env("ORI_LOG_FORMAT", "json")
        .env("ORI_ADMIN_EMAIL", EMAIL)
        .env("ORI_ADMIN_PASSWORD", PASSWORD)
        .env("ORI_FLEET_URLS", voice.url().as_str())
        .env("ORI_FLEET_SECRET", secret)
        // The tests receive events on this machine.
        .env("ORI_WEBHOOK_PRIVATE_NETWORKS", "127.0.0.0/8")
        // A test that guesses on purpose sends from many addresses, so that it is not throttled.
        .env("ORI_TRUSTED_PROXIES", "1");
    command
}
