//! Paths of this repository.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Root folder of the repository, from which every other path is derived.
pub(crate) struct Workspace {
    root: PathBuf,
}

impl Workspace {
    /// Returns the workspace of this task runner. The path is determined at run time, so that a moved clone works.
    pub(crate) fn find() -> Self {
        let package =
            env::var_os("CARGO_MANIFEST_DIR").map_or(env!("CARGO_MANIFEST_DIR").into(), PathBuf::from);
        let root = package
            .ancestors()
            .nth(2)
            .map_or(package.clone(), Path::to_path_buf);
        Self { root }
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Returns the folder of the built page, which the server embeds.
    pub(crate) fn page(&self) -> PathBuf {
        self.target().join("page")
    }

    /// Returns cargo's target folder for the page.
    pub(crate) fn page_cache(&self) -> PathBuf {
        self.target().join("wasm")
    }

    /// Returns the path of the release binary.
    pub(crate) fn binary(&self) -> PathBuf {
        self.target().join("release/ori")
    }

    /// Returns the path of the debug binary, which `cargo test` builds.
    pub(crate) fn debug_binary(&self) -> PathBuf {
        self.target().join("debug/ori")
    }

    /// Returns the folder of the tests that use the API with other people's tools, which contains their lock files.
    pub(crate) fn api_clients(&self) -> PathBuf {
        self.root.join("crates/e2e/tests/api_clients")
    }

    /// Returns the target folder.
    pub(crate) fn target(&self) -> PathBuf {
        self.root.join("target")
    }

    /// Returns a command for the cargo that started this task, in the root folder. Other tools rely on
    /// `target/release/ori`, so a target folder that is set elsewhere is ignored.
    pub(crate) fn cargo(&self) -> Command {
        let mut cargo = Command::new(env::var_os("CARGO").unwrap_or("cargo".into()));
        cargo
            .current_dir(&self.root)
            .env("CARGO_TARGET_DIR", self.target());
        cargo
    }
}
