//! Client of the voice fleet: capacity accounting, health checks and dial requests.
//!
//! A [`Fleet`] checks the health of its hosts in the background ([`Fleet::run_poller`]). To place a call,
//! [reserve](Fleet::reserve) capacity, record that the call is about to be sent, then [dial](Reservation::dial).
//! Only [`DialOutcome::NotDialled`] permits another attempt on the next host.

mod capacity;
mod client;
mod config;
mod dial;
#[cfg(feature = "fake-host")]
pub mod fake_host;
mod fleet;
mod health;
mod host;
pub mod http;
mod poller;
mod reservation;
mod sanitize;
mod secret;
mod tls;

pub use config::{FleetConfig, FleetConfigError};
pub use dial::{Dial, DialOutcome, NotDialled, Refusal, RefusalReason};
pub use fleet::{Clock, Fleet, Numbers, ReportedCapacity};
pub use host::HostId;
pub use reqwest::Url;
pub use reqwest::header::HeaderName;
pub use reservation::Reservation;
pub use secret::FleetSecret;
