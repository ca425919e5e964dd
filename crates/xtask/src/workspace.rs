//! Where things lie in this repository.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The folder of the repository, from which every other path is derived.
pub(crate) struct Workspace {
    root: PathBuf,
}

impl Workspace {
    /// The workspace this task runner belongs to. Cargo says where at run time, so that a moved clone works.
    pub(crate) fn find() -> Self {
        let package =
            env::var_os("CARGO_MANIFEST_DIR").map_or(env!("CARGO_MANIFEST_DIR").into(), PathBuf::from);
        let root = package
            .ancestors()
            .nth(2)
            .map_or(package.clone(), Path::to_path_buf);
        Self { root }
    }

    /// The repository's root.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// The built page, which the server embeds.
    pub(crate) fn page(&self) -> PathBuf {
        self.target().join("page")
    }

    /// The folder in which cargo keeps what it compiled for the page.
    pub(crate) fn page_cache(&self) -> PathBuf {
        self.target().join("wasm")
    }

    /// The release binary.
    pub(crate) fn binary(&self) -> PathBuf {
        self.target().join("release/ori")
    }

    /// The binary that `cargo test` builds.
    pub(crate) fn debug_binary(&self) -> PathBuf {
        self.target().join("debug/ori")
    }

    /// The tests that use the API as integrators do, with the lists of their tools.
    pub(crate) fn api_clients(&self) -> PathBuf {
        self.root.join("crates/e2e/tests/api_clients")
    }

    /// Every build's output.
    pub(crate) fn target(&self) -> PathBuf {
        self.root.join("target")
    }

    /// The same cargo that started this task, at the root of the workspace. `target/release/ori` is promised to
    /// other tools, so a target folder set elsewhere does not count here.
    pub(crate) fn cargo(&self) -> Command {
        let mut cargo = Command::new(env::var_os("CARGO").unwrap_or("cargo".into()));
        cargo
            .current_dir(&self.root)
            .env("CARGO_TARGET_DIR", self.target());
        cargo
    }
}
