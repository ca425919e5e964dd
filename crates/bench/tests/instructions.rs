//! Limits the server's instructions per request. Unlike time, they hardly depend on the machine or its other load.
//! Instructions of the kernel are not included.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "in a test, a panic is the report")]

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use reqwest::header::SET_COOKIE;
use reqwest::{Client, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;

/// Limit for verifying a key: the measured number plus a seventh, because compilers and standard libraries differ. If a
/// change needs more, explain it in its commit and raise the limit.
const MAX_VERIFY: u64 = 38_000;
/// Limit for accepting a single call, including its own commit: 178,000 measured, plus a seventh. Concurrent calls share
/// commits.
const MAX_ACCEPT: u64 = 204_000;
/// Limit for rejecting a client that repeats a mistyped key: 35,400 measured, plus a seventh.
const MAX_REJECT: u64 = 40_000;

#[tokio::test]
async fn a_request_costs_no_more_instructions_than_it_should() {
    let server = Server::start();
    let key = server.create_key().await;
    // Correct except for the checksum.
    let other = if key.ends_with('x') { 'y' } else { 'x' };
    let wrong = format!("{}{other}", &key[..key.len() - 1]);
    let whoami = |key: &str| {
        let request = server.http.get(server.url("/api/v1/auth/whoami"));
        request.header("x-api-key", key)
    };
    let accept = || {
        let request = server.http.post(server.url("/api/v1/sip/dialout"));
        let body =
            json!({"bot_id": "bench", "to_number": "+919876543210", "variables": {"CUSTOMERNAME": "Rajesh"}});
        request
            .header("x-api-key", &key)
            .header("prefer", "respond-async")
            .json(&body)
    };
    let verify = server.cost(|| whoami(&key), StatusCode::OK).await;
    let accept = server.cost(accept, StatusCode::ACCEPTED).await;
    let refuse = server
        .cost(|| whoami(&wrong), StatusCode::TOO_MANY_REQUESTS)
        .await;
    println!("instructions: verify {verify}, accept {accept}, refuse {refuse}");
    assert!(
        verify <= MAX_VERIFY,
        "to verify a key takes {verify} instructions"
    );
    assert!(
        accept <= MAX_ACCEPT,
        "to accept a call takes {accept} instructions"
    );
    assert!(
        refuse <= MAX_REJECT,
        "to refuse a mistyped key takes {refuse} instructions"
    );
}

/// The server under callgrind.
struct Server {
    valgrind: Child,
    folder: TempDir,
    port: u64,
    http: Client,
}

impl Server {
    fn start() -> Self {
        let ori =
            std::env::var("ORI_BIN").expect("ORI_BIN: the server's binary, as `cargo xtask test` builds it");
        let folder = tempfile::tempdir().unwrap();
        let database = format!("sqlite://{}", folder.path().join("ori.sqlite3").display());
        let mut valgrind = Command::new("valgrind")
            .args(["--tool=callgrind", "--quiet", "--instr-atstart=yes"])
            .arg(format!(
                "--callgrind-out-file={}",
                folder.path().join("out").display()
            ))
            .args([&ori, "serve"])
            .env("ORI_LISTEN", "127.0.0.1:0")
            .env("ORI_WORKERS", "1")
            .env("ORI_DATABASE_URL", database)
            .env("ORI_ADMIN_EMAIL", EMAIL)
            .env("ORI_ADMIN_PASSWORD", PASSWORD)
            .env("ORI_LOG_FORMAT", "json")
            .stderr(Stdio::piped())
            .spawn()
            .expect("valgrind starts");
        let mut lines = BufReader::new(valgrind.stderr.take().unwrap()).lines();
        let port = loop {
            let line = lines.next().expect("the server listens").unwrap();
            let line: Value = serde_json::from_str(&line).unwrap_or_default();
            if let Some(port) = line["port"].as_u64() {
                break port;
            }
        };
        // The server would block on a full pipe.
        std::thread::spawn(move || lines.for_each(drop));
        Self {
            valgrind,
            folder,
            port,
            http: client(),
        }
    }

    fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    async fn create_key(&self) -> String {
        let signed_in = self.http.post(self.url("/api/v1/session"));
        let signed_in = signed_in
            .json(&json!({"email": EMAIL, "password": PASSWORD}))
            .send()
            .await;
        let cookie = signed_in.unwrap().headers()[SET_COOKIE]
            .to_str()
            .unwrap()
            .to_owned();
        let created = self
            .http
            .post(self.url("/api/v1/api-keys"))
            .header("cookie", cookie);
        let created = created.json(&json!({"name": "Bench"})).send().await.unwrap();
        let created: Value = created.json().await.unwrap();
        created["key"].as_str().unwrap().to_owned()
    }

    /// Returns the instructions per request, after a warm-up.
    async fn cost(&self, request: impl Fn() -> RequestBuilder, status: StatusCode) -> u64 {
        const WARM_UP: u64 = 200;
        const REQUESTS: u64 = 500;
        let send = async |count| {
            let mut last = None;
            for _ in 0..count {
                let answer = request().send().await.unwrap();
                last = Some(answer.status());
                answer.bytes().await.unwrap();
            }
            assert_eq!(last, Some(status));
        };
        send(WARM_UP).await;
        self.control("--zero");
        send(REQUESTS).await;
        self.control("--dump");
        self.dumped() / REQUESTS
    }

    fn control(&self, command: &str) {
        let pid = self.valgrind.id().to_string();
        let done = Command::new("callgrind_control")
            .args([command, &pid])
            .output()
            .unwrap();
        assert!(done.status.success(), "{done:?}");
    }

    /// Returns the instructions of all threads in the newest dump.
    fn dumped(&self) -> u64 {
        let files = fs::read_dir(self.folder.path()).unwrap();
        let newest: PathBuf = files
            .map(|file| file.unwrap().path())
            .filter(|path| path.file_name().unwrap().to_string_lossy().starts_with("out"))
            .max_by_key(|path| fs::metadata(path).unwrap().modified().unwrap())
            .expect("there is a dump");
        let dump = fs::read_to_string(newest).unwrap();
        let total = dump.lines().rev().find_map(|line| line.strip_prefix("totals: "));
        total.expect("a dump has a total").trim().parse().unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // The program may have ended by itself.
        let _ = self.valgrind.kill();
        let _ = self.valgrind.wait();
    }
}

const EMAIL: &str = "bench@example.com";
const PASSWORD: &str = "correct horse battery";

fn client() -> Client {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    let client = Client::builder().tls_backend_preconfigured(tls).no_proxy();
    client.build().unwrap()
}
