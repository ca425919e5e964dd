//! Measurements, each with its baseline.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use serde_json::json;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions as _, Connection as _};
use tempfile::TempDir;

use crate::admin_client::AdminClient;
use crate::load_generator::{self, Load, Measured, Request};
use crate::performance_document::Document;
use crate::process::Program;
use crate::table::{Figure, Row, Table};
use crate::{Part, idempotent_load, idle_cost, postgres, scaling, tail_latency, webhooks};

/// Measures all parts, or one, prints the tables and writes the document.
pub(crate) async fn run(
    ori: &Path,
    oha: &Path,
    quick: bool,
    only: Option<Part>,
    document: Option<&Path>,
) -> Result<()> {
    let wanted = |part| only.is_none_or(|only| only == part);
    let mut tables = Document::default();
    let bench = Bench::start(ori, oha, quick).await?;
    if wanted(Part::Verify) {
        tables.add(bench.verify().await?);
    }
    if wanted(Part::Accept) {
        tables.add(bench.accept().await?);
    }
    if wanted(Part::Dialout) {
        tables.add(bench.dialout().await?);
    }
    if wanted(Part::Tail) {
        for table in bench.tail().await? {
            tables.add(table);
        }
    }
    let (rounds, duration) = (bench.rounds, bench.duration);
    drop(bench);
    if wanted(Part::Postgres) {
        tables.add(postgres::accept(ori, oha, rounds, duration).await?);
    }
    if wanted(Part::Webhooks) {
        let events = if quick { 500 } else { 2000 };
        tables.add(webhooks::webhooks(ori, rounds.div_ceil(3), events).await?);
    }
    if wanted(Part::Growth) {
        let load = Load {
            connections: CONNECTIONS,
            duration,
            rate: None,
        };
        let (table, pages) = scaling::scaling(oha, ori, load, rounds, quick).await?;
        tables.add(table);
        tables.add_pages(pages);
    }
    if wanted(Part::Idle) {
        tables.add(idle_cost::idle(ori, quick).await?);
    }
    match document {
        Some(file) => tables.write(file, rounds, duration.as_secs()),
        None => Ok(()),
    }
}

/// Returns the number and the duration of the rounds.
fn size(quick: bool) -> (u32, Duration) {
    if quick {
        (3, Duration::from_secs(2))
    } else {
        (7, Duration::from_secs(5))
    }
}

/// Number of connections, except in the rows with one connection.
pub(crate) const CONNECTIONS: u32 = 64;

const VERIFY: &str = "`GET /api/v1/auth/whoami` beside a program that answers without a check, and one that looks up the key's SHA-256 \
     digest in a map. A mistyped key fails its checksum and costs no look-up; clients that repeat it are throttled (429).";

const RECORD: &str = "`POST /api/v1/sip/dialout` with `Prefer: respond-async` on 64 connections: each call is on the disk before its \
     response. Calls that arrive together share a commit, so the server records more than one row a commit.";

const DIALOUT: &str = "The call is recorded, a voice host is asked, its answer is recorded and returned; the baseline only forwards the \
     request to the same voice host.";

struct Bench<'a> {
    oha: &'a Path,
    rounds: u32,
    duration: Duration,
    baselines: Program,
    server: Program,
    /// Server without a voice host, so that queued calls stay queued.
    idle: Program,
    /// Voice host of the server and of `/forward`.
    _host: Program,
    key: String,
    idle_key: String,
    folder: TempDir,
}

impl<'a> Bench<'a> {
    async fn start(ori: &Path, oha: &'a Path, quick: bool) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let host = Program::baselines(&[])?;
        let (one, two) = (folder.path().join("one"), folder.path().join("two"));
        let server = Program::server(ori, &one, Some(&host.url))?;
        let idle = Program::server(ori, &two, None)?;
        let key = create_key(&server).await?;
        let baselines = Program::baselines(&["--host", &host.url, "--key", &key])?;
        let (rounds, duration) = size(quick);
        Ok(Self {
            oha,
            rounds,
            duration,
            idle_key: create_key(&idle).await?,
            _host: host,
            baselines,
            server,
            idle,
            key,
            folder,
        })
    }

    async fn verify(&self) -> Result<Table> {
        let whoami = get("/api/v1/auth/whoami", &self.key);
        let wrong = get("/api/v1/auth/whoami", &mistyped(&self.key));
        let mut rows = [
            Row::new("actix-web, no check"),
            Row::new("actix-web + SHA-256 + map"),
            Row::new("ori: whoami"),
            Row::new("ori: bad checksum"),
        ];
        for _ in 0..self.rounds {
            rows[0].add(
                self.apply(&self.baselines, &get("/bare", &self.key), &[200])
                    .await?,
            );
            rows[1].add(
                self.apply(&self.baselines, &get("/verify", &self.key), &[200])
                    .await?,
            );
            rows[2].add(self.apply(&self.server, &whoami, &[200]).await?);
            rows[3].add(self.apply(&self.server, &wrong, &[401, 429]).await?);
        }
        let figures = vec![
            Figure::at_least("whoami: rate / map", rows[2].rate() / rows[1].rate(), 0.85),
            Figure::at_most("whoami: CPU / map", rows[2].cpu() / rows[1].cpu(), 1.4),
            Figure::shown("bad checksum: rate / no check", rows[3].rate() / rows[0].rate()),
        ];
        Ok(Table::new("Verify a key", VERIFY, rows.into(), figures))
    }

    async fn accept(&self) -> Result<Table> {
        let queued = queued(&self.idle_key);
        let mut rows = [
            Row::new("actix-web, no check, no storage"),
            Row::new("SQLite, one row a commit, no HTTP"),
            Row::new("ori: an Idempotency-Key each"),
            Row::new("ori: without Idempotency-Key"),
            Row::new("actix-web, one connection"),
            Row::new("ori: one connection"),
        ];
        let lone = Load {
            connections: 1,
            ..self.load()
        };
        for _ in 0..self.rounds {
            rows[0].add(self.apply(&self.baselines, &post("/accept"), &[202]).await?);
            rows[1].add(self.commits().await?);
            rows[2].add(idempotent_load::apply(self.load(), &self.idle, &queued, 202).await?);
            rows[3].add(self.apply(&self.idle, &queued, &[202]).await?);
            rows[4]
                .add(load_generator::apply(self.oha, lone, &self.baselines, &post("/accept"), &[202]).await?);
            rows[5].add(load_generator::apply(self.oha, lone, &self.idle, &queued, &[202]).await?);
        }
        let commit = rows[1].rate();
        let figures = vec![
            Figure::at_least(
                "with an Idempotency-Key each: rate / one row a commit",
                rows[2].rate() / commit,
                5.0,
            ),
            Figure::shown(
                "without Idempotency-Key: rate / one row a commit",
                rows[3].rate() / commit,
            ),
            Figure::shown("one connection: p50 / a commit", rows[5].p50() / rows[1].p50()),
        ];
        Ok(Table::new("Record a call durably", RECORD, rows.into(), figures))
    }

    async fn dialout(&self) -> Result<Table> {
        let placed = Request {
            headers: vec![format!("X-API-Key: {}", self.key)],
            ..post("/api/v1/sip/dialout")
        };
        let mut rows = [
            Row::new("actix-web that forwards"),
            Row::new("ori: whole dialout"),
        ];
        for _ in 0..self.rounds {
            rows[0].add(self.apply(&self.baselines, &post("/forward"), &[200]).await?);
            rows[1].add(self.apply(&self.server, &placed, &[200]).await?);
        }
        let figures = vec![Figure::shown(
            "dialout: rate / forward",
            rows[1].rate() / rows[0].rate(),
        )];
        Ok(Table::new("Whole dialout", DIALOUT, rows.into(), figures))
    }

    async fn tail(&self) -> Result<Vec<Table>> {
        let refused = |key: &str| get("/api/v1/auth/whoami", &mistyped(key));
        let kinds = [
            tail_latency::Kind {
                what: "Tail: verify a key",
                server: &self.server,
                request: get("/api/v1/auth/whoami", &self.key),
                status: 200,
                refused: refused(&self.key),
                baseline: (&self.baselines, get("/verify", &self.key)),
            },
            tail_latency::Kind {
                what: "Tail: record a call durably",
                server: &self.idle,
                request: queued(&self.idle_key),
                status: 202,
                refused: refused(&self.idle_key),
                baseline: (&self.baselines, post("/accept")),
            },
        ];
        let mut tables = Vec::new();
        for kind in kinds {
            // Fewer rounds, because each has four parts.
            tables.push(tail_latency::tail(self.oha, &kind, self.load(), self.rounds.div_ceil(3)).await?);
        }
        Ok(tables)
    }

    fn load(&self) -> Load {
        Load {
            connections: CONNECTIONS,
            duration: self.duration,
            rate: None,
        }
    }

    async fn apply(&self, program: &Program, request: &Request, statuses: &[u16]) -> Result<Measured> {
        load_generator::apply(self.oha, self.load(), program, request, statuses).await
    }

    /// Inserts one row per commit, each durable before the next.
    async fn commits(&self) -> Result<Measured> {
        let mut database = SqliteConnectOptions::new()
            .filename(self.folder.path().join("limit.sqlite3"))
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .connect()
            .await?;
        sqlx::query("create table if not exists calls (id integer primary key, body text not null) strict")
            .execute(&mut database)
            .await?;
        let body = post("/").body.unwrap_or_default();
        let (started, mut times) = (Instant::now(), Vec::new());
        while started.elapsed() < self.duration {
            let began = Instant::now();
            sqlx::query("insert into calls (body) values (?1)")
                .bind(&body)
                .execute(&mut database)
                .await?;
            times.push(began.elapsed());
        }
        let took = started.elapsed();
        database.close().await?;
        Ok(Measured::of(&mut times, took))
    }
}

fn get(path: &'static str, key: &str) -> Request {
    Request {
        path,
        headers: vec![format!("X-API-Key: {key}")],
        body: None,
    }
}

/// Returns a key of the correct form with a wrong checksum.
fn mistyped(key: &str) -> String {
    let other = if key.ends_with('x') { 'y' } else { 'x' };
    format!("{}{other}", &key[..key.len() - 1])
}

fn post(path: &'static str) -> Request {
    let body = json!({"bot_id": "bench", "to_number": "+919876543210",
                      "variables": {"CUSTOMERNAME": "Rajesh", "due_amount": "50000"}});
    Request {
        path,
        headers: Vec::new(),
        body: Some(body.to_string()),
    }
}

/// Returns a request for a call that may be queued.
pub(crate) fn queued(key: &str) -> Request {
    Request {
        headers: vec![format!("X-API-Key: {key}"), "Prefer: respond-async".into()],
        ..post("/api/v1/sip/dialout")
    }
}

/// Signs in as the admin and creates a key.
pub(crate) async fn create_key(server: &Program) -> Result<String> {
    let created = AdminClient::sign_in(server).await?.create_key("Bench").await?;
    let key = created["key"].as_str().context("a new key is in the response")?;
    Ok(key.to_owned())
}
