//! Checks the dependencies between the crates of this workspace. Every new crate needs a row in this table.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// Each crate with the workspace crates that it may depend on, including for tests.
const ALLOWED_DEPENDENCIES: &[(&str, &[&str])] = &[
    ("ori-shared", &[]),
    ("ori-key", &[]),
    ("ori-frontend", &["ori-shared"]),
    ("ori-store", &["ori-key", "ori-shared"]),
    ("ori-store-sqlite", &["ori-store", "ori-key", "ori-shared"]),
    ("ori-store-postgres", &["ori-store", "ori-key", "ori-shared"]),
    ("ori-fleet", &["ori-shared"]),
    (
        "ori-backend",
        &[
            "ori-shared",
            "ori-key",
            "ori-store",
            "ori-store-sqlite",
            "ori-store-postgres",
            "ori-fleet",
            "ori-fixtures",
        ],
    ),
    // For tests of the server only.
    (
        "ori-fixtures",
        &[
            "ori-backend",
            "ori-shared",
            "ori-key",
            "ori-store",
            "ori-store-sqlite",
            "ori-store-postgres",
        ],
    ),
    // The browser tests use the server from outside. They open its database file only to change times and roles.
    (
        "ori-e2e",
        &[
            "ori-shared",
            "ori-key",
            "ori-fleet",
            "ori-store",
            "ori-store-sqlite",
        ],
    ),
    // The benchmark uses the server from outside, as a load generator. The engine's test cluster starts a temporary
    // PostgreSQL.
    ("ori-bench", &["ori-store-postgres"]),
    ("xtask", &[]),
];

/// Crates that contain SQL.
const ENGINES: &[&str] = &["ori-store-sqlite", "ori-store-postgres"];
/// Source files that exist in only one engine, because only its database needs them. All others have the same name in
/// both.
const ONLY_IN: [(&str, &[&str]); 2] = [
    (
        "store-sqlite",
        &[
            "api_keys/cache.rs",
            "export.rs",
            "process_lock.rs",
            "stale_wal.rs",
            "transaction.rs",
            "wal_checkpoint.rs",
            "writer.rs",
        ],
    ),
    (
        "store-postgres",
        &[
            "calls/assign_host.rs",
            "calls/group_commit.rs",
            "calls/status_history.rs",
            "calls/low_water.rs",
            "calls/insert.rs",
            "calls/queue_bound.rs",
            "test_cluster.rs",
            "connection.rs",
            "import.rs",
            "sticky_connection.rs",
            "key_lookup_batcher.rs",
            "connect.rs",
            "pooler.rs",
            "statement.rs",
            "time_limit.rs",
        ],
    ),
];
/// The benchmark measures the databases themselves.
const BENCHMARK: &str = "ori-bench";

#[test]
fn a_crate_depends_only_on_allowed_crates() {
    let members = members();
    let ours: BTreeSet<&str> = members.iter().map(name).collect();
    for member in &members {
        let row = ALLOWED_DEPENDENCIES
            .iter()
            .find(|(crate_name, _)| *crate_name == name(member));
        let (_, allowed) = row.unwrap_or_else(|| panic!("{} has no row in this test", name(member)));
        // A crate may depend on itself, to enable a feature for its tests.
        let others = dependencies(member).filter(|known| ours.contains(known) && *known != name(member));
        for known in others {
            assert!(
                allowed.contains(&known),
                "{} must not depend on {known}",
                name(member)
            );
        }
    }
}

#[test]
fn only_the_engines_contain_sql() {
    let others = members();
    let others = others.iter().filter(|member| !ENGINES.contains(&name(member)));
    for member in others.filter(|member| name(member) != BENCHMARK) {
        let speaks = dependencies(member).any(|dependency| dependency == "sqlx");
        assert!(
            !speaks,
            "{} depends on sqlx: SQL belongs into {}",
            name(member),
            ENGINES.join(" or ")
        );
    }
}

#[test]
fn sql_files_are_migrations() {
    let mut strays = Vec::new();
    for folder in ["shared", "backend", "frontend", "crates"] {
        files_ending(".sql", &root().join(folder), &mut strays);
    }
    assert!(strays.is_empty(), "outside of migrations/: {strays:?}");
}

#[test]
fn a_file_has_the_same_name_in_both_engines_or_is_listed_as_one_engines_own() {
    let shared = ONLY_IN.map(|(engine, own)| {
        let folder = root().join("crates").join(engine).join("src");
        let mut files = Vec::new();
        files_ending(".rs", &folder, &mut files);
        let names = files.iter().map(|file| {
            let name = file.strip_prefix(&folder).expect("a file in the folder");
            name.to_string_lossy().into_owned()
        });
        let mut names: BTreeSet<String> = names.collect();
        for name in own {
            assert!(names.remove(*name), "{engine} has no file {name}");
        }
        names
    });
    let [sqlite, postgres] = &shared;
    let apart: Vec<_> = sqlite.symmetric_difference(postgres).collect();
    assert!(apart.is_empty(), "only one engine has {apart:?}");
}

/// A broken network reports no error, so an unlimited wait for a reply never ends.
#[test]
fn the_store_on_postgresql_waits_for_each_reply_with_a_time_limit() {
    // The first three are used by commands and tests only; the last defines the limits.
    let exempt = ["import.rs", "test_cluster.rs", "pooler.rs", "connection.rs"];
    let mut files = Vec::new();
    files_ending(".rs", &root().join("crates/store-postgres/src"), &mut files);
    files.retain(|file| !exempt.iter().any(|name| file.ends_with(name)));
    let uses = [
        ".execute(",
        ".fetch_",
        ".begin_with(",
        ".acquire(",
        ".commit()",
        ".ping()",
    ];
    let mut unlimited = Vec::new();
    for file in &files {
        let text = fs::read_to_string(file).expect("a readable file");
        for waited in text
            .split_inclusive(".await")
            .filter(|text| text.ends_with(".await"))
        {
            let statement = waited.rsplit([';', '}']).next().unwrap_or_default();
            let is_use = uses.iter().any(|name| statement.contains(name));
            if is_use && !statement.contains(".in_time()") {
                unlimited.push(format!("{}: {}", file.display(), statement.trim()));
            }
        }
    }
    assert!(unlimited.is_empty(), "{unlimited:#?}");
}

#[test]
fn the_pages_dependencies_exclude_the_servers() {
    for package in ["ori-shared", "ori-frontend"] {
        let of_the_page = [
            "--edges",
            "normal",
            "--target",
            "wasm32-unknown-unknown",
            "--prefix",
            "none",
        ];
        let tree = cargo(&[&["tree", "--package", package], of_the_page.as_slice()].concat());
        for line in tree.lines() {
            let dependency = line.split_whitespace().next().unwrap_or_default();
            let serves = matches!(dependency, "sqlx" | "tokio") || dependency.starts_with("actix");
            assert!(!serves, "{package} brings {dependency} into the page");
        }
    }
}

fn members() -> Vec<Value> {
    let metadata = cargo(&["metadata", "--no-deps", "--format-version", "1"]);
    let metadata: Value = serde_json::from_str(&metadata).expect("cargo writes JSON");
    metadata["packages"]
        .as_array()
        .expect("a list of packages")
        .clone()
}

fn name(package: &Value) -> &str {
    package["name"].as_str().expect("a name")
}

fn dependencies(package: &Value) -> impl Iterator<Item = &str> {
    package["dependencies"]
        .as_array()
        .expect("a list of dependencies")
        .iter()
        .map(name)
}

fn cargo(arguments: &[&str]) -> String {
    let mut cargo = Command::new(env!("CARGO"));
    let output = cargo
        .args(arguments)
        .current_dir(root())
        .output()
        .expect("cargo starts");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).expect("cargo writes text")
}

fn files_ending(ending: &str, folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a readable folder") {
        let path = entry.expect("a readable entry").path();
        if path.is_dir() {
            files_ending(ending, &path, found);
        } else if path.to_string_lossy().ends_with(ending) {
            found.push(path);
        }
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}
