//! Runs all tests, or those that a filter selects.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, bail};
use serde_json::Value;

use crate::setup::{self, Need, Toolchain};
use crate::steps::{Estimate, Steps};
use crate::workspace::Workspace;
use crate::{build, cmd};

/// Requirements of the test programs by root source file. A program that is not listed needs only a compiler.
const NEEDS: &[(&str, &[Need])] = &[
    (API_TESTS, &[Need::Postgres]),
    ("backend/tests/cluster/main.rs", &[Need::Postgres, Need::Haproxy]),
    ("backend/tests/postgres/main.rs", &[Need::Postgres]),
    ("crates/bench/tests/instructions.rs", &[Need::Valgrind]),
    (
        "crates/e2e/tests/browser/main.rs",
        &[Need::Console, Need::Browser],
    ),
    (
        "crates/e2e/tests/api_clients/main.rs",
        &[Need::Console, Need::Node, Need::Python],
    ),
    ("crates/store-postgres/tests/contract/main.rs", &[Need::Postgres]),
];

/// Test program whose tests in [`EACH_ENGINE`] run on SQLite, and then on PostgreSQL.
const API_TESTS: &str = "backend/tests/api/main.rs";
const EACH_ENGINE: &str = "each_engine::";

/// Installs the requirements, builds the binaries, and runs the tests whose name contains one of `filters`, or all
/// tests without a filter.
pub(crate) fn test(workspace: &Workspace, filters: &[String], wasm: Option<Toolchain>) -> Result<()> {
    let selected = if filters.is_empty() {
        Selected::all()
    } else {
        Selected::by(workspace, filters)?
    };
    let needs = selected.needs;
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
        // Continues after a failure: a second failure often explains the first.
        cargo.args(["test", "--workspace", "--no-fail-fast"]);
        if !filters.is_empty() {
            cargo.arg("--").args(filters);
        }
        setup::name_tools(&mut cargo, workspace, &needs)?;
        let on_default_engine = cmd::run(&mut cargo);
        if selected.on_each_engine.is_empty() {
            return on_default_engine;
        }
        let mut cargo = workspace.cargo();
        // The whole workspace, so that the features are the same and nothing is compiled again.
        cargo.args(["test", "--workspace", "--no-fail-fast", "--test", "api", "--"]);
        cargo
            .args(&selected.on_each_engine)
            .env("ORI_TEST_ENGINE", "postgres");
        setup::name_tools(&mut cargo, workspace, &needs)?;
        on_default_engine.and(cmd::run(&mut cargo))
    });
    steps.run()
}

/// Selected tests and their requirements.
struct Selected {
    needs: BTreeSet<Need>,
    /// Filters of the tests that run once more, on PostgreSQL.
    on_each_engine: Vec<String>,
}

impl Selected {
    fn all() -> Self {
        Self {
            needs: Need::ALL.into(),
            on_each_engine: vec![EACH_ENGINE.to_owned()],
        }
    }

    /// Compiles the test programs, and selects the tests whose name contains one of `filters`.
    fn by(workspace: &Workspace, filters: &[String]) -> Result<Self> {
        cmd::step("Compiling the tests to determine their requirements (several minutes the first time)");
        let mut cargo = workspace.cargo();
        cargo.args([
            "test",
            "--workspace",
            "--no-run",
            "--message-format",
            "json-render-diagnostics",
        ]);
        let messages = cmd::read(&mut cargo)?;
        let mut selected = Self {
            needs: BTreeSet::new(),
            on_each_engine: Vec::new(),
        };
        let mut found = false;
        for program in messages.lines().filter_map(test_program) {
            let tests = program.tests(filters)?;
            if tests.is_empty() {
                continue;
            }
            found = true;
            selected
                .needs
                .extend(needs_of_source(workspace.root(), &program.source));
            if program.source == workspace.root().join(API_TESTS) {
                let repeated = tests.into_iter().filter(|test| test.starts_with(EACH_ENGINE));
                selected.on_each_engine.extend(repeated);
            }
        }
        if !found {
            bail!("no test has a name that contains {}", filters.join(" or "));
        }
        Ok(selected)
    }
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
    /// Returns the names of the tests that contain one of `filters`.
    fn tests(&self, filters: &[String]) -> Result<Vec<String>> {
        let mut list = Command::new(&self.executable);
        list.args(["--list", "--format", "terse"]).args(filters);
        let list = cmd::read(&mut list)?;
        let names = list.lines().filter_map(|line| line.strip_suffix(": test"));
        Ok(names.map(str::to_owned).collect())
    }
}

/// Parses a message of cargo. Returns `None` for a message about anything else than a test program.
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
