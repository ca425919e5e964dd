//! Tools that `cargo xtask test` installed.

use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Returns the path of the API description in the repository.
pub(crate) fn description() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../openapi.yaml")
}

/// Returns the path of a file beside these tests.
pub(crate) fn source(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/api_clients")
        .join(name)
}

/// Returns the folder that contains `node_modules`.
pub(crate) fn node_tools() -> PathBuf {
    folder("NODE_TOOLS")
}

/// Returns a command for Node.
pub(crate) fn node() -> Command {
    Command::new("node")
}

/// Returns a command for a program of `node_modules`.
pub(crate) fn node_program(name: &str) -> Command {
    Command::new(node_tools().join("node_modules/.bin").join(name))
}

/// Returns a command for the Python with the packages.
pub(crate) fn python() -> Command {
    Command::new(folder("PYTHON_TOOLS").join("bin/python"))
}

/// Runs the command and returns its output.
///
/// # Panics
/// Panics with the output if the command fails.
pub(crate) fn passes(command: &mut Command) -> String {
    let name = command.get_program().to_owned();
    let output = command
        // The server is on this machine, so a configured proxy is bypassed.
        .envs(["NO_PROXY", "no_proxy"].map(|name| (name, "127.0.0.1")))
        .stdin(Stdio::null())
        .output()
        .unwrap_or_else(|error| panic!("{} does not start: {error}", name.display()));
    let printed = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    let arguments: Vec<&OsStr> = command.get_args().collect();
    assert!(
        output.status.success(),
        "{} {arguments:?}: {}\n{printed}",
        name.display(),
        output.status
    );
    printed
}

fn folder(variable: &str) -> PathBuf {
    let path = env::var_os(variable).map(PathBuf::from);
    path.unwrap_or_else(|| {
        panic!(
            "{variable} is not set: run these tests with `cargo xtask test`, which installs what they need"
        )
    })
}
