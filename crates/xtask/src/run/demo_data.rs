//! Data of the demo, and its admin account.

use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use super::set_by_user;
use crate::workspace::Workspace;

const EMAIL: &str = "admin@example.com";

/// Database of the demo, with the password of its admin if the database is new. The password is stored nowhere: it is
/// passed to the server and printed once.
pub(crate) struct Demo {
    database: Database,
    password: Option<String>,
    shown: bool,
}

enum Database {
    /// File of the demo.
    File(PathBuf),
    /// The user's own database, in ORI_DATABASE_URL. It is left alone.
    Own,
}

impl Demo {
    /// Finds the demo data; `fresh` deletes it first.
    pub(crate) fn prepare(workspace: &Workspace, fresh: bool) -> Result<Self> {
        if set_by_user("ORI_DATABASE_URL").is_some() {
            if fresh {
                bail!(
                    "--fresh deletes the demo data only, and ORI_DATABASE_URL names another database: unset one"
                );
            }
            return Ok(Self {
                database: Database::Own,
                password: None,
                shown: false,
            });
        }
        let file = workspace.root().join("data/demo.sqlite");
        if fresh {
            delete(&file)?;
        }
        Self::on(file)
    }

    fn on(file: PathBuf) -> Result<Self> {
        let password = if file.exists() {
            None
        } else {
            Some(random_password()?)
        };
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))?;
        }
        Ok(Self {
            database: Database::File(file),
            password,
            shown: false,
        })
    }

    /// Returns the server's environment variables, except those that the user has set.
    pub(crate) fn environment(&self) -> Vec<(&'static str, String)> {
        let mut variables = Vec::new();
        if let Database::File(file) = &self.database {
            variables.push(("ORI_DATABASE_URL", format!("sqlite://{}", file.display())));
        }
        if let Some(password) = &self.password {
            variables.push(("ORI_ADMIN_EMAIL", EMAIL.to_owned()));
            variables.push(("ORI_ADMIN_PASSWORD", password.clone()));
        }
        variables.retain(|(variable, _)| set_by_user(variable).is_none());
        variables
    }

    /// Returns the instructions to print for signing in at `url`.
    pub(crate) fn sign_in_text(&mut self, url: &str) -> String {
        self.shown = true;
        let how = match (&self.database, &self.password) {
            (Database::Own, _) => "Sign in with an account of the database in ORI_DATABASE_URL.".to_owned(),
            (Database::File(_), Some(password)) => new_account(password),
            (Database::File(_), None) => "Sign in with the account created at the first run.\n  \
                 Forgotten? `cargo xtask run --fresh` deletes the demo data and creates a new admin."
                .to_owned(),
        };
        let line = "─".repeat(72);
        format!("\n{line}\n  The console is at {url}\n\n  {how}\n\n  Ctrl-C stops it.\n{line}")
    }
}

/// Deletes the new database of a first start that failed, because the password of its admin was never printed.
impl Drop for Demo {
    fn drop(&mut self) {
        if let (Database::File(file), Some(_), false) = (&self.database, &self.password, self.shown)
            && let Err(error) = delete(file)
        {
            println!("{error:#}");
        }
    }
}

fn new_account(password: &str) -> String {
    let email = set_by_user("ORI_ADMIN_EMAIL").unwrap_or_else(|| EMAIL.to_owned());
    let (password, note) = match set_by_user("ORI_ADMIN_PASSWORD") {
        Some(_) => ("the one in ORI_ADMIN_PASSWORD", ""),
        None => (
            password,
            "\n\n  The password is shown only once and is not stored.",
        ),
    };
    format!("Email     {email}\n  Password  {password}{note}")
}

/// Deletes the database and the files that SQLite stores beside it.
fn delete(file: &Path) -> Result<()> {
    for suffix in ["", "-wal", "-shm"] {
        let mut path = file.as_os_str().to_owned();
        path.push(suffix);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(error).with_context(|| format!("{} cannot be deleted", path.display()));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Returns a password of 100 random bits, in letters that are easy to distinguish.
pub(crate) fn random_password() -> Result<String> {
    const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let mut bytes = [0; 20];
    let source = File::open("/dev/urandom").and_then(|mut source| source.read_exact(&mut bytes));
    source.context("the system's random source cannot be read")?;
    Ok(bytes
        .iter()
        .map(|byte| char::from(LETTERS[usize::from(byte % 32)]))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_run_makes_an_admin_and_the_second_does_not() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("data/demo.sqlite");
        let mut first = Demo::on(file.clone()).unwrap();
        let password = first.password.clone().unwrap();
        assert!(
            first
                .environment()
                .contains(&("ORI_ADMIN_PASSWORD", password.clone()))
        );
        assert!(first.sign_in_text("http://127.0.0.1:8080").contains(&password));

        fs::write(&file, "").unwrap();
        let mut second = Demo::on(file).unwrap();
        assert!(second.password.is_none());
        assert!(second.sign_in_text("http://127.0.0.1:8080").contains("--fresh"));
    }

    #[test]
    fn a_failed_first_start_leaves_no_database() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("demo.sqlite");
        let demo = Demo::on(file.clone()).unwrap();
        fs::write(&file, "").unwrap();
        fs::write(folder.path().join("demo.sqlite-wal"), "").unwrap();
        drop(demo);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_failed_later_start_leaves_the_database_alone() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("demo.sqlite");
        fs::write(&file, "").unwrap();
        drop(Demo::on(file.clone()).unwrap());
        assert!(file.exists());
    }

    #[test]
    fn passwords_differ() {
        let (one, other) = (random_password().unwrap(), random_password().unwrap());
        assert_eq!(one.len(), 20);
        assert_ne!(one, other);
    }
}
