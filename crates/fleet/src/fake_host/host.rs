//! The handle to a scripted host.

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

/// A scripted host that runs until this is dropped. Its calls run on and post their results.
pub struct ScriptedHost {
    shared: Arc<Shared>,
    address: SocketAddr,
    /// Keeps a port that was drawn from being drawn by another while nobody listens.
    port: Option<TcpSocket>,
    serving: Option<JoinHandle<()>>,
}

impl ScriptedHost {
    /// Starts a host. `rng` draws its call ids.
    ///
    /// # Errors
    /// It cannot listen where the script says.
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

    /// The host's base address.
    #[must_use]
    pub fn url(&self) -> Url {
        let url = format!("http://{}/", self.address);
        url.parse().expect("a socket's address makes an address")
    }

    /// Every call that was dialled, or may have been as far as the caller can tell, in order.
    #[must_use]
    pub fn dialled(&self) -> Vec<ReceivedDial> {
        self.shared.state.borrow().dialled.clone()
    }

    /// Every request that arrived, in order.
    #[must_use]
    pub fn requests(&self) -> Vec<ReceivedRequest> {
        self.shared.state.borrow().requests.clone()
    }

    /// How many calls take place.
    #[must_use]
    pub fn running(&self) -> usize {
        self.shared.state.borrow().running.len()
    }

    /// How many results were posted and taken.
    #[must_use]
    pub fn results(&self) -> u64 {
        self.shared.state.borrow().results
    }

    /// Answers questions after its health like that from now on.
    pub fn on_health(&self, behaviour: Behaviour) {
        self.shared.update(|state| state.health = behaviour);
    }

    /// Answers requests to dial like that from now on.
    pub fn on_dial(&self, behaviour: Behaviour) {
        self.shared.update(|state| state.dial = behaviour);
    }

    /// Gives that many workers to calls that come from elsewhere.
    pub fn take(&self, workers: usize) {
        self.shared.update(|state| state.taken = workers);
    }

    /// Gives the answers that are being held back.
    pub fn let_go(&self) {
        self.shared.update(|state| state.let_go += 1);
    }

    /// Ends all calls that take place.
    pub fn end_calls(&self) {
        self.shared.update(|state| state.ended += 1);
    }

    /// Waits until that many requests have arrived.
    pub async fn until_requests(&self, count: usize) {
        self.shared.until(|state| state.requests.len() >= count).await;
    }

    /// Waits until that many calls were dialled.
    pub async fn until_dialled(&self, count: usize) {
        self.shared.until(|state| state.dialled.len() >= count).await;
    }

    /// Waits until that many results were posted and taken.
    pub async fn until_results(&self, count: u64) {
        self.shared.until(|state| state.results >= count).await;
    }

    /// Dies: closes its socket and every connection. Its calls run on.
    pub async fn die(&mut self) {
        if let Some(serving) = self.serving.take() {
            serving.abort();
            // Once the task has ended, however it did, the socket is closed.
            let _ = serving.await;
        }
    }

    /// Comes back to life at the same address.
    ///
    /// # Errors
    /// The address was taken in between.
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

/// How many connections may wait to be accepted.
const BACKLOG: u32 = 1024;

/// A socket at an address that another of ours may have, too.
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

impl Drop for ScriptedHost {
    fn drop(&mut self) {
        if let Some(serving) = &self.serving {
            serving.abort();
        }
    }
}
