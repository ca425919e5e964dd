//! Health checks in the background: a busy host takes seconds to respond.

use std::future::Future;

use futures_util::future::join_all;
use tokio::time::Instant;

use crate::fleet::Fleet;
use crate::health::Health;

impl Fleet {
    /// Checks all hosts concurrently, each within the health timeout. Not to be called while a CRM's request is handled.
    pub async fn poll_once(&self) {
        join_all((0..self.0.hosts.len()).map(|host| self.check(host))).await;
    }

    /// Checks all hosts periodically until `shutdown` completes. The first check starts immediately.
    ///
    /// Each host has its own interval, so a host that hangs does not delay the others. The interval varies by a fifth, so
    /// that the checks of several consoles do not synchronize.
    pub async fn run_poller(&self, shutdown: impl Future<Output = ()>) {
        let hosts = join_all((0..self.0.hosts.len()).map(|host| self.keep_checking(host)));
        tokio::select! {
            () = shutdown => {}
            // Without hosts there is nothing to check: wait for the shutdown.
            () = async { hosts.await; std::future::pending().await } => {}
        }
    }

    async fn keep_checking(&self, host: usize) {
        loop {
            self.check(host).await;
            let pace = 0.8 + 0.4 * self.0.capacity().chance();
            tokio::time::sleep(self.0.poll_interval.mul_f64(pace)).await;
        }
    }

    async fn check(&self, host: usize) {
        let fleet = &self.0;
        let address = fleet.address(host);
        let number = match &fleet.numbers {
            Some(draw) => draw().await,
            None => None,
        };
        let begun = fleet.capacity().begin_check();
        let answer = fleet.client.health(address).await;
        let answer = answer.map(|health| Health { number, ..health });
        let why = answer.as_ref().err().cloned();
        let at = ((fleet.clock)(), Instant::now());
        let changed = fleet.free(|capacity| capacity.end_check(host, begun, answer, at));
        if let Some(state) = changed {
            tracing::info!(host = %address.id, ?state, ?why, "voice host state changed");
        }
    }
}
