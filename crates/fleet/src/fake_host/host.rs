//! Handle to a fake host.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use rand_core::Rng;
use reqwest::Url;
use tokio::net::{TcpListener, TcpSocket};
use tokio::task::JoinHandle;

use super::script::{Behaviour, ReceivedDial, ReceivedRequest, Script};
use super::serve::serve;
use super::state::Shared;

/// A fake host that runs until it is dropped. Its calls continue and post their results.
pub struct FakeHost {
    shared: Arc<Shared>,
    address: SocketAddr,
    /// Reserves a port that the system chose, so that no other program gets it while the host is down.
    port: Option<TcpSocket>,
    serving: Option<JoinHandle<()>>,
}

impl FakeHost {
    /// Starts a host. `rng` generates its call ids.
    ///
    /// # Errors
    /// Returns an error if it cannot listen on the address in the script.
    pub async fn start(script: Script, rng: Box<dyn Rng + Send>) -> io::Result<Self> {
        let port = (script.listen.port() == 0).then(|| shared_socket(script.listen));
        let port = port.transpose()?;
        let address = port.as_ref().map_or(Ok(script.listen), TcpSocket::local_addr)?;
        let mut host = Self {
            shared: Arc::new(Shared::new(script, rng)),
            address,
            port,
            serving: None,
        };
        host.revive().await?;
        Ok(host)
    }

    /// Returns the base URL of the host.
    #[must_use]
    pub fn url(&self) -> Url {
        let url = format!("http://{}/", self.address);
        url.parse().expect("a socket address is a valid URL authority")
    }

    /// Returns the calls that were dialled, or that the caller must assume to be dialled, in order.
    #[must_use]
    pub fn dialled(&self) -> Vec<ReceivedDial> {
        self.shared.state.borrow().dialled.clone()
    }

    /// Returns the received requests, in order.
    #[must_use]
    pub fn requests(&self) -> Vec<ReceivedRequest> {
        self.shared.state.borrow().requests.clone()
    }

    /// Returns the number of calls in progress.
    #[must_use]
    pub fn running(&self) -> usize {
        self.shared.state.borrow().running.len()
    }

    /// Returns the number of results that were posted and accepted.
    #[must_use]
    pub fn results(&self) -> u64 {
        self.shared.state.borrow().results
    }

    /// Sets the behaviour of health checks from now on.
    pub fn on_health(&self, behaviour: Behaviour) {
        self.shared.update(|state| state.health = behaviour);
    }

    /// Sets the behaviour of dial requests from now on.
    pub fn on_dial(&self, behaviour: Behaviour) {
        self.shared.update(|state| state.dial = behaviour);
    }

    /// Sets the number of workers that are busy with calls from elsewhere.
    pub fn take(&self, workers: usize) {
        self.shared.update(|state| state.taken = workers);
    }

    /// Sends the responses that are held back.
    pub fn let_go(&self) {
        self.shared.update(|state| state.let_go += 1);
    }

    /// Ends all calls in progress.
    pub fn end_calls(&self) {
        self.shared.update(|state| state.ended += 1);
    }

    /// Waits until `count` requests have arrived.
    pub async fn until_requests(&self, count: usize) {
        self.shared.until(|state| state.requests.len() >= count).await;
    }

    /// Waits until `count` calls were dialled.
    pub async fn until_dialled(&self, count: usize) {
        self.shared.until(|state| state.dialled.len() >= count).await;
    }

    /// Waits until `count` results were posted and accepted.
    pub async fn until_results(&self, count: u64) {
        self.shared.until(|state| state.results >= count).await;
    }

    /// Simulates a crash: closes the socket and every connection. Its calls continue.
    pub async fn die(&mut self) {
        if let Some(serving) = self.serving.take() {
            serving.abort();
            // The socket is closed when the task has ended, cancelled or not.
            let _ = serving.await;
        }
    }

    /// Listens again on the same address.
    ///
    /// # Errors
    /// Returns an error if another program uses the address meanwhile.
    pub async fn revive(&mut self) -> io::Result<()> {
        self.die().await;
        let listener = match self.port {
            Some(_) => shared_socket(self.address)?.listen(BACKLOG)?,
            None => TcpListener::bind(self.address).await?,
        };
        self.serving = Some(tokio::spawn(serve(listener, Arc::clone(&self.shared))));
        Ok(())
    }
}

/// Maximum number of connections that wait to be accepted.
const BACKLOG: u32 = 1024;

/// Binds a socket with `SO_REUSEPORT`, so that several sockets of this process can have the address.
fn shared_socket(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = if address.is_ipv4() {
        TcpSocket::new_v4()
    } else {
        TcpSocket::new_v6()
    }?;
    socket.set_reuseport(true)?;
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Ok(socket)
}

impl Drop for FakeHost {
    fn drop(&mut self) {
        if let Some(serving) = &self.serving {
            serving.abort();
        }
    }
}
