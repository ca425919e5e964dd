//! `ori`: the console and the service that checks its keys.

use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use mimalloc::MiMalloc;
use ori_backend::commands::import::Import;
use ori_backend::commands::import_keys::ImportKeys;
use ori_backend::commands::purge::Purge;
use ori_backend::commands::{Outcome, import, import_keys, migrate, purge};
use ori_backend::config::{Config, Options};
use ori_backend::connections::raise_file_limit;
use ori_backend::signals::{Stop, StopSignals};
use ori_backend::startup::{Application, Environment};
use ori_backend::{logging, openapi, page, router};

/// Ori Console: the keys that let a CRM place calls
#[derive(Parser)]
#[command(name = "ori", version, arg_required_else_help = true, flatten_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Runs the server until SIGTERM
    Serve(Box<Options>),
    /// Brings the database's tables up to date
    Migrate(Box<Options>),
    /// Carries everything from a SQLite file into an empty PostgreSQL database
    Import(Import),
    /// Takes over keys that another system issued
    ImportKeys(Box<ImportKeys>),
    /// Deletes old calls that are over, in small steps
    Purge(Box<Purge>),
    /// Prints the OpenAPI document
    Openapi,
}

/// Requests are all small pieces, and what one thread makes another often drops: the system's allocator takes long for that.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

#[actix_web::main]
async fn main() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::Serve(options) => serve(*options).await,
        Command::Migrate(options) => migrate::run(*options).await,
        Command::Import(databases) => import::run(databases).await,
        Command::ImportKeys(list) => import_keys::run(*list).await,
        Command::Purge(age) => purge::run(*age).await,
        Command::Openapi => print_openapi(),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            logging::print(io::stderr(), format!("{error}\n"));
            ExitCode::FAILURE
        }
    }
}

async fn serve(options: Options) -> Outcome {
    let config = Config::check(&options.with_file()?)?;
    let log = logging::start(&config.logging);
    let files = raise_file_limit();
    let mut signals = StopSignals::listen()?;
    let application = tokio::select! {
        built = Application::build(&config, Environment::system()) => built?,
        _ = signals.next() => return Ok(()),
    };
    tracing::info!(
        port = application.port(),
        page = *page::IS_BUILT_IN,
        files,
        "listening on {}",
        config.server.listen
    );
    if let Some(link) = application.setup_url() {
        // Not a log line: the holder of this link becomes the admin.
        let text =
            format!("There is no account yet. Make the first admin on this one-time link:\n\n    {link}\n\n");
        if !logging::print(io::stdout(), text) {
            tracing::warn!("the link for the first admin cannot be written to standard output");
        }
    }
    let handle = application.handle();
    actix_web::rt::spawn(async move {
        let stop = signals.next().await;
        tracing::info!(?stop, "asked to stop");
        actix_web::rt::spawn(async move { handle.stop(stop == Stop::Gracefully).await });
        // A second signal stops at once. What was acknowledged is durable.
        signals.next().await;
        tracing::warn!("stopped at once by a second signal");
        drop(log);
        std::process::exit(1);
    });
    application.run_until_stopped().await?;
    tracing::info!("stopped");
    Ok(())
}

fn print_openapi() -> Outcome {
    let document = openapi::to_yaml(&openapi::document(router::endpoints()))?;
    Ok(io::stdout().write_all(document.as_bytes())?)
}
