//! The names by which the page's WASM and its JavaScript find each other.
//!
//! wasm-bindgen ends each with a hash, 16 digits that no compression makes shorter, and they stand in both files. A
//! number in their place tells the names apart as well. It has as many digits, so that nothing moves in the WASM.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

const DIGITS: usize = 16;
/// How the names begin, whatever their hash belongs to.
const PREFIX: &[u8] = b"__wbg_";

/// Numbers the names in the WASM and the JavaScript of that folder.
pub(crate) fn number_names(folder: &Path) -> Result<()> {
    let (script, wasm) = (only(folder, "js")?, only(folder, "wasm")?);
    let mut contents = [fs::read(&script)?, fs::read(&wasm)?];
    for (number, hash) in hashes(&contents[0]).iter().enumerate() {
        let number = format!("{number:0DIGITS$}");
        for content in &mut contents {
            replace(content, hash, number.as_bytes());
        }
    }
    fs::write(script, &contents[0])?;
    fs::write(wasm, &contents[1])?;
    Ok(())
}

/// The one file with that extension.
fn only(folder: &Path, extension: &str) -> Result<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| format!("{} cannot be read", folder.display()))? {
        found.push(entry?.path());
    }
    found.retain(|path| path.extension().is_some_and(|known| known == extension));
    match found.as_slice() {
        [path] => Ok(path.clone()),
        _ => bail!("there is not one .{extension} file in {}", folder.display()),
    }
}

/// Each hash at the end of a name, once.
fn hashes(script: &[u8]) -> Vec<Vec<u8>> {
    let mut hashes: Vec<Vec<u8>> = Vec::new();
    for word in script.split(|byte| !byte.is_ascii_alphanumeric() && *byte != b'_') {
        let Some((name, hash)) = word.split_at_checked(word.len().saturating_sub(DIGITS)) else {
            continue;
        };
        let is_hash = name.starts_with(PREFIX) && name.ends_with(b"_") && hash.iter().all(is_hex);
        if is_hash && !hashes.iter().any(|known| known == hash) {
            hashes.push(hash.to_vec());
        }
    }
    hashes
}

fn is_hex(byte: &u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'a'..=b'f')
}

fn replace(content: &mut [u8], hash: &[u8], number: &[u8]) {
    let mut from = 0;
    while let Some(place) = content[from..].windows(hash.len()).position(|part| part == hash) {
        let name = from + place..from + place + hash.len();
        from = name.end;
        content[name].copy_from_slice(number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_files_get_the_same_number_for_the_same_name_and_nothing_moves() {
        let folder = tempfile::tempdir().unwrap();
        let script =
            "let a = { __wbg_get_0123456789abcdef: f, __wbg_log_fedcba9876543210: g, __wbg_load() {} };";
        let wasm = b"\0asm\x1a__wbg_log_fedcba9876543210\x1a__wbg_get_0123456789abcdef\xff";
        fs::write(folder.path().join("page.js"), script).unwrap();
        fs::write(folder.path().join("page_bg.wasm"), wasm).unwrap();
        number_names(folder.path()).unwrap();
        assert_eq!(
            fs::read_to_string(folder.path().join("page.js")).unwrap(),
            "let a = { __wbg_get_0000000000000000: f, __wbg_log_0000000000000001: g, __wbg_load() {} };"
        );
        assert_eq!(
            fs::read(folder.path().join("page_bg.wasm")).unwrap(),
            b"\0asm\x1a__wbg_log_0000000000000001\x1a__wbg_get_0000000000000000\xff"
        );
    }

    #[test]
    fn a_page_of_other_files_is_a_fault() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("page.js"), "").unwrap();
        assert!(number_names(folder.path()).is_err());
    }
}
