//! Reports the size of the page's files, raw and compressed.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

/// Kinds of file, with a row for all others.
const KINDS: [&str; 5] = ["html", "js", "wasm", "css", "other"];

/// Prints the size of the page in `folder` by kind of file, raw and brotli-compressed, in bytes.
///
/// # Errors
/// Fails if a file has no compressed sibling.
pub(crate) fn report(folder: &Path) -> Result<()> {
    print!("\n{}", table(&measure(folder)?));
    Ok(())
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Size {
    raw: u64,
    brotli: u64,
}

fn measure(folder: &Path) -> Result<[Size; KINDS.len()]> {
    let mut rows = [Size::default(); KINDS.len()];
    for entry in fs::read_dir(folder).with_context(|| format!("{} cannot be read", folder.display()))? {
        let file = entry?.path();
        let extension = file.extension().unwrap_or_default().to_string_lossy();
        if file.is_dir() {
            for (row, inner) in rows.iter_mut().zip(measure(&file)?) {
                *row = sum(*row, inner);
            }
        } else if extension != "br" {
            let kind = KINDS
                .iter()
                .position(|kind| *kind == extension)
                .unwrap_or(KINDS.len() - 1);
            rows[kind] = sum(rows[kind], size_of(&file)?);
        }
    }
    Ok(rows)
}

fn size_of(file: &Path) -> Result<Size> {
    let size = |path: &Path| {
        let known = fs::metadata(path).map(|metadata| metadata.len());
        known.with_context(|| format!("{} cannot be read", path.display()))
    };
    Ok(Size {
        raw: size(file)?,
        brotli: size(&file.with_added_extension("br"))?,
    })
}

fn sum(a: Size, b: Size) -> Size {
    Size {
        raw: a.raw + b.raw,
        brotli: a.brotli + b.brotli,
    }
}

fn total(rows: &[Size]) -> Size {
    rows.iter().copied().fold(Size::default(), sum)
}

fn table(rows: &[Size]) -> String {
    let line = |name: &str, raw: &str, brotli: &str| format!("{name:<10}{raw:>10}{brotli:>10}\n");
    let row = |name: &str, size: Size| line(name, &size.raw.to_string(), &size.brotli.to_string());
    let mut text = line("Page size", "raw", "brotli");
    for (kind, size) in KINDS.iter().zip(rows) {
        text += &row(kind, *size);
    }
    text + &row("total", total(rows))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_counts_once_under_its_kind() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, raw: usize, brotli: usize| {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, vec![b' '; raw]).unwrap();
            fs::write(path.with_added_extension("br"), vec![b' '; brotli]).unwrap();
        };
        file("index.html", 10, 5);
        file("page.js", 100, 50);
        file("snippets/inner/more.js", 30, 20);
        file("favicon.svg", 7, 3);
        let rows = measure(folder.path()).unwrap();
        assert_eq!(rows[0], Size { raw: 10, brotli: 5 });
        assert_eq!(rows[1], Size { raw: 130, brotli: 70 });
        assert_eq!(rows[4], Size { raw: 7, brotli: 3 });
        assert_eq!(total(&rows), Size { raw: 147, brotli: 78 });
        let table = table(&rows);
        assert!(table.ends_with("total            147        78\n"), "{table}");
    }

    #[test]
    fn a_file_without_its_compressed_sibling_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("index.html"), "").unwrap();
        assert!(report(folder.path()).is_err());
    }
}
