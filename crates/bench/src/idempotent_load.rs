//! Load in which each request has its own `Idempotency-Key`, as sent by a CRM. oha repeats one request.

use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::{CONTENT_TYPE, HOST};
use hyper_util::rt::TokioIo;
use sha2::{Digest as _, Sha256};
use tokio::net::TcpStream;
use uuid::Uuid;

use crate::load_generator::{Load, Measured, Request};
use crate::process::Program;

/// Sends the request repeatedly on all connections for the duration of the load, each time with a new key. Every
/// response must have the given status.
///
/// # Errors
/// Fails if a connection breaks or a response has another status.
pub(crate) async fn apply(load: Load, program: &Program, request: &Request, status: u16) -> Result<Measured> {
    let before = program.cpu_micros()?;
    let started = Instant::now();
    let mut connections = tokio::task::JoinSet::new();
    for number in 0..load.connections {
        let mut connection = Connection::open(program, request, number).await?;
        connections.spawn(async move {
            let mut times = Vec::new();
            while started.elapsed() < load.duration {
                let sent = Instant::now();
                let answered = connection.send().await?;
                ensure!(answered == status, "the response has the status {answered}");
                times.push(sent.elapsed());
            }
            Ok(times)
        });
    }
    let mut times = Vec::new();
    while let Some(some) = connections.join_next().await {
        times.extend(some??);
    }
    let took = started.elapsed();
    let used = program.cpu_micros()? - before;
    #[expect(clippy::cast_precision_loss, reason = "a measurement")]
    let cpu = used / times.len() as f64;
    Ok(Measured {
        cpu,
        ..Measured::of(&mut times, took)
    })
}

/// Persistent connection with the request to send.
struct Connection {
    sender: SendRequest<Full<Bytes>>,
    authority: String,
    request: Request,
    body: Bytes,
    number: u32,
    sent: u64,
}

impl Connection {
    async fn open(program: &Program, request: &Request, number: u32) -> Result<Self> {
        let authority = program.url.trim_start_matches("http://").to_owned();
        let stream = TcpStream::connect(&authority).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        Ok(Self {
            sender,
            authority,
            request: request.clone(),
            body: request.body.clone().unwrap_or_default().into(),
            number,
            sent: 0,
        })
    }

    async fn send(&mut self) -> Result<u16> {
        self.sent += 1;
        let mut request = hyper::Request::post(self.request.path)
            .header(HOST, &self.authority)
            .header(CONTENT_TYPE, "application/json")
            .header("idempotency-key", self.idempotency_key());
        for header in &self.request.headers {
            let (name, value) = header.split_once(": ").context("a header has a name")?;
            request = request.header(name, value);
        }
        let response = self
            .sender
            .send_request(request.body(Full::new(self.body.clone()))?)
            .await?;
        let status = response.status().as_u16();
        response.into_body().collect().await?;
        Ok(status)
    }

    /// Returns a random-looking UUID, like those of most clients.
    fn idempotency_key(&self) -> String {
        let digest = Sha256::new()
            .chain_update(self.number.to_le_bytes())
            .chain_update(self.sent.to_le_bytes())
            .chain_update(std::process::id().to_le_bytes())
            .finalize();
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&digest[..16]);
        Uuid::from_bytes(bytes).to_string()
    }
}
