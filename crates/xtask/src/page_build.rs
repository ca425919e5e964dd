//! Builds the page: compiles it to WASM with trunk and compresses it, if anything has changed.

use std::env;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use brotli::CompressorWriter;

use crate::cmd;
use crate::fingerprint::Fingerprint;
use crate::setup::{self, PageTools, Toolchain, Wasm};
use crate::steps::{Estimate, Steps};
use crate::workspace::Workspace;

/// Inputs of the page. The lock file contains the version of wasm-bindgen, too.
const INPUTS: [&str; 6] = [
    "frontend",
    "shared",
    "Cargo.toml",
    "Cargo.lock",
    "Trunk.toml",
    ".cargo/config.toml",
];

/// Adds the steps that update `target/page`, if it is out of date.
pub(crate) fn plan<'a>(
    steps: &mut Steps<'a>,
    workspace: &'a Workspace,
    wasm: Option<Toolchain>,
) -> Result<()> {
    if let Some(wasm) = Wasm::find(wasm)?
        && fingerprint(workspace, &wasm)?.is_fresh()?
    {
        println!("The page is up to date.");
        return Ok(());
    }
    setup::plan_page(steps, workspace, wasm)?;
    let estimate = if workspace.page_cache().is_dir() {
        Estimate::UpToMinutes(3)
    } else {
        Estimate::Minutes(3)
    };
    steps.add("Compile the page", estimate, move || compile(workspace, wasm));
    Ok(())
}

fn compile(workspace: &Workspace, wasm: Option<Toolchain>) -> Result<()> {
    let tools = setup::page_tools(workspace, wasm)?;
    let fingerprint = fingerprint(workspace, &tools.wasm)?;
    fingerprint.clear()?;
    cmd::run(&mut trunk(workspace, &tools)?)?;
    compress(&workspace.page())?;
    fingerprint.save()
}

fn fingerprint(workspace: &Workspace, wasm: &Wasm) -> Result<Fingerprint> {
    let inputs = INPUTS.map(|input| workspace.root().join(input));
    let file = workspace.target().join("page.fingerprint");
    Fingerprint::new(file, &inputs, &wasm.identity()?, workspace.page())
}

/// Returns the trunk command. Trunk searches PATH for wasm-bindgen, and downloads it if none of the locked version is
/// there.
fn trunk(workspace: &Workspace, tools: &PageTools) -> Result<Command> {
    let mut trunk = Command::new(tools.trunk.join("trunk"));
    trunk.args(["build", "--release"]).current_dir(workspace.root());
    trunk.env("PATH", cmd::path_with(&[&tools.wasm_bindgen])?);
    trunk.env("TRUNK_SKIP_VERSION_CHECK", "true");
    // A separate folder: otherwise, the compilers of the page and of the server would discard each other's results.
    trunk.env("CARGO_TARGET_DIR", workspace.page_cache());
    // Trunk accepts only `true` or `false`, although other programs use `1`.
    if env::var_os("NO_COLOR").is_some() {
        trunk.env("NO_COLOR", "true");
    }
    tools.wasm.apply_to(&mut trunk);
    Ok(trunk)
}

/// Writes `<file>.br` beside every file, so that the server does not compress during a request.
fn compress(folder: &Path) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| format!("{} cannot be read", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            compress(&path)?;
        } else if path.extension().is_none_or(|extension| extension != "br") {
            compress_file(&path).with_context(|| format!("{} cannot be compressed", path.display()))?;
        }
    }
    Ok(())
}

fn compress_file(path: &Path) -> Result<()> {
    const QUALITY: u32 = 11;
    const WINDOW_BITS: u32 = 22;
    let target = BufWriter::new(File::create(path.with_added_extension("br"))?);
    let mut writer = CompressorWriter::new(target, 64 * 1024, QUALITY, WINDOW_BITS);
    writer.write_all(&fs::read(path)?)?;
    writer.into_inner().flush()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_compressed_file_decompresses_to_the_original() {
        let folder = tempfile::tempdir().unwrap();
        let page = folder.path().join("index.html");
        fs::write(&page, "<p>Hello</p>".repeat(1000)).unwrap();
        compress(folder.path()).unwrap();
        let compressed = fs::read(page.with_added_extension("br")).unwrap();
        assert!(compressed.len() < 100);
        let mut read = Vec::new();
        brotli::BrotliDecompress(&mut compressed.as_slice(), &mut read).unwrap();
        assert_eq!(read, fs::read(&page).unwrap());
    }

    #[test]
    fn compressing_again_skips_compressed_files() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("page.js"), "let a = 1;").unwrap();
        compress(folder.path()).unwrap();
        compress(folder.path()).unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }
}
