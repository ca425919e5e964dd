//! A simulated voice host for the demo. No phone rings: it accepts calls and makes up how they end.

use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use ori_fleet::fake_host::{Script, ScriptedHost};
use ori_fleet::{FleetSecret, HeaderName, Url};
use rand::rngs::StdRng;
use tokio::signal::unix::{SignalKind, signal};

/// A SIMULATED voice host: it speaks the fleet's contract, and no phone rings.
///
/// The last digit of the number decides how a call ends: 0 nobody answers, 6 the called side declines, 7 the call
/// cannot be placed, 9 a machine answers, any other an answered call.
#[derive(Parser)]
struct Options {
    /// Where to listen.
    #[arg(long, default_value = "127.0.0.1:8090")]
    listen: SocketAddr,
    /// How many calls it can hold at once.
    #[arg(long, default_value_t = 20)]
    workers: u16,
    /// The header that carries the shared secret.
    #[arg(long, default_value = "x-fleet-secret")]
    secret_header: HeaderName,
    /// The shared secret. Not an option of the command line, where everybody on the machine could read it.
    #[arg(skip = std::env::var("ORI_FLEET_SECRET").unwrap_or_default())]
    secret: String,
    /// Where results are posted.
    #[arg(long)]
    results_url: Option<Url>,
    /// How long an answered call lasts, in seconds.
    #[arg(long, default_value_t = 6)]
    call_seconds: u64,
    /// Post each so-many-th result twice; 0 for none.
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
        return Err("set ORI_FLEET_SECRET to the secret that the console has, too".to_owned());
    }
    let workers = options.workers;
    let listen = options.listen;
    let mut stop = signal(SignalKind::terminate()).map_err(|error| error.to_string())?;
    let host = ScriptedHost::start(script(options), Box::new(rand::make_rng::<StdRng>()))
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
