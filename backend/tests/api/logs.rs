//! Log lines that are not read, or cannot be written, neither fail nor delay anything.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tempfile::TempDir;

use ori_fixtures::{ADMIN_EMAIL, ADMIN_PASSWORD, Anonymous, Caller as _, Process, http_client};

/// The program, whose first output is the link for the first admin.
struct Server {
    child: Child,
    base: String,
    _folder: TempDir,
}

impl Server {
    /// Runs the program through a shell, which redirects its standard error like this.
    fn start(redirection: &str, stderr: Stdio) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let program = env!("CARGO_BIN_EXE_ori");
        let mut child = Command::new("sh")
            .args(["-c", &format!("exec \"$0\" serve {redirection}"), program])
            .env_clear()
            .env("ORI_LISTEN", "127.0.0.1:0")
            .env("ORI_WORKERS", "1")
            .env("ORI_LOG", "debug")
            .current_dir(folder.path())
            .stdout(Stdio::piped())
            .stderr(stderr)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let link = lines.find_map(|line| {
            let line = line.unwrap();
            let (base, _) = line.trim().split_once("/setup#")?;
            Some(base.to_owned())
        });
        Self {
            child,
            base: link.unwrap(),
            _folder: folder,
        }
    }

    /// Has it write many log lines, and checks that it answers each request.
    async fn refuse_many(&self, requests: usize) {
        let anonymous = Anonymous::new(http_client(), &self.base);
        for _ in 0..requests {
            assert_eq!(anonymous.get("/api/v1/api-keys").await.status, 401);
        }
        assert_eq!(anonymous.get("/readyz").await.status, 200);
    }

    fn stop(&mut self) -> Option<i32> {
        kill_process(Pid::from_child(&self.child), Signal::TERM).unwrap();
        let (ended, end) = mpsc::channel();
        let pid = Pid::from_child(&self.child);
        // Without a bound, a server that hangs would hang the test.
        thread::spawn(move || {
            if end.recv_timeout(Duration::from_secs(60)).is_err() {
                let _ = kill_process(pid, Signal::KILL);
            }
        });
        let code = self.child.wait().unwrap().code();
        let _ = ended.send(());
        code
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test]
async fn log_lines_that_cannot_be_written_fail_nothing() {
    for redirection in ["2>/dev/full", "2>&-"] {
        let mut server = Server::start(redirection, Stdio::null());
        server.refuse_many(20).await;
        assert_eq!(server.stop(), Some(0), "{redirection}");
    }
}

#[tokio::test]
async fn a_log_reader_that_goes_away_fails_nothing() {
    let mut server = Server::start("", Stdio::piped());
    let mut reader = BufReader::new(server.child.stderr.take().unwrap());
    let mut line = String::new();
    reader.read_line(&mut line).unwrap();
    drop(reader);
    server.refuse_many(20).await;
    assert_eq!(server.stop(), Some(0));
}

#[tokio::test]
async fn a_log_reader_that_stalls_delays_nothing_and_reads_later_how_much_was_lost() {
    let mut server = Server::start("", Stdio::piped());
    // More than the pipe and the buffer hold.
    server.refuse_many(3_000).await;
    let mut reader = BufReader::new(server.child.stderr.take().unwrap());
    let mut line = String::new();
    while !line.contains("log lines were lost") {
        line.clear();
        assert_ne!(reader.read_line(&mut line).unwrap(), 0, "the log ended");
    }
    let (_, lost) = line.trim().split_once("lost=").unwrap();
    assert!(lost.parse::<u32>().unwrap() > 0, "{line}");
    let rest = thread::spawn(move || {
        let mut rest = String::new();
        reader.read_to_string(&mut rest).map(|_| rest)
    });
    assert_eq!(server.stop(), Some(0));
    assert!(rest.join().unwrap().unwrap().contains("stopped"));
}

#[tokio::test]
async fn a_stalled_log_reader_does_not_delay_the_stop() {
    let mut server = Server::start("", Stdio::piped());
    server.refuse_many(3_000).await;
    assert_eq!(server.stop(), Some(0));
}

#[test]
fn output_that_cannot_be_written_is_no_panic() {
    // What a command did is not undone by it; what only prints has failed.
    for (arguments, code) in [("openapi", 1), ("migrate", 0)] {
        let folder = tempfile::tempdir().unwrap();
        let output = Process::command(&[])
            .arg(arguments)
            .current_dir(folder.path())
            .stdout(std::fs::File::create("/dev/full").unwrap())
            .output()
            .unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(!stderr.contains("panicked"), "ori {arguments}: {stderr}");
        assert_eq!(output.status.code(), Some(code), "ori {arguments}: {stderr}");
    }
}

/// Log lines by their message, with the fields of the request's span and their own.
#[tokio::test]
async fn each_line_of_a_request_names_the_request_and_none_its_address() {
    let settings = [
        ("ORI_LOG", "info,ori_backend=debug"),
        ("ORI_LOG_FORMAT", "json"),
        ("ORI_ADMIN_EMAIL", ADMIN_EMAIL),
        ("ORI_ADMIN_PASSWORD", ADMIN_PASSWORD),
        ("ORI_FLEET_URLS", "http://127.0.0.1:9"),
        ("ORI_FLEET_SECRET", "secret"),
    ];
    let server = Process::serve(&settings);
    let (anonymous, admin) = (server.anonymous(), server.admin().await);
    let answers = [
        anonymous.get("/api/v1/api-keys?q=hidden").await,
        anonymous.get("/problems/hidden").await,
        admin.get("/api/v1/calls/hidden").await,
        admin.post("/api/v1/api-keys", json!({"name": "CRM"})).await,
        admin.get("/healthz").await,
    ];
    let expected = [
        ("GET", "/api/v1/api-keys", 401, "INFO", "request refused"),
        ("GET", "/problems/{code}", 404, "INFO", "request refused"),
        ("GET", "/api/v1/calls/{id}", 404, "INFO", "request refused"),
        ("POST", "/api/v1/api-keys", 201, "INFO", "created an API key"),
        ("GET", "/healthz", 200, "DEBUG", "response sent"),
    ];
    let log = server.stop().stderr;
    assert!(!log.contains("hidden"), "{log}");
    let lines: Vec<Value> = log
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect();
    for (answer, (method, route, status, level, message)) in answers.iter().zip(expected) {
        let id = answer.header("x-request-id").unwrap();
        let own: Vec<&Value> = lines
            .iter()
            .filter(|line| line["span"]["request_id"] == id)
            .collect();
        assert!(own.iter().all(|line| line["span"]["method"] == method), "{own:?}");
        let line = own.iter().find(|line| line["message"] == message);
        assert_eq!(line.unwrap()["level"], level, "{own:?}");
        if message == "request refused" {
            assert_eq!(line.unwrap()["request_id"], id, "{own:?}");
        }
        let sent = own
            .iter()
            .find(|line| line["message"] == "response sent")
            .unwrap();
        assert_eq!((&sent["route"], &sent["status"]), (&json!(route), &json!(status)));
        assert!(sent["micros"].is_u64(), "{sent}");
    }
}
