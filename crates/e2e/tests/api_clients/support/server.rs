//! The built binary with a simulated voice host, so that calls are placed and no phone rings.

use std::process::Command;
use std::sync::Once;
use std::time::Duration;

use ori_fleet::FleetSecret;
use ori_fleet::fake_host::{Script, ScriptedHost};
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::admin::text;
use super::environment;
use super::process::Running;

/// Who is the first admin.
pub(crate) const EMAIL: &str = "ada@example.com";
/// And by which password.
pub(crate) const PASSWORD: &str = "correct horse battery";

/// A server that runs.
pub(crate) struct Server {
    /// Where it is, without a slash at the end.
    pub(crate) url: String,
    /// What it shares with its voice host.
    pub(crate) fleet_secret: String,
    _process: Running,
    voice: ScriptedHost,
    _folder: TempDir,
}

impl Server {
    /// With an admin, and a voice host that has room for all.
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
        let voice = ScriptedHost::start(script, Box::new(StdRng::seed_from_u64(4)))
            .await
            .expect("the voice host starts");
        let folder = tempfile::tempdir().expect("a folder for the database");
        let process = Running::start(&mut command(&folder, &voice, &fleet_secret));
        let port = process.told("the server's port", |line| {
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

    /// Places a call and has it end, as a voice worker would tell; returns its id.
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
        let told = client()
            .post(format!("{}/api/v1/call-results", self.url))
            .header("x-fleet-secret", &self.fleet_secret)
            .json(&report);
        let told = told.send().await.expect("the server answers");
        assert_eq!(told.status(), 200);
        call
    }
}

/// A client that goes nowhere but to the server.
pub(crate) fn client() -> reqwest::Client {
    static CHOSEN: Once = Once::new();
    // Together with the server's crates, the client is built without a choice of cryptography, and wants one even for
    // http.
    CHOSEN.call_once(|| {
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
    reqwest::Client::builder()
        .no_proxy()
        .build()
        .expect("an HTTP client")
}

fn command(folder: &TempDir, voice: &ScriptedHost, secret: &str) -> Command {
    let database = folder.path().join("ori.sqlite3");
    let mut command = Command::new(environment::file("ORI_BIN"));
    // Whatever is exported where the tests run is meant for another server. Its voice fleet, for one, would place real
    // calls.
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
        // Where the tests receive events.
        .env("ORI_WEBHOOK_PRIVATE_NETWORKS", "127.0.0.0/8")
        // So that a test that guesses on purpose comes from many addresses, and is not slowed.
        .env("ORI_TRUSTED_PROXIES", "1");
    command
}
