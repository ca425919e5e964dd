//! Cost of a server without requests.

use std::path::Path;
use std::time::Duration;

use anyhow::Result;

use crate::process::Program;
use crate::table::{Figure, Table};

const MEANING: &str = "A server without requests, on a database that exists already.";

/// Starts the server on an existing database and measures it.
pub(crate) async fn idle(ori: &Path, quick: bool) -> Result<Table> {
    let folder = tempfile::tempdir()?;
    drop(Program::server(ori, folder.path(), None)?);
    let mut started = Vec::new();
    for _ in 0..if quick { 3 } else { 9 } {
        started.push(Program::server(ori, folder.path(), None)?.started_in);
    }
    started.sort();
    let server = Program::server(ori, folder.path(), None)?;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let (before, watched) = (
        server.wake_ups()?,
        Duration::from_secs(if quick { 5 } else { 30 }),
    );
    tokio::time::sleep(watched).await;
    let after = server.wake_ups()?;
    let woken = after
        .iter()
        .map(|(thread, count)| count - before.get(thread).copied().unwrap_or_default());
    let most = woken.fold(0.0, f64::max);
    let figures = vec![
        Figure::at_most(
            "start-up on an existing database, in ms",
            started[started.len() / 2].as_secs_f64() * 1000.0,
            150.0,
        ),
        Figure::at_most("memory, in MB", server.resident_megabytes()?, 25.0),
        Figure::at_most(
            "wake-ups a second, of the busiest thread",
            most / watched.as_secs_f64(),
            5.0,
        ),
    ];
    Ok(Table::new("Idle", MEANING, Vec::new(), figures))
}
