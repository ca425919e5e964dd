//! Where the console listens, and where a browser finds it.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, ToSocketAddrs};

use anyhow::{Context, Result};

use super::set_by_user;

const USUAL: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 8080);

/// An address to listen on.
pub(crate) struct Address {
    listen: SocketAddr,
}

impl Address {
    /// The address in ORI_LISTEN, which is taken as it is; without one, the usual address or a free port.
    pub(crate) fn choose() -> Result<Self> {
        match set_by_user("ORI_LISTEN") {
            Some(wanted) => Self::parse(&wanted),
            None => Self::usual_or_free(),
        }
    }

    /// What the server is told.
    pub(crate) fn listen(&self) -> String {
        self.listen.to_string()
    }

    /// Where the server can be reached from this machine.
    pub(crate) fn socket(&self) -> SocketAddr {
        match self.listen {
            all if all.ip().is_unspecified() => (Ipv4Addr::LOCALHOST, all.port()).into(),
            one => one,
        }
    }

    /// What to type into a browser.
    pub(crate) fn url(&self) -> String {
        set_by_user("ORI_PUBLIC_URL").unwrap_or_else(|| format!("http://{}", self.socket()))
    }

    fn parse(wanted: &str) -> Result<Self> {
        let found = wanted
            .to_socket_addrs()
            .ok()
            .and_then(|mut addresses| addresses.next());
        let listen =
            found.with_context(|| format!("ORI_LISTEN={wanted} is no address such as 127.0.0.1:8080"))?;
        // The server would choose a port by itself, and only it would know which.
        if listen.port() == 0 {
            Self::free(listen)
        } else {
            Ok(Self { listen })
        }
    }

    fn usual_or_free() -> Result<Self> {
        match TcpListener::bind(USUAL) {
            Err(error) if error.kind() == ErrorKind::AddrInUse => {
                println!("{USUAL} is taken, so another port is chosen. ORI_LISTEN sets one.");
                Self::free(USUAL)
            }
            _ => Ok(Self { listen: USUAL }),
        }
    }

    fn free(at: SocketAddr) -> Result<Self> {
        let listener = TcpListener::bind((at.ip(), 0)).context("no free port was found")?;
        Ok(Self {
            listen: listener.local_addr()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_taken_as_it_is() {
        assert_eq!(
            Address::parse("127.0.0.1:1234").unwrap().listen(),
            "127.0.0.1:1234"
        );
        assert!(Address::parse("8080").is_err());
    }

    #[test]
    fn port_nought_becomes_a_port_that_is_known() {
        assert_ne!(Address::parse("127.0.0.1:0").unwrap().listen.port(), 0);
    }

    #[test]
    fn a_server_on_all_addresses_is_reached_on_this_one() {
        let address = Address::parse("0.0.0.0:1234").unwrap();
        assert_eq!(address.listen(), "0.0.0.0:1234");
        assert_eq!(address.socket().to_string(), "127.0.0.1:1234");
    }
}
