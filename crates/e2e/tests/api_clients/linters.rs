//! Runs linters with all of their recommended rules.

use crate::support::{description, node_program, passes, source};

#[test]
fn redocly_finds_nothing() {
    let mut redocly = node_program("redocly");
    redocly
        .args(["lint", "--extends=recommended", "--format=json"])
        .arg(description())
        // Outside of every folder that could contain a configuration, and without telemetry.
        .current_dir("/")
        .env("REDOCLY_TELEMETRY", "off")
        .env("REDOCLY_SUPPRESS_UPDATE_NOTICE", "true");
    let printed = passes(&mut redocly);
    let totals = r#""totals": {
    "errors": 0,
    "warnings": 0,
    "ignored": 0
  }"#;
    assert!(printed.contains(totals), "{printed}");
}

#[test]
fn spectral_finds_nothing() {
    let mut spectral = node_program("spectral");
    spectral
        .args(["lint", "--fail-severity=hint", "--ruleset"])
        .arg(source("node/spectral.yaml"))
        .arg(description());
    let printed = passes(&mut spectral);
    assert!(printed.contains("No results"), "{printed}");
}
