//! A change that would break a client of the last release fails, unless it is declared.
//!
//! `docs/openapi/released.yaml` is the document of the last release, `docs/openapi/breaking.txt` what has been declared since.
//! A release renews both: `cargo xtask openapi --release`.

mod compare;
mod planted;
mod schema;

use std::collections::BTreeSet;
use std::fs;

use ori_backend::openapi::document;
use ori_backend::router::endpoints;
use serde_json::Value;

use self::compare::breaks;

#[test]
fn what_breaks_clients_of_the_last_release_is_declared() {
    let released: Value = yaml_serde::from_str(&read("released.yaml")).unwrap();
    let found: BTreeSet<String> = breaks(&released, &current()).into_iter().collect();
    let declared: BTreeSet<String> = read("breaking.txt")
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(str::to_owned)
        .collect();
    assert_eq!(
        found, declared,
        "left: what breaks clients of the last release; right: what docs/openapi/breaking.txt declares"
    );
}

fn current() -> Value {
    serde_json::to_value(document(endpoints())).unwrap()
}

fn read(name: &str) -> String {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/openapi/");
    fs::read_to_string(folder.to_owned() + name).unwrap()
}
