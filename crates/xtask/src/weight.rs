//! What the page weighs on its way to a visitor.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

/// The most that the page may weigh, brotli-compressed, in bytes: what it weighs, and some 2 % for what is yet to come.
const LIMIT: u64 = 142_500;

/// What it may weigh beyond that where the compiler brings its libraries ready made, with the words of every panic: a
/// tenth.
const READY_MADE: u64 = 14_500;

/// The kinds of file, and the row for all that is none of them.
const KINDS: [&str; 5] = ["html", "js", "wasm", "css", "other"];

/// Prints the weight of the page in `folder`, file kind by file kind; fails if the whole is too heavy. `ready_made` is
/// whether the compiler's libraries were not compiled with it.
pub(crate) fn check(folder: &Path, ready_made: bool) -> Result<()> {
    let limit = if ready_made { LIMIT + READY_MADE } else { LIMIT };
    let rows = weigh(folder)?;
    print!("{}", table(&rows, limit));
    let total = total(&rows);
    if total.brotli > limit {
        bail!(
            "the page weighs {} bytes, {} over the limit of {limit}",
            total.brotli,
            total.brotli - limit
        );
    }
    Ok(())
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Weight {
    raw: u64,
    brotli: u64,
}

fn weigh(folder: &Path) -> Result<[Weight; KINDS.len()]> {
    let mut rows = [Weight::default(); KINDS.len()];
    for entry in fs::read_dir(folder).with_context(|| format!("{} cannot be read", folder.display()))? {
        let file = entry?.path();
        let extension = file.extension().unwrap_or_default().to_string_lossy();
        if file.is_dir() {
            for (row, inner) in rows.iter_mut().zip(weigh(&file)?) {
                *row = sum(*row, inner);
            }
        } else if extension != "br" {
            let kind = KINDS
                .iter()
                .position(|kind| *kind == extension)
                .unwrap_or(KINDS.len() - 1);
            rows[kind] = sum(rows[kind], weight_of(&file)?);
        }
    }
    Ok(rows)
}

fn weight_of(file: &Path) -> Result<Weight> {
    let size = |path: &Path| {
        let known = fs::metadata(path).map(|metadata| metadata.len());
        known.with_context(|| format!("{} cannot be weighed", path.display()))
    };
    Ok(Weight {
        raw: size(file)?,
        brotli: size(&file.with_added_extension("br"))?,
    })
}

fn sum(a: Weight, b: Weight) -> Weight {
    Weight {
        raw: a.raw + b.raw,
        brotli: a.brotli + b.brotli,
    }
}

fn total(rows: &[Weight]) -> Weight {
    rows.iter().copied().fold(Weight::default(), sum)
}

fn table(rows: &[Weight], limit: u64) -> String {
    let line = |name: &str, raw: &str, brotli: &str| format!("{name:<10}{raw:>10}{brotli:>10}\n");
    let weighed =
        |name: &str, weight: Weight| line(name, &weight.raw.to_string(), &weight.brotli.to_string());
    let mut text = line("The page", "raw", "brotli");
    for (kind, weight) in KINDS.iter().zip(rows) {
        text += &weighed(kind, *weight);
    }
    text + &weighed("total", total(rows)) + &line("limit", "", &limit.to_string())
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
        let rows = weigh(folder.path()).unwrap();
        assert_eq!(rows[0], Weight { raw: 10, brotli: 5 });
        assert_eq!(rows[1], Weight { raw: 130, brotli: 70 });
        assert_eq!(rows[4], Weight { raw: 7, brotli: 3 });
        assert_eq!(total(&rows), Weight { raw: 147, brotli: 78 });
    }

    #[test]
    fn a_page_over_the_limit_fails() {
        let folder = tempfile::tempdir().unwrap();
        let heavy = folder.path().join("page.wasm");
        fs::write(&heavy, "").unwrap();
        fs::write(heavy.with_added_extension("br"), vec![0; 142_500]).unwrap();
        assert!(check(folder.path(), false).is_ok());
        fs::write(heavy.with_added_extension("br"), vec![0; 142_501]).unwrap();
        assert!(check(folder.path(), false).is_err());
        assert!(check(folder.path(), true).is_ok());
        fs::write(heavy.with_added_extension("br"), vec![0; 157_001]).unwrap();
        assert!(check(folder.path(), true).is_err());
    }

    #[test]
    fn a_file_without_its_compressed_sibling_is_a_fault() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("index.html"), "").unwrap();
        assert!(check(folder.path(), false).is_err());
    }
}
