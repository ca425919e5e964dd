//! Whether the work has been done already: a fingerprint of what went in and of what came out.

use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::{Hash, Hasher};
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// What was built from what, kept in a small file beside the output.
pub(crate) struct Fingerprint {
    file: PathBuf,
    inputs: u64,
    output: PathBuf,
}

impl Fingerprint {
    /// Returns the stamp in `file` for `output`, which is made from `inputs`, files or whole folders, by the compiler
    /// that `compiler` identifies. The inputs are read now, so that a change during the work counts as a change.
    pub(crate) fn new(file: PathBuf, inputs: &[PathBuf], compiler: &str, output: PathBuf) -> Result<Self> {
        let mut hasher = DefaultHasher::new();
        (digest(inputs)?, compiler).hash(&mut hasher);
        Ok(Self {
            file,
            inputs: hasher.finish(),
            output,
        })
    }

    /// Whether the output still is what was made from these inputs.
    pub(crate) fn is_fresh(&self) -> Result<bool> {
        let current = self.fingerprint()?;
        Ok(fs::read_to_string(&self.file).is_ok_and(|kept| kept == current))
    }

    /// Remembers that the output was made from these inputs.
    pub(crate) fn save(&self) -> Result<()> {
        let fingerprint = self.fingerprint()?;
        fs::write(&self.file, fingerprint)
            .with_context(|| format!("{} cannot be written", self.file.display()))
    }

    /// Forgets, so that work broken off half-way is begun again.
    pub(crate) fn clear(&self) -> Result<()> {
        match fs::remove_file(&self.file) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(error).with_context(|| format!("{} cannot be removed", self.file.display()))
            }
            _ => Ok(()),
        }
    }

    fn fingerprint(&self) -> Result<String> {
        let output = digest(std::slice::from_ref(&self.output))?;
        Ok(format!("from {:016x}\nmade {output:016x}\n", self.inputs))
    }
}

/// A hash over the names and contents of all files. What does not exist counts as an empty folder.
fn digest(paths: &[PathBuf]) -> Result<u64> {
    let mut files = Vec::new();
    for path in paths {
        collect(path, &mut files).with_context(|| format!("{} cannot be read", path.display()))?;
    }
    files.sort();
    let mut hasher = DefaultHasher::new();
    for file in files {
        let content = fs::read(&file).with_context(|| format!("{} cannot be read", file.display()))?;
        (file, content).hash(&mut hasher);
    }
    Ok(hasher.finish())
}

fn collect(path: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    if path.is_file() {
        files.push(path.to_path_buf());
    } else if path.is_dir() {
        for entry in fs::read_dir(path)? {
            collect(&entry?.path(), files)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use tempfile::TempDir;

    /// A folder to build in, with sources and a built page.
    fn built() -> TempDir {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir_all(at("source/inner")).unwrap();
        fs::create_dir(at("page")).unwrap();
        fs::write(at("source/inner/a.rs"), "a").unwrap();
        fs::write(at("page/index.html"), "page").unwrap();
        fingerprint(&folder).save().unwrap();
        folder
    }

    fn fingerprint(folder: &TempDir) -> Fingerprint {
        fingerprint_by("rustc 1.95.0", folder)
    }

    fn fingerprint_by(compiler: &str, folder: &TempDir) -> Fingerprint {
        let at = |name: &str| folder.path().join(name);
        let inputs = [at("source"), at("Cargo.toml")];
        Fingerprint::new(at("fingerprint"), &inputs, compiler, at("page")).unwrap()
    }

    #[test]
    fn nothing_changed_is_fresh() {
        assert!(fingerprint(&built()).is_fresh().unwrap());
    }

    #[test]
    fn a_cleared_fingerprint_is_not_fresh() {
        let folder = built();
        fingerprint(&folder).clear().unwrap();
        fingerprint(&folder).clear().unwrap();
        assert!(!fingerprint(&folder).is_fresh().unwrap());
    }

    #[test]
    fn another_compiler_is_noticed() {
        assert!(!fingerprint_by("rustc 1.96.0", &built()).is_fresh().unwrap());
    }

    #[test]
    fn a_changed_input_is_noticed() {
        let folder = built();
        fs::write(folder.path().join("source/inner/a.rs"), "b").unwrap();
        assert!(!fingerprint(&folder).is_fresh().unwrap());
    }

    #[test]
    fn a_new_input_is_noticed() {
        let folder = built();
        fs::write(folder.path().join("Cargo.toml"), "").unwrap();
        assert!(!fingerprint(&folder).is_fresh().unwrap());
    }

    #[test]
    fn a_renamed_input_is_noticed() {
        let folder = built();
        let at = |name: &str| folder.path().join(name);
        fs::rename(at("source/inner/a.rs"), at("source/inner/b.rs")).unwrap();
        assert!(!fingerprint(&folder).is_fresh().unwrap());
    }

    #[test]
    fn an_input_changed_during_the_work_is_noticed() {
        let folder = built();
        let begun = fingerprint(&folder);
        fs::write(folder.path().join("source/inner/a.rs"), "b").unwrap();
        begun.save().unwrap();
        assert!(!fingerprint(&folder).is_fresh().unwrap());
    }

    #[test]
    fn deleted_output_is_noticed() {
        let folder = built();
        fs::remove_file(folder.path().join("page/index.html")).unwrap();
        assert!(!fingerprint(&folder).is_fresh().unwrap());
        fs::remove_dir(folder.path().join("page")).unwrap();
        assert!(!fingerprint(&folder).is_fresh().unwrap());
    }
}
