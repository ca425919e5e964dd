//! Checks the readiness of a server with a minimal HTTP request.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// Returns whether `GET /readyz` returns 200.
pub(crate) fn is_ready(server: SocketAddr) -> bool {
    status_line(server).is_ok_and(|line| line.starts_with(b"HTTP/1.1 200"))
}

fn status_line(server: SocketAddr) -> io::Result<[u8; 12]> {
    const TIMEOUT: Duration = Duration::from_secs(2);
    let mut stream = TcpStream::connect_timeout(&server, TIMEOUT)?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    // Sent in one write: a server may respond and close the connection after its first read.
    let request = format!("GET /readyz HTTP/1.1\r\nHost: {server}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let mut start = [0; 12];
    stream.read_exact(&mut start)?;
    Ok(start)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;
    use std::thread;

    fn server(answer: &'static str) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = [0; 1024];
            let length = stream.read(&mut request).unwrap();
            assert!(request[..length].starts_with(b"GET /readyz HTTP/1.1\r\nHost: "));
            stream.write_all(answer.as_bytes()).unwrap();
        });
        address
    }

    #[test]
    fn only_a_200_is_ready() {
        assert!(is_ready(server("HTTP/1.1 200 OK\r\n\r\n")));
        assert!(!is_ready(server("HTTP/1.1 503 Service Unavailable\r\n\r\n")));
        assert!(!is_ready(server("")));
    }

    #[test]
    fn a_closed_port_is_not_ready() {
        // A port that was just freed may belong to another test by now; port 1 has no listener.
        assert!(!is_ready(([127, 0, 0, 1], 1).into()));
    }
}
