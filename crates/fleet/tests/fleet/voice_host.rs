//! The `ori-voice-host` binary.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use ori_fleet::{DialOutcome, Url};

use crate::support::*;

#[tokio::test]
async fn the_program_prints_that_it_is_simulated_serves_and_stops_cleanly() {
    let mut program = Command::new(env!("CARGO_BIN_EXE_ori-voice-host"))
        .args(["--listen", "127.0.0.1:0", "--workers", "2"])
        .env("ORI_FLEET_SECRET", "simulated-fleet-secret")
        .env("NO_COLOR", "1")
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = String::new();
    let mut log = BufReader::new(program.stderr.take().unwrap());
    log.read_line(&mut first).unwrap();
    assert!(first.contains("SIMULATED voice host: no phone rings"), "{first}");
    let url: Url = first
        .split_whitespace()
        .find_map(|word| word.strip_prefix("url="))
        .unwrap()
        .parse()
        .unwrap();

    let fleet = polled(config_of(vec![url])).await;
    assert!(fleet.is_simulated());
    assert_eq!(fleet.status().available, 2);
    assert!(matches!(dial(&fleet).await, DialOutcome::Accepted { .. }));

    let pid = program.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-TERM", &pid])
            .status()
            .unwrap()
            .success()
    );
    assert!(program.wait().unwrap().success());
}

#[test]
fn the_program_does_not_start_without_a_secret() {
    let program = Command::new(env!("CARGO_BIN_EXE_ori-voice-host"))
        .env_remove("ORI_FLEET_SECRET")
        .output()
        .unwrap();
    assert!(!program.status.success());
    assert!(String::from_utf8_lossy(&program.stderr).contains("ORI_FLEET_SECRET"));
}
