//! A simulated voice host for the demo: it accepts calls and simulates their ends. No phone rings.

use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use ori_fleet::fake_host::{FakeHost, Script};
use ori_fleet::{FleetSecret, HeaderName, Url};
use rand::rngs::StdRng;
use tokio::signal::unix::{SignalKind, signal};

/// A SIMULATED voice host: it implements the fleet's contract, and no phone rings.
///
/// The last digit of the number decides how a call ends: 0 no answer, 6 declined, 7 not placed, 9 voicemail, any other
/// digit answered.
#[derive(Parser)]
struct Options {
    /// Address to listen on.
    #[arg(long, default_value = "127.0.0.1:8090")]
    listen: SocketAddr,
    /// Maximum number of simultaneous calls.
    #[arg(long, default_value_t = 20)]
    workers: u16,
    /// Name of the header that carries the shared secret.
    #[arg(long, default_value = "x-fleet-secret")]
    secret_header: HeaderName,
    /// Shared secret. Not a command-line option, which every user of the machine could read.
    #[arg(skip = std::env::var("ORI_FLEET_SECRET").unwrap_or_default())]
    secret: String,
    /// URL to which results are posted.
    #[arg(long)]
    results_url: Option<Url>,
    /// Duration of an answered call, in seconds.
    #[arg(long, default_value_t = 6)]
    call_seconds: u64,
    /// Post every n-th result twice; 0 disables this.
    #[arg(long, default_value_t = 0)]
    duplicate_every: u64,
}

#[tokio::main]
async fn main() -> ExitCode {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    match run(Options::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            tracing::error!("{why}");
            ExitCode::FAILURE
        }
    }
}

async fn run(options: Options) -> Result<(), String> {
    if options.secret.is_empty() {
        return Err("set ORI_FLEET_SECRET to the fleet secret of the console".to_owned());
    }
    let workers = options.workers;
    let listen = options.listen;
    let mut stop = signal(SignalKind::terminate()).map_err(|error| error.to_string())?;
    let host = FakeHost::start(script(options), Box::new(rand::make_rng::<StdRng>()))
        .await
        .map_err(|error| format!("cannot listen on {listen}: {error}"))?;
    tracing::warn!(url = %host.url(), workers, "SIMULATED voice host: no phone rings");
    tokio::select! {
        _ = stop.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
    tracing::info!("SIMULATED voice host stopped");
    Ok(())
}

fn script(options: Options) -> Script {
    Script {
        listen: options.listen,
        workers: options.workers,
        secret_header: options.secret_header,
        secret: FleetSecret::new(options.secret),
        results_url: options.results_url,
        calls_last: Some(Duration::from_secs(options.call_seconds)),
        duplicate_every: options.duplicate_every,
        ..Script::default()
    }
}
