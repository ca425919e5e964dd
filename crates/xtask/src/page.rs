//! The page: compiled to WASM by trunk, compressed, weighed. Done only when something has changed.

use std::env;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use brotli::CompressorWriter;

use crate::glue;
use crate::setup::{self, PageTools};
use crate::shell;
use crate::stamp::Stamp;
use crate::weight;
use crate::workspace::Workspace;

/// What the page is made from. The lock file names the version of wasm-bindgen, too.
const INPUTS: [&str; 5] = ["frontend", "shared", "Cargo.toml", "Cargo.lock", "Trunk.toml"];

/// Makes sure that `target/page` is what the sources say, and not too heavy.
pub(crate) fn build(workspace: &Workspace) -> Result<()> {
    let inputs = INPUTS.map(|input| workspace.root().join(input));
    let stamp = Stamp::new(workspace.target().join("page.stamp"), &inputs, workspace.page())?;
    if stamp.is_fresh()? {
        println!("The page is up to date.");
    } else {
        stamp.lift()?;
        let tools = setup::for_page(workspace)?;
        shell::step("Compiling the page with trunk (about 3 minutes the first time)");
        shell::run(&mut trunk(workspace, &tools)?)?;
        glue::number_names(&workspace.page())?;
        compress(&workspace.page())?;
        stamp.press()?;
    }
    weight::check(&workspace.page(), setup::has_ready_made_libraries()?)
}

/// Trunk looks for wasm-bindgen on PATH, and downloads one if it finds none of the locked version there.
fn trunk(workspace: &Workspace, tools: &PageTools) -> Result<Command> {
    let mut trunk = Command::new(tools.trunk.join("trunk"));
    trunk.args(["build", "--release"]).current_dir(workspace.root());
    trunk.env("PATH", shell::path_with(&[&tools.wasm_bindgen])?);
    trunk.env("TRUNK_SKIP_VERSION_CHECK", "true");
    // Its own folder: the two compilers that may be at work here would discard each other's results.
    trunk.env("CARGO_TARGET_DIR", workspace.target().join("wasm"));
    // Trunk takes only `true` or `false` here, where the rest of the world says `1`.
    if env::var_os("NO_COLOR").is_some() {
        trunk.env("NO_COLOR", "true");
    }
    tools.wasm.apply_to(&mut trunk);
    Ok(trunk)
}

/// Writes `<file>.br` beside every file, so that the server compresses nothing while somebody waits.
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
    fn a_compressed_file_reads_back_as_it_was() {
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
    fn compressing_again_makes_no_siblings_of_siblings() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("page.js"), "let a = 1;").unwrap();
        compress(folder.path()).unwrap();
        compress(folder.path()).unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }
}
