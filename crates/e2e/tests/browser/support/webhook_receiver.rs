//! Webhook receiver that responds 200 to every request.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// Receiver that listens until it is dropped, and counts requests.
pub(crate) struct Receiver {
    port: u16,
    requests: watch::Receiver<usize>,
}

impl Receiver {
    /// Starts on a free port of this machine.
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let (count, requests) = watch::channel(0);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                if answer(stream).await.is_ok() {
                    count.send_modify(|count| *count += 1);
                }
            }
        });
        Self { port, requests }
    }

    /// Returns the receiver's URL.
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/hook", self.port)
    }

    /// Waits until `count` requests were answered.
    pub(crate) async fn until_requests(&self, count: usize) {
        let mut requests = self.requests.clone();
        let reached = requests.wait_for(|requests| *requests >= count).await;
        reached.expect("the receiver runs");
    }
}

/// Reads the whole request, because closing a connection with unread bytes resets it.
async fn answer(mut stream: TcpStream) -> std::io::Result<()> {
    let mut request = Vec::new();
    while !is_whole(&request) {
        if stream.read_buf(&mut request).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
    }
    stream
        .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
        .await
}

fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request).to_lowercase();
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return false;
    };
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
    body.len() >= length.unwrap_or(0)
}
