//! Address on which the console listens, and its URL for a browser.

use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, ToSocketAddrs};

use anyhow::{Context, Result, anyhow};

use super::set_by_user;

const USUAL: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 8080);

/// An address to listen on.
pub(crate) struct Address {
    listen: SocketAddr,
}

impl Address {
    /// Returns the address in ORI_LISTEN, if it is set.
    ///
    /// # Errors
    /// Fails if the value is not an address, or if the server cannot listen there.
    pub(crate) fn wanted() -> Result<Option<Self>> {
        set_by_user("ORI_LISTEN")
            .map(|wanted| Self::parse(&wanted))
            .transpose()
    }

    /// Returns the default address, or one with a free port if another program listens there.
    pub(crate) fn usual_or_free() -> Result<Self> {
        match TcpListener::bind(USUAL) {
            Err(error) if error.kind() == ErrorKind::AddrInUse => {
                println!("Another program listens on {USUAL}, so another port is used. ORI_LISTEN sets one.");
                let any = SocketAddr::new(USUAL.ip(), 0);
                Self::free(any).context("no free port was found")
            }
            _ => Ok(Self { listen: USUAL }),
        }
    }

    /// Returns the address for the server's configuration.
    pub(crate) fn listen(&self) -> String {
        self.listen.to_string()
    }

    /// Returns the address at which this machine reaches the server.
    pub(crate) fn socket(&self) -> SocketAddr {
        match self.listen {
            all if all.ip().is_unspecified() => (Ipv4Addr::LOCALHOST, all.port()).into(),
            one => one,
        }
    }

    /// Returns the URL for a browser.
    pub(crate) fn url(&self) -> String {
        set_by_user("ORI_PUBLIC_URL").unwrap_or_else(|| format!("http://{}", self.socket()))
    }

    fn parse(wanted: &str) -> Result<Self> {
        let found = wanted
            .to_socket_addrs()
            .ok()
            .and_then(|mut addresses| addresses.next());
        let listen =
            found.with_context(|| format!("ORI_LISTEN={wanted} is not an address such as 127.0.0.1:8080"))?;
        // Port 0 is resolved here, because otherwise only the server would know the port.
        Self::free(listen).map_err(|error| match error.kind() {
            ErrorKind::AddrInUse => anyhow!(
                "another program listens on {wanted}: stop it, or set ORI_LISTEN to another address such as \
                 127.0.0.1:0, which takes any free port"
            ),
            ErrorKind::PermissionDenied => {
                anyhow!("ORI_LISTEN={wanted} needs root: set a port from 1024 on")
            }
            ErrorKind::AddrNotAvailable => {
                anyhow!(
                    "ORI_LISTEN={wanted} is not an address of this machine: set one, such as 127.0.0.1:8080"
                )
            }
            _ => anyhow!("ORI_LISTEN={wanted} is unusable: {error}"),
        })
    }

    /// Checks that the server can listen on this address. For port 0, chooses a free port.
    fn free(at: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(at)?;
        Ok(Self {
            listen: listener.local_addr()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_used_unchanged() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let free = listener.local_addr().unwrap().to_string();
        drop(listener);
        assert_eq!(Address::parse(&free).unwrap().listen(), free);
    }

    #[test]
    fn an_unusable_address_is_an_error_with_advice() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let taken = listener.local_addr().unwrap().to_string();
        for (wanted, sentence) in [
            ("8080", "ORI_LISTEN=8080 is not an address such as 127.0.0.1:8080"),
            (&taken, "stop it, or set ORI_LISTEN to another address"),
            ("192.0.2.1:8080", "is not an address of this machine: set one"),
        ] {
            let error = Address::parse(wanted).err().unwrap().to_string();
            assert!(error.contains(sentence), "{error}");
        }
    }

    #[test]
    fn port_zero_is_resolved_to_a_port() {
        assert_ne!(Address::parse("127.0.0.1:0").unwrap().listen.port(), 0);
    }

    #[test]
    fn a_server_on_all_addresses_is_reached_on_this_one() {
        let address = Address {
            listen: ([0, 0, 0, 0], 1234).into(),
        };
        assert_eq!(address.listen(), "0.0.0.0:1234");
        assert_eq!(address.socket().to_string(), "127.0.0.1:1234");
    }
}
