use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

/// Nothing here takes so long, be the machine ever so busy.
pub(crate) const PATIENCE: Duration = Duration::from_secs(240);

/// The running set-up. It ends when this is dropped, and with the process, however that ends.
pub(crate) struct Cluster {
    /// Address of the load balancer.
    pub(crate) url: String,
    settings: Vec<(String, String)>,
    script: Child,
    input: Option<ChildStdin>,
    folder: TempDir,
}

impl Cluster {
    pub(crate) fn start(settings: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let settings: Vec<_> = settings.iter().map(own).collect();
        let mut script = command(folder.path(), &settings, &["up"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut url = String::new();
        let mut output = BufReader::new(script.stdout.take().unwrap());
        output.read_line(&mut url).unwrap();
        assert!(
            url.starts_with("http"),
            "see what the script wrote: install haproxy and postgresql"
        );
        Self {
            url: url.trim().to_owned(),
            settings,
            input: script.stdin.take(),
            script,
            folder,
        }
    }

    /// Has the script do that.
    pub(crate) async fn run(&self, arguments: &[&str]) {
        let mut command = command(self.folder.path(), &self.settings, arguments);
        let done = tokio::task::spawn_blocking(move || command.stdin(Stdio::null()).status());
        let status = tokio::time::timeout(PATIENCE, done)
            .await
            .unwrap()
            .unwrap()
            .unwrap();
        assert!(status.success(), "{arguments:?}: {status}");
    }

    /// Sends replica `number` that signal.
    pub(crate) fn signal(&self, number: u32, signal: Signal) {
        let pid = std::fs::read_to_string(self.folder.path().join(format!("replica-{number}.pid"))).unwrap();
        kill_process(Pid::from_raw(pid.trim().parse().unwrap()).unwrap(), signal).unwrap();
    }

    /// The replicas' own ports.
    pub(crate) fn replicas(&self) -> Vec<u16> {
        let ports = std::fs::read_to_string(self.folder.path().join("ports")).unwrap();
        let ports = ports.lines().filter_map(|line| line.split_once('='));
        ports
            .filter(|(name, _)| name.starts_with("REPLICA"))
            .map(|(_, port)| port.parse().unwrap())
            .collect()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.input.take());
        let _ = self.script.wait();
        if std::thread::panicking() {
            for number in 1..=3 {
                let log = std::fs::read_to_string(self.folder.path().join(format!("replica-{number}.log")));
                let log = log.unwrap_or_default();
                let last: Vec<&str> = log.lines().rev().take(15).collect();
                eprintln!("replica {number}, last line first:\n{}", last.join("\n"));
            }
        }
    }
}

fn command(folder: &Path, settings: &[(String, String)], arguments: &[&str]) -> Command {
    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/replicated/cluster.sh");
    let mut command = Command::new(script);
    command
        .arg(arguments[0])
        .arg(folder)
        .args(&arguments[1..])
        .envs(settings.iter().map(|(name, value)| (name, value)))
        .env("ORI_BIN", env!("CARGO_BIN_EXE_ori"))
        .env("ORI_WORKERS", "1");
    command
}
