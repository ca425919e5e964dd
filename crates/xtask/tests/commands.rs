//! Runs the commands in simulated environments that lack tools. Each is a folder of scripts that replace rustc, cargo
//! and others, and a nearly empty clone.

#![expect(clippy::unwrap_used, reason = "in a test, a panic is the report")]

use std::env;
use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// Records its arguments, and installs and builds nothing.
const CARGO: &str = r#"echo "$*" >> "$HOME/cargo-calls""#;
/// Fails like cargo without a network.
const CARGO_OFFLINE: &str = r#"echo "error: Could not resolve host" >&2; exit 101"#;
/// Writes a page whose WASM exceeds every budget and cannot be compressed.
const TRUNK: &str = r#"
if [ "$1" = --version ]; then echo "trunk 0.21.14"; exit; fi
mkdir -p target/page
echo "<html></html>" > target/page/index.html
echo "let a = 1;" > target/page/page.js
head -c 1000000 /dev/urandom > target/page/page_bg.wasm
"#;
const WASM_BINDGEN: &str = r#"echo "wasm-bindgen 0.2.130""#;

struct Machine {
    folder: TempDir,
    variables: Vec<(&'static str, String)>,
}

/// Output of a command on both streams, and whether it succeeded.
struct Ran {
    text: String,
    success: bool,
}

impl Machine {
    /// Creates a machine with Rust and its WASM target.
    fn new() -> Self {
        let machine = Self::without_target();
        fs::create_dir_all(machine.at("sysroot/lib/rustlib/wasm32-unknown-unknown/lib")).unwrap();
        machine
    }

    fn without_target() -> Self {
        let machine = Self {
            folder: tempfile::tempdir().unwrap(),
            variables: Vec::new(),
        };
        for folder in ["bin", "home", "clone/crates/xtask", "clone/target"] {
            fs::create_dir_all(machine.at(folder)).unwrap();
        }
        let lock = "[[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.130\"\n";
        fs::write(machine.at("clone/Cargo.lock"), lock).unwrap();
        let tools = machine.at("clone/crates/e2e/tests/api_clients");
        for list in [
            "node/package.json",
            "node/package-lock.json",
            "python/requirements.txt",
        ] {
            fs::create_dir_all(tools.join(list).parent().unwrap()).unwrap();
            fs::write(tools.join(list), "").unwrap();
        }
        for program in ["sh", "mkdir", "chmod", "cat", "head", "env"] {
            symlink(on_path(program), machine.at("bin").join(program)).unwrap();
        }
        let sysroot = machine.at("sysroot");
        machine
            .with(
                "rustc",
                &format!(
                    "[ \"$1\" = --print ] && echo {} || echo 'rustc 1.95.0'",
                    sysroot.display()
                ),
            )
            .with("cargo", CARGO)
    }

    /// Adds a program to PATH.
    fn with(self, name: &str, script: &str) -> Self {
        write_program(&self.at("bin").join(name), script);
        self
    }

    fn with_page_tools(self) -> Self {
        self.with("trunk", TRUNK).with("wasm-bindgen", WASM_BINDGEN)
    }

    fn with_variable(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.variables.push((name, value.into()));
        self
    }

    fn at(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    fn xtask(&self, arguments: &[&str]) -> Ran {
        let output = Command::new(env!("CARGO_BIN_EXE_xtask"))
            .args(arguments)
            .env_clear()
            .env("PATH", self.at("bin"))
            .env("HOME", self.at("home"))
            .env("CARGO", self.at("bin/cargo"))
            .env("CARGO_MANIFEST_DIR", self.at("clone/crates/xtask"))
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let text = [output.stdout, output.stderr].concat();
        let text = String::from_utf8(text).unwrap();
        assert!(!text.contains('\x1b'), "colour codes in a pipe: {text}");
        Ran {
            text,
            success: output.status.success(),
        }
    }

    /// Returns the arguments of the calls of cargo, one call a line.
    fn cargo_calls(&self) -> String {
        fs::read_to_string(self.at("home/cargo-calls")).unwrap_or_default()
    }
}

fn on_path(program: &str) -> PathBuf {
    let path = env::var_os("PATH").unwrap();
    env::split_paths(&path)
        .map(|folder| folder.join(program))
        .find(|program| program.is_file())
        .unwrap()
}

fn write_program(path: &Path, script: &str) {
    fs::write(path, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// Returns a cargo-binstall that runs `script` with `$program` and `$bin`, its last argument.
fn binstall(script: &str) -> String {
    format!(
        r#"for bin; do :; done
case $1 in trunk@0.21.14) program=trunk;; wasm-bindgen-cli@0.2.130) program=wasm-bindgen;; esac
{script}"#
    )
}

#[test]
fn an_error_ends_with_the_action_to_take() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = listener.local_addr().unwrap().to_string();
    for (machine, arguments, sentences) in [
        (
            Machine::without_target(),
            ["build", "--wasm=rustup"].as_slice(),
            [
                "error: this system has no rustup",
                "install it from https://rustup.rs",
            ],
        ),
        (
            Machine::without_target().with("rustup", "exit 1"),
            &["run", "--wasm=rustup"],
            [
                "error: `rustup target add wasm32-unknown-unknown` failed",
                "check the connection",
            ],
        ),
        (
            Machine::new().with("cargo", CARGO_OFFLINE),
            &["run"],
            [
                "error: trunk 0.21.14 could not be installed",
                "check the connection to crates.io, then run this command again",
            ],
        ),
        (
            Machine::new(),
            &["test"],
            [
                "error: this system has no apt-get: install by hand ",
                "Chromium and a chromedriver of the same version",
            ],
        ),
        (
            // For root it fails in apt-get, for other users before.
            Machine::new().with("apt-get", "exit 100"),
            &["test"],
            ["error: ", "Python 3.11 or newer with its venv module"],
        ),
        (
            Machine::new().with_variable("ORI_LISTEN", taken.as_str()),
            &["run"],
            [
                "error: another program listens on 127.0.0.1:",
                "stop it, or set ORI_LISTEN to another address",
            ],
        ),
        (
            Machine::new().with_variable("ORI_LISTEN", "8080"),
            &["run"],
            [
                "error: ORI_LISTEN=8080",
                "is not an address such as 127.0.0.1:8080",
            ],
        ),
    ] {
        let ran = machine.xtask(arguments);
        assert!(!ran.success, "{arguments:?}: {}", ran.text);
        let last = ran.text.lines().last().unwrap_or_default();
        for sentence in sentences {
            assert!(last.contains(sentence), "{arguments:?}: {}", ran.text);
        }
    }
}

/// Otherwise the error would come after minutes of building.
#[test]
fn nothing_is_built_for_an_address_that_is_taken() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = listener.local_addr().unwrap().to_string();
    let machine = Machine::new()
        .with_page_tools()
        .with_variable("ORI_LISTEN", taken);
    machine.xtask(&["run"]);
    assert_eq!(machine.cargo_calls(), "");
}

#[test]
fn the_steps_are_announced_before_the_first_one_and_numbered() {
    let machine = Machine::new();
    let ran = machine.xtask(&["build"]);
    let overview = "4 steps, about 13 minutes in all on two cores:
  1. Compile trunk 0.21.14, about 4 minutes
  2. Compile wasm-bindgen 0.2.130, about 2 minutes
  3. Compile the page, about 3 minutes
  4. Compile the server, about 4 minutes

==> Step 1 of 4: Compile trunk 0.21.14, about 4 minutes
";
    assert!(ran.text.starts_with(overview), "{}", ran.text);
}

#[test]
fn a_page_of_any_size_is_built_and_its_size_is_printed() {
    let machine = Machine::new().with_page_tools();
    let ran = machine.xtask(&["build"]);
    assert!(ran.success, "{}", ran.text);
    let size = ran.text.rsplit_once("Page size").expect("the sizes").1;
    assert!(size.contains("wasm         1000000   1000"), "{size}");
    assert!(
        machine
            .cargo_calls()
            .starts_with("build --release --package ori-backend")
    );
    let again = machine.xtask(&["build"]);
    assert!(
        again.text.starts_with("The page is up to date."),
        "{}",
        again.text
    );
}

/// All these tests read a pipe; here the environment asks for colours.
#[test]
fn output_to_a_pipe_has_no_colours() {
    let cargo =
        r#"[ "$CARGO_TERM_COLOR" = never ] && [ "$NO_COLOR" ] && [ -z "$FORCE_COLOR" ] || printf '\033[32m'"#;
    let machine = Machine::new()
        .with_page_tools()
        .with("cargo", cargo)
        .with_variable("CARGO_TERM_COLOR", "always")
        .with_variable("FORCE_COLOR", "1");
    assert!(machine.xtask(&["build"]).success);
}

#[test]
fn a_tool_on_path_is_used_in_the_right_version_only() {
    for (version, installs) in [("0.21.14", false), ("0.21.13", true)] {
        let trunk = TRUNK.replace("0.21.14", version);
        let machine = Machine::new().with_page_tools().with("trunk", &trunk);
        machine.xtask(&["build"]);
        let installed = machine.cargo_calls().contains("install trunk --version 0.21.14");
        assert_eq!(installed, installs, "trunk {version}");
    }
}

#[test]
fn cargo_binstall_downloads_the_tools_if_it_is_installed() {
    let downloads =
        binstall(r#"mkdir -p "$bin"; cat "$HOME/$program" > "$bin/$program"; chmod +x "$bin/$program""#);
    let machine = Machine::new().with("cargo-binstall", &downloads);
    write_program(&machine.at("home/trunk"), TRUNK);
    write_program(&machine.at("home/wasm-bindgen"), WASM_BINDGEN);
    let ran = machine.xtask(&["build"]);
    assert!(ran.success, "{}", ran.text);
    assert!(
        ran.text
            .contains("Step 2 of 4: Download wasm-bindgen 0.2.130, less than a minute")
    );
    assert!(!machine.cargo_calls().contains("install"));
}

#[test]
fn a_tool_that_cargo_binstall_cannot_download_is_compiled() {
    for (script, reason) in [
        ("exit 94", "failed: exit status: 94. Compiling it"),
        (
            r#"mkdir -p "$bin"; echo > "$bin/$program""#,
            "the downloaded trunk does not run here. Compiling it",
        ),
    ] {
        let machine = Machine::new().with("cargo-binstall", &binstall(script));
        let ran = machine.xtask(&["build"]);
        assert!(ran.text.contains(reason), "{}", ran.text);
        assert!(machine.cargo_calls().contains("install trunk --version 0.21.14"));
    }
}

#[test]
fn another_toolchain_builds_another_page() {
    let machine = Machine::new().with_page_tools();
    assert!(machine.xtask(&["build"]).success);
    let sysroot = machine.at("sysroot");
    let newer = format!(
        "[ \"$1\" = --print ] && echo {} || echo 'rustc 1.96.0'",
        sysroot.display()
    );
    let machine = machine.with("rustc", &newer);
    let ran = machine.xtask(&["build"]);
    assert!(ran.text.contains("Compile the page"), "{}", ran.text);
}

/// Returns a cargo whose tests are one program with one test.
fn cargo_with_test(source: &Path, program: &Path) -> String {
    let message = format!(
        r#"{{"reason":"compiler-artifact","target":{{"src_path":"{}"}},"profile":{{"test":true}},"executable":"{}"}}"#,
        source.display(),
        program.display()
    );
    format!("{CARGO}\ncase \"$*\" in *--no-run*) echo '{message}';; esac")
}

#[test]
fn a_filter_installs_only_the_requirements_of_its_tests() {
    for (source, needs) in [
        ("shared/src/lib.rs", None),
        (
            "crates/bench/tests/instructions.rs",
            Some("install by hand Valgrind;"),
        ),
        (
            "crates/e2e/tests/browser/main.rs",
            Some("Chromium and a chromedriver"),
        ),
    ] {
        let machine = Machine::new();
        let tests = machine.at("tests");
        // Lists its test if the filter matches, like libtest.
        write_program(&tests, r#"[ "$4" = keys ] && echo "list::keys: test" || true"#);
        let cargo = cargo_with_test(&machine.at("clone").join(source), &tests);
        let machine = machine.with("cargo", &cargo);
        let ran = machine.xtask(&["test", "keys"]);
        match needs {
            None => {
                assert!(ran.success, "{source}: {}", ran.text);
                let calls = machine.cargo_calls();
                assert!(
                    calls.ends_with("test --workspace --no-fail-fast -- keys\n"),
                    "{calls}"
                );
                assert!(!calls.contains("build"), "{calls}");
            }
            Some(needs) => assert!(ran.text.contains(needs), "{source}: {}", ran.text),
        }
        let other = machine.xtask(&["test", "calls"]);
        let sentence = "error: no test has a name that contains calls";
        assert!(other.text.contains(sentence), "{source}: {}", other.text);
    }
}
