//! Generates load with oha: either as many requests as the connections allow, or a fixed rate. With a fixed rate, the
//! latency of a request counts from its due time, so that a stall includes the requests that it delayed.

use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;
use tokio::process::Command;

use crate::process::Program;

/// Request that is sent repeatedly.
#[derive(Clone, Default)]
pub(crate) struct Request {
    pub(crate) path: &'static str,
    pub(crate) headers: Vec<String>,
    /// Body, which makes the request a POST.
    pub(crate) body: Option<String>,
}

/// Intensity and duration.
#[derive(Clone, Copy)]
pub(crate) struct Load {
    pub(crate) connections: u32,
    pub(crate) duration: Duration,
    /// Requests per second; unlimited if `None`.
    pub(crate) rate: Option<u32>,
}

/// Result of a measurement.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Measured {
    /// Requests per second.
    pub(crate) rate: f64,
    /// Processor time of the server per request, in microseconds.
    pub(crate) cpu: f64,
    /// Latency percentile in milliseconds, as are the following.
    pub(crate) p50: f64,
    pub(crate) p99: f64,
    pub(crate) p999: f64,
}

/// Applies the load. Every response must have one of the given statuses.
pub(crate) async fn apply(
    oha: &Path,
    load: Load,
    program: &Program,
    request: &Request,
    statuses: &[u16],
) -> Result<Measured> {
    let before = program.cpu_micros()?;
    let report = send(oha, load, program, request).await?;
    let used = program.cpu_micros()? - before;
    let answered: u64 = report.status_code_distribution.values().sum();
    let right: u64 = statuses
        .iter()
        .filter_map(|status| report.status_code_distribution.get(&status.to_string()))
        .sum();
    // oha aborts the requests in flight at the deadline.
    if right != answered || answered == 0 {
        bail!(
            "{}: {:?}, {:?}",
            request.path,
            report.status_code_distribution,
            report.error_distribution
        );
    }
    let percentile = |value: Option<f64>| value.unwrap_or_default() * 1000.0;
    #[expect(clippy::cast_precision_loss, reason = "a measurement")]
    Ok(Measured {
        rate: report.summary.requests_per_sec,
        cpu: used / answered as f64,
        p50: percentile(report.latency_percentiles.p50),
        p99: percentile(report.latency_percentiles.p99),
        p999: percentile(report.latency_percentiles.p999),
    })
}

/// Returns an HTTP client for requests that are not measured.
pub(crate) fn client() -> Result<reqwest::Client> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    Ok(reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .no_proxy()
        .build()?)
}

impl Measured {
    /// Computes the result from the durations of sequential operations and the total time.
    pub(crate) fn of(times: &mut [Duration], took: Duration) -> Self {
        times.sort();
        let percentile = |share: f64| {
            #[expect(
                clippy::cast_precision_loss,
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a measurement"
            )]
            let at = (times.len() as f64 * share) as usize;
            times.get(at).map_or(f64::NAN, |time| time.as_secs_f64() * 1000.0)
        };
        #[expect(clippy::cast_precision_loss, reason = "a measurement")]
        let rate = times.len() as f64 / took.as_secs_f64();
        Self {
            rate,
            cpu: f64::NAN,
            p50: percentile(0.5),
            p99: percentile(0.99),
            p999: percentile(0.999),
        }
    }
}

async fn send(oha: &Path, load: Load, program: &Program, request: &Request) -> Result<OhaReport> {
    let mut command = Command::new(oha);
    command.args([
        "--no-tui",
        "--output-format",
        "json",
        "--wait-ongoing-requests-after-deadline",
    ]);
    command.args(["-z", &format!("{}ms", load.duration.as_millis())]);
    command.args(["-c", &load.connections.to_string()]);
    if let Some(rate) = load.rate {
        command.args(["-q", &rate.to_string(), "--latency-correction"]);
    }
    for header in &request.headers {
        command.args(["-H", header]);
    }
    if let Some(body) = &request.body {
        command.args(["-m", "POST", "-T", "application/json", "-d", body]);
    }
    let output = command
        .arg(format!("{}{}", program.url, request.path))
        .stderr(Stdio::inherit())
        .output()
        .await
        .context("oha does not start")?;
    if !output.status.success() {
        bail!("oha failed: {}", output.status);
    }
    serde_json::from_slice(&output.stdout).context("oha printed an invalid report")
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OhaReport {
    summary: Summary,
    latency_percentiles: Percentiles,
    status_code_distribution: std::collections::BTreeMap<String, u64>,
    error_distribution: std::collections::BTreeMap<String, u64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Summary {
    requests_per_sec: f64,
}

#[derive(Deserialize)]
struct Percentiles {
    p50: Option<f64>,
    p99: Option<f64>,
    #[serde(rename = "p99.9")]
    p999: Option<f64>,
}
