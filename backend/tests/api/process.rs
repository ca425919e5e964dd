//! The program as it is run: its options, its faults, its end.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;

use ori_fixtures::{ADMIN_EMAIL, ADMIN_PASSWORD, Caller as _, Process};

const WITH_ADMIN: ori_fixtures::Settings = &[
    ("ORI_ADMIN_EMAIL", ADMIN_EMAIL),
    ("ORI_ADMIN_PASSWORD", ADMIN_PASSWORD),
];

/// Every variable that the options read, as their source says.
fn variables() -> impl Iterator<Item = &'static str> {
    include_str!("../../src/config/options.rs")
        .split('"')
        .filter(|text| text.starts_with("ORI_"))
        .filter(|text| text.chars().all(|c| c.is_ascii_uppercase() || c == '_'))
}

fn output(arguments: &[&str], settings: ori_fixtures::Settings) -> (Option<i32>, String, String) {
    let output = Process::command(settings).args(arguments).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[test]
fn help_names_every_variable_and_shows_no_value() {
    for arguments in [&["--help"][..], &["serve", "--help"]] {
        let (code, help, _) = output(arguments, &[("ORI_ADMIN_PASSWORD", "hunter2hunter2")]);
        assert_eq!(code, Some(0));
        assert!(variables().count() > 10);
        for variable in variables() {
            assert!(
                help.contains(variable),
                "{variable} is not in `ori {}`",
                arguments.join(" ")
            );
        }
        assert!(!help.contains("hunter2"));
    }
}

#[test]
fn each_fault_of_the_configuration_is_a_line_that_names_its_option_and_no_value() {
    let (code, stdout, stderr) = output(
        &["serve"],
        &[
            ("ORI_LISTEN", "nowhere"),
            ("ORI_PUBLIC_URL", "ori.example.com"),
            ("ORI_DATABASE_URL", "mysql://root:hunter2@db/ori"),
            ("ORI_ADMIN_EMAIL", "ada"),
            ("ORI_ADMIN_PASSWORD", "hunter2"),
            ("ORI_SESSION_HOURS", "0"),
            ("ORI_LOG", "["),
            ("ORI_LOG_FORMAT", "xml"),
        ],
    );
    assert!(code.is_some_and(|code| code != 0));
    assert_eq!(stdout, "");
    let named: BTreeSet<&str> = stderr
        .lines()
        .map(|line| line.split(':').next().unwrap())
        .collect();
    let faulty = [
        "ORI_ADMIN_EMAIL",
        "ORI_ADMIN_PASSWORD",
        "ORI_DATABASE_URL",
        "ORI_LISTEN",
        "ORI_LOG",
        "ORI_PUBLIC_URL",
        "ORI_SESSION_HOURS",
    ];
    assert!(named.is_superset(&BTreeSet::from(faulty)), "{stderr}");
    assert!(!stderr.contains("hunter2"), "{stderr}");
}

#[test]
fn a_file_with_an_unknown_option_is_refused_and_both_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ori.toml");
    std::fs::write(&file, "listne = '127.0.0.1:0'\n").unwrap();
    let (code, _, stderr) = output(&["serve", "--config", file.to_str().unwrap()], &[]);
    assert!(code.is_some_and(|code| code != 0));
    assert!(
        stderr.starts_with("ORI_CONFIG") && stderr.contains("listne"),
        "{stderr}"
    );
}

#[test]
fn an_address_that_is_taken_is_told_in_a_line() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let (code, _, stderr) = output(&["serve"], &[("ORI_LISTEN", &address)]);
    assert!(code.is_some_and(|code| code != 0));
    assert!(
        stderr.starts_with(&format!("cannot listen on {address}")),
        "{stderr}"
    );
}

#[tokio::test]
async fn it_is_alive_and_ready_and_ends_cleanly_when_it_is_told_to() {
    let process = Process::serve(WITH_ADMIN);
    for path in ["/healthz", "/readyz"] {
        assert_eq!(process.anonymous().get(path).await.status, 200);
    }
    let ended = process.stop();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
    assert_eq!(ended.stdout, "");
}

#[test]
fn a_request_in_flight_is_finished_before_the_end() {
    let mut process = Process::serve(WITH_ADMIN);
    let body = format!(r#"{{"email":"{ADMIN_EMAIL}","password":"{ADMIN_PASSWORD}"}}"#);
    let (first, second) = body.split_at(10);
    let mut connection = TcpStream::connect(("127.0.0.1", process.port)).unwrap();
    write!(
        connection,
        "POST /api/v1/session HTTP/1.1\r\nHost: ori\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n",
        body.len()
    )
    .unwrap();
    let mut answer = BufReader::new(connection.try_clone().unwrap());
    let mut line = String::new();
    // It asks for the body, so the request is in flight.
    answer.read_line(&mut line).unwrap();
    assert!(line.starts_with("HTTP/1.1 100"), "{line}");
    connection.write_all(first.as_bytes()).unwrap();
    process.ask_to_stop();
    process.stderr.until("asked to stop");
    connection.write_all(second.as_bytes()).unwrap();
    let mut rest = String::new();
    answer.read_to_string(&mut rest).unwrap();
    assert!(
        rest.contains("HTTP/1.1 200") && rest.contains(ADMIN_EMAIL),
        "{rest}"
    );
    let ended = process.ended();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_full_disk_is_told_as_unavailable_and_over_when_there_is_room() {
    use ori_fixtures::Disk;
    use ori_shared::error_code::ErrorCode;
    use serde_json::json;

    let process = Process::serve_on_a_disk_that_fills(WITH_ADMIN);
    let admin = process.admin().await;
    let create = async || admin.post("/api/v1/api-keys", json!({"name": "CRM"})).await;
    process.fill_disk(Disk::Full);
    let answer = create().await;
    answer.problem(ErrorCode::DatabaseUnavailable);
    assert_eq!(answer.header("retry-after"), Some("1"));
    assert_eq!(admin.get("/api/v1/api-keys").await.value()["total"], 0);
    process.fill_disk(Disk::Free);
    let status = create().await.status;
    let ended = process.stop();
    assert_eq!((status, ended.status.code()), (201, Some(0)), "{}", ended.stderr);
}
