//! Runs other programs.

use std::env;
use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

/// Prints the heading of a step.
pub(crate) fn step(what: &str) {
    println!("\n==> {what}");
}

/// Runs a program to its end and shows its output.
///
/// # Errors
/// Fails with the command line if the program does not start or does not succeed.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let line = command_line(command);
    if !io::stdout().is_terminal() {
        without_colours(command);
    }
    let status = command
        .stdin(Stdio::null())
        .status()
        .with_context(|| format!("`{line}` could not be started"))?;
    if !status.success() {
        bail!("`{line}` failed: {status}");
    }
    Ok(())
}

/// Turns colours off, even if the environment asks for them: continuous integration often sets CARGO_TERM_COLOR to
/// `always`.
fn without_colours(command: &mut Command) {
    // Not `1`: trunk accepts only `true` and `false`.
    command.env("NO_COLOR", "true").env("CARGO_TERM_COLOR", "never");
    command.env_remove("FORCE_COLOR").env_remove("CLICOLOR_FORCE");
}

/// Runs a program and returns its standard output.
pub(crate) fn read(command: &mut Command) -> Result<String> {
    let line = command_line(command);
    let output = command
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("`{line}` could not be started"))?;
    if !output.status.success() {
        bail!("`{line}` failed: {}", output.status);
    }
    String::from_utf8(output.stdout).with_context(|| format!("`{line}` printed invalid UTF-8"))
}

/// Returns whether a program runs and succeeds. Its output is discarded.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    let quiet = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    quiet.status().is_ok_and(|status| status.success())
}

/// Runs a program and returns its standard output, or `None` if it fails. Its errors are discarded.
pub(crate) fn read_quietly(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    output
        .status
        .success()
        .then_some(output.stdout)
        .and_then(|text| String::from_utf8(text).ok())
}

/// Returns the path of a program on PATH.
pub(crate) fn find(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path)
        .map(|folder| folder.join(name))
        .find(|program| program.is_file())
}

/// Returns PATH with the given folders before all others.
pub(crate) fn path_with(folders: &[&Path]) -> Result<std::ffi::OsString> {
    let path = env::var_os("PATH").unwrap_or_default();
    let first = folders.iter().map(|folder| folder.to_path_buf());
    env::join_paths(first.chain(env::split_paths(&path))).context("PATH cannot be extended")
}

fn command_line(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words
        .map(|word| word.to_string_lossy())
        .collect::<Vec<_>>()
        .join(" ")
}
