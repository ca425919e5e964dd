//! Detects whether an output is up to date, by a fingerprint of its inputs and its content.

use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::{Hash, Hasher};
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// Fingerprint of the inputs and the output of a build, stored in a file beside the output.
pub(crate) struct Fingerprint {
    file: PathBuf,
    inputs: u64,
    output: PathBuf,
}

impl Fingerprint {
    /// Returns the fingerprint in `file` for `output`, which `compiler` makes from `inputs`, files or whole folders.
    /// The inputs are read now, so that a change during the build counts as a change.
    pub(crate) fn new(file: PathBuf, inputs: &[PathBuf], compiler: &str, output: PathBuf) -> Result<Self> {
        let mut hasher = DefaultHasher::new();
        (digest(inputs)?, compiler).hash(&mut hasher);
        Ok(Self {
            file,
            inputs: hasher.finish(),
            output,
        })
    }

    /// Returns whether the output is still the one that was made from these inputs.
    pub(crate) fn is_fresh(&self) -> Result<bool> {
        let current = self.fingerprint()?;
        Ok(fs::read_to_string(&self.file).is_ok_and(|kept| kept == current))
    }

    /// Records that the output was made from these inputs.
    pub(crate) fn save(&self) -> Result<()> {
        let fingerprint = self.fingerprint()?;
        fs::write(&self.file, fingerprint)
            .with_context(|| format!("{} cannot be written", self.file.display()))
    }

    /// Deletes the record, so that an interrupted build starts again.
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

/// Returns a hash of the names and contents of all files. A missing path counts as an empty folder.
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

    /// Creates a folder with sources and a built page.
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
