//! Where log lines go.

use tracing_subscriber::EnvFilter;

use crate::config::{LogFormat, Logging};

/// Sends log lines to standard error, in the configured form.
pub fn start(logging: &Logging) {
    let lines = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(&logging.filter))
        .with_target(false)
        .with_writer(std::io::stderr);
    match logging.format {
        LogFormat::Text => lines.init(),
        LogFormat::Json => lines.json().flatten_event(true).init(),
    }
}
