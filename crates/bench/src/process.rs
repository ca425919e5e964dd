//! Measured programs, each on a port of its own.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{fs, thread};

use anyhow::{Context as _, Result, bail};

/// Running program, which is killed on drop.
pub(crate) struct Program {
    child: Child,
    /// Base URL.
    pub(crate) url: String,
    /// Time from start to listening.
    pub(crate) started_in: Duration,
}

impl Program {
    /// Starts the baselines, which are part of this binary.
    pub(crate) fn baselines(arguments: &[&str]) -> Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("baselines").args(arguments).stdout(Stdio::piped());
        let began = Instant::now();
        let mut child = command.spawn().context("the baselines do not start")?;
        let mut line = String::new();
        let stdout = child.stdout.take().context("its output is piped")?;
        BufReader::new(stdout).read_line(&mut line)?;
        Ok(Self {
            child,
            url: line.trim().to_owned(),
            started_in: began.elapsed(),
        })
    }

    /// Starts the server on a database in the folder.
    pub(crate) fn server(ori: &Path, folder: &Path, host: Option<&str>) -> Result<Self> {
        let database = format!("sqlite://{}", folder.join("ori.sqlite3").display());
        Self::server_on(ori, &database, host)
    }

    /// Starts the server on the database.
    pub(crate) fn server_on(ori: &Path, database: &str, host: Option<&str>) -> Result<Self> {
        let mut command = Command::new(ori);
        command
            .arg("serve")
            .env("ORI_LISTEN", "127.0.0.1:0")
            .env("ORI_DATABASE_URL", database)
            .env("ORI_ADMIN_EMAIL", EMAIL)
            .env("ORI_ADMIN_PASSWORD", PASSWORD)
            .envs(host.map(|host| ("ORI_FLEET_URLS", host)))
            .env("ORI_FLEET_SECRET", SECRET)
            .env("ORI_WEBHOOK_PRIVATE_NETWORKS", "127.0.0.0/8")
            .env("ORI_QUEUE_LIMIT", "10000000")
            .env("ORI_LOG_FORMAT", "json")
            .stderr(Stdio::piped());
        let began = Instant::now();
        let mut child = command.spawn().context("the server does not start")?;
        let mut lines = BufReader::new(child.stderr.take().context("its log is piped")?).lines();
        let port = loop {
            let Some(line) = lines.next().transpose()? else {
                bail!("the server ended before it listened");
            };
            let line: serde_json::Value = serde_json::from_str(&line).unwrap_or_default();
            if let Some(port) = line["port"].as_u64() {
                break port;
            }
        };
        let started_in = began.elapsed();
        // The server would block on a full pipe.
        thread::spawn(move || lines.for_each(drop));
        Ok(Self {
            child,
            url: format!("http://127.0.0.1:{port}"),
            started_in,
        })
    }

    /// Returns the resident memory, in megabytes.
    pub(crate) fn resident_megabytes(&self) -> Result<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        Ok(number(&status, "VmRSS:")? * 1024.0 / 1_000_000.0)
    }

    /// Returns the number of voluntary context switches per thread.
    pub(crate) fn wake_ups(&self) -> Result<BTreeMap<OsString, f64>> {
        let threads = fs::read_dir(format!("/proc/{}/task", self.child.id()))?;
        threads
            .map(|thread| {
                let thread = thread?;
                let status = fs::read_to_string(thread.path().join("status"))?;
                Ok((thread.file_name(), number(&status, "voluntary_ctxt_switches:")?))
            })
            .collect()
    }

    /// Returns the processor time used so far, in microseconds.
    pub(crate) fn cpu_micros(&self) -> Result<f64> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        let (_, fields) = stat.rsplit_once(')').context("a file of /proc lacks a name")?;
        // User and system time are the fields 14 and 15; the first two precede the closing bracket.
        let ticks: u64 = fields
            .split_whitespace()
            .skip(11)
            .take(2)
            .filter_map(|field| field.parse::<u64>().ok())
            .sum();
        #[expect(clippy::cast_precision_loss, reason = "a measurement")]
        Ok(ticks as f64 * 1_000_000.0 / rustix::param::clock_ticks_per_second() as f64)
    }
}

/// Returns the number in the named line of a file of /proc.
fn number(status: &str, name: &str) -> Result<f64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let number = line.and_then(|line| line.split_whitespace().next());
    Ok(number.context("a file of /proc lacks a line")?.parse()?)
}

/// Secret that voice workers share with the server.
pub(crate) const SECRET: &str = "bench-fleet-secret";
/// Email of the server's first admin.
pub(crate) const EMAIL: &str = "bench@example.com";
/// Password of the server's first admin.
pub(crate) const PASSWORD: &str = "correct horse battery";

impl Drop for Program {
    fn drop(&mut self) {
        // The program may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
