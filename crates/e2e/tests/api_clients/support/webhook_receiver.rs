//! Receiver of webhook events.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

/// Maximum waiting time.
const TIMEOUT: Duration = Duration::from_secs(60);

/// Receives the first event, as raw bytes.
pub(crate) struct WebhookReceiver {
    /// URL of the receiver.
    pub(crate) url: String,
    caught: Receiver<Event>,
}

/// Received event.
pub(crate) struct Event {
    headers: Vec<(String, String)>,
    /// Raw body.
    pub(crate) body: Vec<u8>,
}

impl WebhookReceiver {
    /// Starts to listen.
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let address = listener.local_addr().expect("an address");
        let (sender, caught) = mpsc::channel();
        thread::spawn(move || sender.send(catch(&listener)));
        Self {
            url: format!("http://{address}/hooks/ori"),
            caught,
        }
    }

    /// Waits for the event and returns it.
    pub(crate) fn event(&self) -> Event {
        self.caught.recv_timeout(TIMEOUT).expect("an event comes")
    }
}

impl Event {
    /// Returns the value of a header.
    pub(crate) fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map_or_else(|| panic!("no {name}"), |(_, value)| value)
    }
}

fn catch(listener: &TcpListener) -> Event {
    let (stream, _) = listener.accept().expect("a connection");
    let mut reader = BufReader::new(&stream);
    let mut headers = Vec::new();
    let mut line = String::new();
    while reader.read_line(&mut line).is_ok_and(|read| read > 2) {
        if let Some((name, value)) = line.trim().split_once(": ") {
            headers.push((name.to_lowercase(), value.to_owned()));
        }
        line.clear();
    }
    let mut event = Event {
        headers,
        body: Vec::new(),
    };
    event.body = vec![0; event.header("content-length").parse().expect("a length")];
    reader.read_exact(&mut event.body).expect("a whole body");
    (&stream)
        .write_all(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n")
        .expect("the answer is sent");
    event
}

/// Returns a port that is currently free.
pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    listener.local_addr().expect("an address").port()
}

/// Waits until the port accepts connections.
pub(crate) async fn until_open(port: u16) {
    let open = async {
        while tokio::net::TcpStream::connect((Ipv4Addr::LOCALHOST, port))
            .await
            .is_err()
        {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(TIMEOUT, open)
        .await
        .expect("the receiver listens");
}
