use std::io::{BufRead as _, BufReader, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use super::{ADMIN_EMAIL, ADMIN_PASSWORD, Anonymous, Caller as _, SignedIn, http_client};

/// Environment variables.
pub(crate) type Settings<'a> = &'a [(&'a str, &'a str)];

/// The built program, serving on a port and in a folder of its own.
pub(crate) struct Process {
    pub(crate) port: u16,
    pub(crate) stderr: Lines,
    pub(crate) stdout: Lines,
    child: Child,
    _folder: Arc<TempDir>,
}

/// Whether there is room on a disk.
#[derive(Clone, Copy)]
pub(crate) enum Disk {
    Full,
    Free,
}

/// What a program has left behind.
pub(crate) struct Ended {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Process {
    /// The program with these arguments and nothing else in its environment.
    pub(crate) fn command(settings: Settings) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ori"));
        command.env_clear().envs(settings.iter().copied());
        command
    }

    /// Serves, and has logged its port.
    pub(crate) fn serve(settings: Settings) -> Self {
        let mut command = Self::command(settings);
        command.arg("serve");
        Self::start(command)
    }

    /// Runs that command, which serves.
    pub(crate) fn start(command: Command) -> Self {
        Self::start_in(Arc::new(tempfile::tempdir().unwrap()), command)
    }

    /// Runs that command, which serves what is kept in that folder. Dropped, it is killed without a word to it.
    pub(crate) fn start_in(folder: Arc<TempDir>, mut command: Command) -> Self {
        let file = folder.path().join("data/ori.sqlite3");
        let mut child = command
            .env("ORI_LISTEN", "127.0.0.1:0")
            .env("ORI_DATABASE_URL", format!("sqlite://{}", file.display()))
            .env("ORI_WORKERS", "1")
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let stdout = Lines::of(child.stdout.take().unwrap());
        let mut stderr = Lines::of(child.stderr.take().unwrap());
        let line = stderr.until("listening on");
        Self {
            port: port(&line),
            stderr,
            stdout,
            child,
            _folder: folder,
        }
    }

    /// Serves on a disk that [`Self::fill_disk`] fills.
    #[cfg(target_os = "linux")]
    pub(crate) fn serve_on_a_disk_that_fills(settings: Settings) -> Self {
        // By default a process ends when it writes beyond its limit.
        let mut command = Command::new("sh");
        command
            .args(["-c", "trap '' XFSZ; exec \"$0\" serve", env!("CARGO_BIN_EXE_ori")])
            .env_clear()
            .envs(settings.iter().copied());
        Self::start(command)
    }

    /// A limit on the size of files stands for a full disk.
    #[cfg(target_os = "linux")]
    pub(crate) fn fill_disk(&self, disk: Disk) {
        use rustix::process::{Resource, Rlimit, prlimit};
        let limit = Rlimit {
            current: match disk {
                Disk::Full => Some(1),
                Disk::Free => None,
            },
            maximum: None,
        };
        prlimit(Some(self.pid()), Resource::Fsize, limit).unwrap();
    }

    /// The first admin, signed in.
    pub(crate) async fn admin(&self) -> SignedIn {
        let answer = self.anonymous().sign_in(ADMIN_EMAIL, ADMIN_PASSWORD).await;
        let cookie = format!("ori_session={}", answer.cookie("ori_session").value());
        SignedIn::new(self.anonymous(), cookie)
    }

    pub(crate) fn anonymous(&self) -> Anonymous {
        Anonymous::new(http_client(), &format!("http://127.0.0.1:{}", self.port))
    }

    pub(crate) fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    pub(crate) fn ask_to_stop(&self) {
        kill_process(self.pid(), Signal::TERM).unwrap();
    }

    /// Waits until it has ended, having been asked to.
    pub(crate) fn ended(mut self) -> Ended {
        Ended {
            stdout: self.stdout.all(),
            stderr: self.stderr.all(),
            status: self.child.wait().unwrap(),
        }
    }

    pub(crate) fn stop(self) -> Ended {
        self.ask_to_stop();
        self.ended()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Unless it was stopped, it is still running.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The port in a log line, text (`port=80`) or JSON (`"port":80`).
fn port(line: &str) -> u16 {
    let (_, rest) = line.split_once("port").unwrap();
    let digits: String = rest
        .chars()
        .skip_while(|c| !c.is_ascii_digit())
        .take_while(char::is_ascii_digit)
        .collect();
    digits.parse().unwrap_or_else(|_| panic!("no port in {line:?}"))
}

/// What a program writes, line by line.
pub(crate) struct Lines {
    coming: mpsc::Receiver<String>,
    seen: Vec<String>,
}

/// Nothing here takes so long.
const PATIENCE: Duration = Duration::from_secs(60);

impl Lines {
    fn of(source: impl Read + Send + 'static) -> Self {
        let (sender, coming) = mpsc::channel();
        thread::spawn(move || {
            for line in BufReader::new(source).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        Self {
            coming,
            seen: Vec::new(),
        }
    }

    /// Reads on to the line that holds this text.
    pub(crate) fn until(&mut self, text: &str) -> String {
        loop {
            let Ok(line) = self.coming.recv_timeout(PATIENCE) else {
                panic!("no line holds {text:?}:\n{}", self.seen.join("\n"))
            };
            self.seen.push(line.clone());
            if line.contains(text) {
                return line;
            }
        }
    }

    /// Everything, once the program has ended.
    fn all(&mut self) -> String {
        while let Ok(line) = self.coming.recv_timeout(PATIENCE) {
            self.seen.push(line);
        }
        self.seen.join("\n")
    }
}
