//! Signals that stop the process.

use std::io;

/// Listens from the moment it is made: a signal that comes while the server starts must not end it half-way.
pub struct StopSignals(Signals);

/// Kind of a stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// The requests in flight are finished first (SIGTERM).
    Gracefully,
    /// Immediate (SIGINT, from a terminal).
    AtOnce,
}

#[cfg(unix)]
struct Signals {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl StopSignals {
    /// Listens from now on. To be called within a runtime.
    ///
    /// # Errors
    /// Returns an error if the system does not allow handlers.
    pub fn listen() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self(Signals {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        }))
    }

    /// Waits for the next signal.
    pub async fn next(&mut self) -> Stop {
        tokio::select! {
            _ = self.0.terminate.recv() => Stop::Gracefully,
            _ = self.0.interrupt.recv() => Stop::AtOnce,
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl StopSignals {
    /// Listens for Ctrl-C.
    ///
    /// # Errors
    /// Never.
    pub fn listen() -> io::Result<Self> {
        Ok(Self(Signals))
    }

    /// Waits for the next signal.
    pub async fn next(&mut self) -> Stop {
        match tokio::signal::ctrl_c().await {
            Ok(()) => Stop::AtOnce,
            Err(_) => std::future::pending().await,
        }
    }
}
