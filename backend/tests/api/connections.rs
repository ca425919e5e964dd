//! Connections whose clients are slow, or send what is no request.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use ori_backend::connections::{Timeouts, raise_file_limit};
use ori_shared::error_code::ErrorCode;
use ori_shared::problem::{CONTENT_TYPE, Problem};
use rustix::process::getrlimit;

use ori_fixtures::{Caller as _, Process, TestApp};

const HEALTH: &str = "GET /healthz HTTP/1.1\r\nHost: ori\r\n\r\n";
const HALF_BODY: &str = "POST /api/v1/session HTTP/1.1\r\nHost: ori\r\nContent-Type: application/json\r\n\
                         Content-Length: 100\r\n\r\n{";

fn connect(port: u16) -> TcpStream {
    let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    stream
}

/// Sends that, and reads until the server closes the connection.
fn exchange(port: u16, sent: &[u8]) -> String {
    let mut stream = connect(port);
    stream.write_all(sent).unwrap();
    let mut received = Vec::new();
    // A connection that is closed with unread bytes is reset, after the answer.
    if let Err(error) = stream.read_to_end(&mut received) {
        assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
    }
    String::from_utf8(received).unwrap()
}

/// The last answer is that problem, with all that each answer has.
fn check(received: &str, code: ErrorCode) {
    let at = received
        .rfind("HTTP/1.1 4")
        .unwrap_or_else(|| panic!("no answer: {received:?}"));
    let (head, body) = received[at..].split_once("\r\n\r\n").unwrap();
    let mut lines = head.split("\r\n");
    let status = lines.next().unwrap().split(' ').nth(1).unwrap();
    let header = |name: &str| {
        let line = head
            .split("\r\n")
            .find(|line| line.to_ascii_lowercase().starts_with(&format!("{name}:")));
        let line = line.unwrap_or_else(|| panic!("no {name}: {head}"));
        line.split_once(':').unwrap().1.trim()
    };
    let problem: Problem = serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {body:?}"));
    assert_eq!(problem.code, code);
    assert_eq!(status, code.status().to_string());
    assert_eq!(header("content-type"), CONTENT_TYPE);
    assert_eq!(header("x-request-id"), problem.request_id);
    assert_eq!(header("content-length"), body.len().to_string());
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("cache-control", "no-store"),
    ] {
        assert_eq!(header(name), value);
    }
    assert!(header("content-security-policy").starts_with("default-src 'none';"));
    assert!(header("date").ends_with("GMT"));
}

#[test]
fn what_is_no_request_is_a_problem_like_any_other_and_no_error_of_the_server() {
    let process = Process::serve(&[]);
    let many = "X: y\r\n".repeat(97);
    let long = "x".repeat(200 * 1024);
    let cases = [
        (
            "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n".to_owned(),
            ErrorCode::MalformedRequest,
        ),
        ("GET / HTTP/1.1\r\n\r\n".to_owned(), ErrorCode::MalformedRequest),
        ("GET / HTTP/9.9\r\n\r\n".to_owned(), ErrorCode::MalformedRequest),
        ("\u{16}\u{3}\u{1}\u{2}\0".to_owned(), ErrorCode::MalformedRequest),
        (
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"
                .to_owned(),
            ErrorCode::MalformedRequest,
        ),
        (format!("{HEALTH}no request\r\n\r\n"), ErrorCode::MalformedRequest),
        (
            format!("GET / HTTP/1.1\r\nHost: a\r\n{many}\r\n"),
            ErrorCode::HeadersTooLarge,
        ),
        (
            format!("GET / HTTP/1.1\r\nHost: a\r\nX: {long}\r\n\r\n"),
            ErrorCode::HeadersTooLarge,
        ),
        (
            "GET /healthz HTTP/1.1\r\nHost".to_owned(),
            ErrorCode::RequestTimeout,
        ),
    ];
    for (sent, code) in &cases {
        let received = exchange(process.port, sent.as_bytes());
        check(&received, *code);
        let answers = received.matches("x-request-id: ").count();
        assert_eq!(
            answers,
            if sent.starts_with(HEALTH) { 2 } else { 1 },
            "{received}"
        );
    }
    let ended = process.stop();
    assert!(!ended.stderr.contains("ERROR"), "{}", ended.stderr);
    let refused = ended.stderr.matches("request refused").count();
    assert_eq!(refused, cases.len(), "{}", ended.stderr);
}

#[tokio::test]
async fn a_client_that_stops_half_way_is_answered_408_and_disconnected() {
    let short = Duration::from_millis(200);
    let app = TestApp::with_timeouts(Timeouts {
        next_head: short * 2,
        body: short,
        ..Timeouts::default()
    })
    .await;
    let port = app.origin().rsplit_once(':').unwrap().1.parse().unwrap();
    let late = "GET /healthz HTTP/1.1\r\nHost";
    let chunked = "GET /healthz HTTP/1.1\r\nHost: ori\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab";
    for (sent, is_answered) in [
        (late.to_owned(), true),
        (HALF_BODY.to_owned(), true),
        (format!("{HEALTH}{HALF_BODY}"), true),
        // Nothing was asked that an answer could be about.
        (String::new(), false),
        (HEALTH.to_owned(), false),
        (chunked.to_owned(), false),
        (format!("{HEALTH}{late}"), false),
    ] {
        let received = tokio::task::spawn_blocking(move || (exchange(port, sent.as_bytes()), sent));
        let (received, sent) = received.await.unwrap();
        if is_answered {
            assert!(received.contains("HTTP/1.1 408"), "{sent}: {received}");
            check(&received, ErrorCode::RequestTimeout);
        } else {
            let answers = received.matches("HTTP/1.1 200").count();
            assert_eq!(answers, usize::from(!sent.is_empty()), "{sent}: {received}");
        }
    }
}

#[tokio::test]
async fn a_later_head_that_stops_half_way_is_answered_408_too() {
    let app = TestApp::with_timeouts(Timeouts {
        next_head: Duration::from_millis(400),
        ..Timeouts::default()
    })
    .await;
    let port = app.origin().rsplit_once(':').unwrap().1.parse().unwrap();
    let received = tokio::task::spawn_blocking(move || {
        let mut stream = connect(port);
        stream.write_all(HEALTH.as_bytes()).unwrap();
        let mut received = [0; 4096];
        let count = stream.read(&mut received).unwrap();
        assert!(received[..count].ends_with(b"ok\n"));
        stream.write_all(b"G").unwrap();
        let mut rest = String::new();
        stream.read_to_string(&mut rest).unwrap();
        rest
    });
    check(&received.await.unwrap(), ErrorCode::RequestTimeout);
}

#[tokio::test]
async fn a_request_that_is_being_served_is_not_cut() {
    let app = TestApp::with_timeouts(Timeouts {
        next_head: Duration::from_millis(50),
        ..Timeouts::default()
    })
    .await;
    let port = app.origin().rsplit_once(':').unwrap().1.parse().unwrap();
    let received = tokio::task::spawn_blocking(move || {
        let mut stream = connect(port);
        stream.write_all(HALF_BODY.as_bytes()).unwrap();
        // Ten times as long as a head may take, nothing comes.
        stream.set_read_timeout(Some(Duration::from_millis(500))).unwrap();
        let early = stream.read(&mut [0; 1]).unwrap_err();
        assert!(matches!(
            early.kind(),
            std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut
        ));
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        stream.write_all("x".repeat(99).as_bytes()).unwrap();
        let mut received = String::new();
        stream.read_to_string(&mut received).unwrap();
        received
    });
    let received = received.await.unwrap();
    assert!(received.starts_with("HTTP/1.1 400"), "{received}");
    assert!(received.contains("malformed_json"), "{received}");
}

#[tokio::test]
async fn a_client_that_does_not_take_its_answers_is_disconnected() {
    let app = TestApp::with_timeouts(Timeouts {
        answer: Duration::from_millis(200),
        ..Timeouts::default()
    })
    .await;
    let port = app.origin().rsplit_once(':').unwrap().1.parse().unwrap();
    let mut stream = connect(port);
    // More than the buffers of both ends hold.
    let asked = "GET /openapi.json HTTP/1.1\r\nHost: ori\r\n\r\n".repeat(200);
    stream.write_all(asked.as_bytes()).unwrap();
    let stream = std::sync::Mutex::new(stream);
    ori_fixtures::until(async || stream.lock().unwrap().write_all(b"G").is_err()).await;
}

/// Serves under that limit of open files, which `ulimit` sets.
fn serve_with_files(limit: &str) -> Process {
    let mut command = std::process::Command::new("sh");
    command
        .args([
            "-c",
            &format!("ulimit {limit}; exec \"$0\" serve"),
            env!("CARGO_BIN_EXE_ori"),
        ])
        .env_clear();
    Process::start(command)
}

fn half_open(port: u16, count: usize, sent: &[&str]) -> Vec<TcpStream> {
    let _ = raise_file_limit();
    let sent = sent.iter().cycle().take(count);
    let streams = sent.map(|text| {
        let mut stream = connect(port);
        stream.write_all(text.as_bytes()).unwrap();
        stream
    });
    streams.collect()
}

#[tokio::test]
async fn half_open_connections_stop_neither_the_server_nor_its_stop() {
    let count = 1_100;
    if getrlimit(rustix::process::Resource::Nofile)
        .maximum
        .is_some_and(|most| most < 4 * count as u64)
    {
        // The server cannot raise its own limit either.
        return;
    }
    let process = serve_with_files("-Sn 1024");
    let open = half_open(
        process.port,
        count,
        &[HALF_BODY, "GET /healthz HTTP/1.1\r\nHo", "", HALF_BODY],
    );
    assert_eq!(process.anonymous().get("/healthz").await.status, 200);
    let asked = Instant::now();
    let ended = process.stop();
    let took = asked.elapsed();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
    assert!(took < Duration::from_secs(30), "{took:?}");
    assert!(!ended.stderr.contains("files=1024"), "{}", ended.stderr);
    drop(open);
}

#[tokio::test]
async fn a_server_that_may_open_few_files_recovers_while_the_half_open_connections_stay() {
    let process = serve_with_files("-n 256");
    let open = half_open(process.port, 300, &["GET /healthz HTTP/1.1\r\nHo"]);
    assert_eq!(process.anonymous().get("/healthz").await.status, 200);
    let ended = process.stop();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
    assert!(!ended.stderr.contains("ERROR"), "{}", ended.stderr);
    drop(open);
}
