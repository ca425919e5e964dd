//! Measures the delivery of events to a fast receiver, alone and beside sixteen that never respond.

use std::net::TcpListener;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::{App, HttpResponse, HttpServer, web};
use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::admin_client::AdminClient;
use crate::load_generator::{self, Measured};
use crate::process::{Program, SECRET};
use crate::table::{Figure, Row, Table};

/// Number of receivers that never respond.
const HANGING: usize = 16;
/// Number of pending events of each of their keys.
const BACKLOG: usize = 20;
/// Number of concurrent reporters.
const REPORTERS: usize = 8;
/// Maximum time without an event.
const LIMIT: Duration = Duration::from_secs(60);

/// Measures events delivered per second, and the delay of each from the report of a call's end to the event's arrival.
///
/// # Errors
/// Fails if the server fails, or if an event does not arrive within a minute.
pub(crate) async fn webhooks(ori: &Path, rounds: u32, events: usize) -> Result<Table> {
    let mut rows = [
        Row::new("ori: one receiver"),
        Row::new("ori: beside 16 that hang"),
    ];
    for _ in 0..rounds {
        for (row, hanging) in rows.iter_mut().zip([0, HANGING]) {
            row.add(Stage::start(ori, hanging).await?.measure(events).await?);
        }
    }
    let figures = vec![
        Figure::at_least(
            "events: rate beside hanging / alone",
            rows[1].rate() / rows[0].rate(),
            0.5,
        ),
        Figure::at_most(
            "events: p99 beside hanging / alone",
            rows[1].p99() / rows[0].p99(),
            2.0,
        ),
    ];
    Ok(Table::new("Webhooks", MEANING, rows.into(), figures))
}

const MEANING: &str = "Events delivered a second to a receiver that answers at once, alone and beside sixteen receivers that accept \
     connections and never answer. A latency is from the report of a call's end to the arrival of its event.";

/// Server with its receivers and its voice host.
struct Stage {
    server: Program,
    _host: Program,
    _folder: tempfile::TempDir,
    _hanging: Vec<TcpListener>,
    http: reqwest::Client,
    key: String,
    arrivals: UnboundedReceiver<(String, Instant)>,
}

impl Stage {
    async fn start(ori: &Path, hanging: usize) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let host = Program::baselines(&[])?;
        let server = Program::server(ori, folder.path(), Some(&host.url))?;
        let admin = AdminClient::sign_in(&server).await?;
        let (sender, arrivals) = unbounded_channel();
        let key = hooked(&admin, &format!("{}/", receiver(sender)?)).await?;
        let http = load_generator::client()?;
        let mut silent = Vec::with_capacity(hanging);
        for _ in 0..hanging {
            // The kernel accepts connections, and nothing reads them.
            let listener = TcpListener::bind("127.0.0.1:0")?;
            let key = hooked(&admin, &format!("http://{}/", listener.local_addr()?)).await?;
            silent.push(listener);
            for _ in 0..BACKLOG {
                let call = dial(&http, &server.url, &key).await?;
                report(&http, &server.url, &call).await?;
            }
        }
        Ok(Self {
            server,
            _host: host,
            _folder: folder,
            _hanging: silent,
            http,
            key,
            arrivals,
        })
    }

    async fn measure(mut self, events: usize) -> Result<Measured> {
        let mut calls = Vec::with_capacity(events);
        for _ in 0..events {
            calls.push(dial(&self.http, &self.server.url, &self.key).await?);
        }
        let began = Instant::now();
        let mut reporters = tokio::task::JoinSet::new();
        let url: Arc<str> = self.server.url.as_str().into();
        for calls in calls.chunks(events.div_ceil(REPORTERS)) {
            let (http, url, calls) = (self.http.clone(), url.clone(), calls.to_vec());
            reporters.spawn(async move {
                let mut reported = Vec::with_capacity(calls.len());
                for call in calls {
                    let at = Instant::now();
                    report(&http, &url, &call).await?;
                    reported.push((call, at));
                }
                anyhow::Ok(reported)
            });
        }
        let mut arrived = std::collections::HashMap::with_capacity(events);
        while arrived.len() < events {
            let arrival = tokio::time::timeout(LIMIT, self.arrivals.recv()).await;
            let (call, at) = arrival
                .context("an event does not arrive")?
                .context("the receiver ended")?;
            arrived.entry(call).or_insert(at);
        }
        let took = began.elapsed();
        let mut delays = Vec::with_capacity(events);
        while let Some(reported) = reporters.join_next().await {
            for (call, at) in reported?? {
                let arrival = arrived.get(&call).context("an event of another call arrived")?;
                delays.push(arrival.saturating_duration_since(at));
            }
        }
        Ok(Measured::of(&mut delays, took))
    }
}

/// Creates a key whose events are sent to the URL, and returns the key.
async fn hooked(admin: &AdminClient, url: &str) -> Result<String> {
    let created = admin.create_key("Bench").await?;
    let id = created["id"].as_str().context("a new key has an id")?;
    admin.set_webhook(id, url).await?;
    let key = created["key"].as_str().context("a new key is returned")?;
    Ok(key.to_owned())
}

/// Places a call and returns its id.
async fn dial(http: &reqwest::Client, url: &str, key: &str) -> Result<String> {
    let dialout = http
        .post(format!("{url}/api/v1/sip/dialout"))
        .header("X-API-Key", key);
    for _ in 0..200 {
        let dialout = dialout.try_clone().context("it can be sent again")?;
        let answer = dialout
            .json(&json!({"bot_id": "bench", "to_number": "+919876543210"}))
            .send()
            .await?;
        // The server may not have detected the capacity of its voice host yet.
        if answer.status() != 503 {
            let placed: Value = answer.error_for_status()?.json().await?;
            return Ok(placed["call_id"].as_str().context("a call has an id")?.to_owned());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    bail!("the voice host has no capacity")
}

/// Reports the end of the call.
async fn report(http: &reqwest::Client, url: &str, call: &str) -> Result<()> {
    let result = json!({"connected_event": {"ori_call_id": call}, "disconnected_by": "user"});
    http.post(format!("{url}/api/v1/call-results"))
        .header("X-Fleet-Secret", SECRET)
        .json(&result)
        .send()
        .await?
        .error_for_status()?;
    Ok(())
}

/// Starts a receiver that responds at once and forwards the call id of each event. Returns its URL.
fn receiver(arrivals: UnboundedSender<(String, Instant)>) -> Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let url = format!("http://{}", listener.local_addr()?);
    let receive = |event: web::Json<Value>, arrivals: web::Data<UnboundedSender<(String, Instant)>>| async move {
        let call = event["data"]["call_id"].as_str().unwrap_or_default().to_owned();
        // After the measurement, the channel is closed.
        let _ = arrivals.send((call, Instant::now()));
        HttpResponse::NoContent().finish()
    };
    let server = HttpServer::new(move || {
        App::new()
            .app_data(web::Data::new(arrivals.clone()))
            .default_service(web::post().to(receive))
    });
    tokio::spawn(server.workers(1).disable_signals().listen(listener)?.run());
    Ok(url)
}
