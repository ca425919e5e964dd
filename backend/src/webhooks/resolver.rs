use std::net::SocketAddr;
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::egress::EgressPolicy;

/// Finds the addresses of a name and leaves out those that are out of reach: what was checked is what is connected to,
/// so that a name cannot lead elsewhere after the check (DNS rebinding).
pub(super) struct Resolver {
    pub(super) networks: Arc<EgressPolicy>,
    pub(super) is_encrypted: bool,
}

/// Error of a look-up.
#[derive(Debug, thiserror::Error)]
pub(super) enum LeadsNowhere {
    /// There is no such name, or no server knows it now.
    #[error("the name is not found")]
    NotFound,
    /// The egress policy forbids all of its addresses.
    #[error("the name leads into a private network")]
    OutOfReach,
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let (networks, is_encrypted) = (Arc::clone(&self.networks), self.is_encrypted);
        Box::pin(async move {
            let found = look_up(name.as_str()).await.ok_or(LeadsNowhere::NotFound)?;
            let reachable: Vec<SocketAddr> = found
                .into_iter()
                .filter(|address| networks.may_reach(address.ip(), is_encrypted))
                .collect();
            if reachable.is_empty() {
                return Err(LeadsNowhere::OutOfReach.into());
            }
            Ok(Box::new(reachable.into_iter()) as Addrs)
        })
    }
}

/// Returns the addresses of that name, if there are any.
pub(super) async fn look_up(name: &str) -> Option<Vec<SocketAddr>> {
    let found: Vec<SocketAddr> = tokio::net::lookup_host((name, 0)).await.ok()?.collect();
    (!found.is_empty()).then_some(found)
}
