//! Runs the tests, all of them or those that a filter names.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, bail};
use serde_json::Value;

use crate::setup::{self, Need, Toolchain};
use crate::steps::{Estimate, Steps};
use crate::workspace::Workspace;
use crate::{build, shell};

/// What the test programs need, by their root source file. One that is not listed needs a compiler only.
const NEEDS: &[(&str, &[Need])] = &[
    ("backend/tests/cluster/main.rs", &[Need::Postgres, Need::Haproxy]),
    ("backend/tests/postgres/main.rs", &[Need::Postgres]),
    ("crates/bench/tests/instructions.rs", &[Need::Valgrind]),
    (
        "crates/e2e/tests/browser/main.rs",
        &[Need::Console, Need::Browser],
    ),
    (
        "crates/e2e/tests/integrators/main.rs",
        &[Need::Console, Need::Node, Need::Python],
    ),
    ("crates/store-postgres/tests/contract/main.rs", &[Need::Postgres]),
];

/// Installs what the tests need, builds what they drive, and runs those whose name contains one of `filters`, or all
/// of them without a filter.
pub(crate) fn test(workspace: &Workspace, filters: &[String], wasm: Option<Toolchain>) -> Result<()> {
    let needs = if filters.is_empty() {
        Need::ALL.into()
    } else {
        needs_of(workspace, filters)?
    };
    let mut steps = Steps::default();
    setup::plan(&mut steps, workspace, &needs)?;
    if needs.contains(&Need::Console) {
        build::plan(&mut steps, workspace, wasm)?;
    }
    let (name, estimate) = if filters.is_empty() {
        ("Compile and run all tests".to_owned(), Estimate::Minutes(25))
    } else {
        (
            format!("Run the tests named {}", filters.join(", ")),
            Estimate::UpToMinutes(25),
        )
    };
    steps.add(name, estimate, || {
        let mut cargo = workspace.cargo();
        // All of them, even after a failure: the second one often explains the first.
        cargo.args(["test", "--workspace", "--no-fail-fast"]);
        if !filters.is_empty() {
            cargo.arg("--").args(filters);
        }
        setup::name_tools(&mut cargo, workspace, &needs)?;
        shell::run(&mut cargo)
    });
    steps.run()
}

/// Compiles the test programs, and returns what those of them need that have a test of such a name.
fn needs_of(workspace: &Workspace, filters: &[String]) -> Result<BTreeSet<Need>> {
    shell::step("Compiling the tests, to see what these need (several minutes the first time)");
    let mut cargo = workspace.cargo();
    cargo.args([
        "test",
        "--workspace",
        "--no-run",
        "--message-format",
        "json-render-diagnostics",
    ]);
    let messages = shell::read(&mut cargo)?;
    let mut needs = BTreeSet::new();
    let mut found = false;
    for program in messages.lines().filter_map(test_program) {
        if program.has_test(filters)? {
            found = true;
            needs.extend(needs_of_source(workspace.root(), &program.source));
        }
    }
    if !found {
        bail!("no test has a name that contains {}", filters.join(" or "));
    }
    Ok(needs)
}

fn needs_of_source(root: &Path, source: &Path) -> &'static [Need] {
    let row = NEEDS.iter().find(|(path, _)| root.join(path) == source);
    row.map_or(&[], |(_, needs)| needs)
}

/// A compiled test program.
#[derive(Debug, PartialEq)]
struct TestProgram {
    source: PathBuf,
    executable: PathBuf,
}

impl TestProgram {
    fn has_test(&self, filters: &[String]) -> Result<bool> {
        let mut list = Command::new(&self.executable);
        list.args(["--list", "--format", "terse"]).args(filters);
        let list = shell::read(&mut list)?;
        Ok(list.lines().any(|line| line.ends_with(": test")))
    }
}

/// Reads one of cargo's messages. Returns `None` for a message about anything else than a test program.
fn test_program(message: &str) -> Option<TestProgram> {
    let message: Value = serde_json::from_str(message).ok()?;
    if message["reason"] != "compiler-artifact" || message["profile"]["test"] != true {
        return None;
    }
    Some(TestProgram {
        source: message["target"]["src_path"].as_str()?.into(),
        executable: message["executable"].as_str()?.into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_listed_program_exists() {
        let workspace = Workspace::find();
        for (path, needs) in NEEDS {
            assert!(workspace.root().join(path).is_file(), "{path}");
            assert_eq!(
                needs_of_source(workspace.root(), &workspace.root().join(path)),
                *needs
            );
        }
    }

    #[test]
    fn any_other_program_needs_nothing() {
        let root = Path::new("/clone");
        assert_eq!(needs_of_source(root, &root.join("shared/src/lib.rs")), []);
    }

    #[test]
    fn only_test_programs_are_read_from_the_messages() {
        let message = |test: bool| {
            format!(
                r#"{{"reason":"compiler-artifact","target":{{"src_path":"/clone/a.rs"}},"profile":{{"test":{test}}},"executable":"/clone/target/a"}}"#
            )
        };
        assert_eq!(
            test_program(&message(true)),
            Some(TestProgram {
                source: "/clone/a.rs".into(),
                executable: "/clone/target/a".into()
            })
        );
        for other in [&message(false), r#"{"reason":"build-finished"}"#, "no JSON"] {
            assert_eq!(test_program(other), None, "{other}");
        }
    }
}
