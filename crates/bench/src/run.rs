//! What is compared with what.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use reqwest::header::SET_COOKIE;
use serde_json::{Value, json};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions as _, Connection as _};
use tempfile::TempDir;

use crate::load::{self, Load, Measured, Request};
use crate::postgres;
use crate::program::{EMAIL, PASSWORD, Program};
use crate::report::{Goal, Row, Table};
use crate::{Part, growth, idle, tail, webhooks};

/// Compares everything, or that part alone, and prints what came of it.
pub(crate) async fn run(ori: &Path, oha: &Path, quick: bool, only: Option<Part>) -> Result<()> {
    let wanted = |part| only.is_none_or(|only| only == part);
    let bench = Bench::start(ori, oha, quick).await?;
    if wanted(Part::Verify) {
        bench.verify().await?.print();
    }
    if wanted(Part::Accept) {
        bench.accept().await?.print();
    }
    if wanted(Part::Dialout) {
        bench.dialout().await?.print();
    }
    if wanted(Part::Tail) {
        bench.tail().await?;
    }
    let (rounds, duration) = (bench.rounds, bench.duration);
    drop(bench);
    if wanted(Part::Postgres) {
        postgres::accept(ori, oha, rounds, duration).await?.print();
    }
    if wanted(Part::Webhooks) {
        let events = if quick { 500 } else { 2000 };
        webhooks::webhooks(ori, rounds.div_ceil(3), events).await?.print();
    }
    if wanted(Part::Growth) {
        grown(ori, oha, quick).await?;
    }
    if wanted(Part::Idle) {
        idle::idle(ori, quick).await?.print();
    }
    Ok(())
}

/// A server that has grown, beside one that has not.
async fn grown(ori: &Path, oha: &Path, quick: bool) -> Result<()> {
    let (rounds, duration) = size(quick);
    let load = Load {
        connections: CONNECTIONS,
        duration,
        rate: None,
    };
    let (table, pages) = growth::growth(oha, ori, load, rounds, quick).await?;
    table.print();
    pages.print();
    Ok(())
}

/// How many rounds, and how long each is.
fn size(quick: bool) -> (u32, Duration) {
    if quick {
        (3, Duration::from_secs(2))
    } else {
        (7, Duration::from_secs(5))
    }
}

/// Connections at once, where it is not one.
pub(crate) const CONNECTIONS: u32 = 64;

struct Bench<'a> {
    oha: &'a Path,
    rounds: u32,
    duration: Duration,
    limits: Program,
    server: Program,
    /// Without a voice host, so that what waits goes on waiting.
    idle: Program,
    /// What the server and `/forward` talk to.
    _host: Program,
    key: String,
    idle_key: String,
    folder: TempDir,
}

impl<'a> Bench<'a> {
    async fn start(ori: &Path, oha: &'a Path, quick: bool) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let host = Program::limits(&[])?;
        let (one, two) = (folder.path().join("one"), folder.path().join("two"));
        let server = Program::server(ori, &one, Some(&host.url))?;
        let idle = Program::server(ori, &two, None)?;
        let key = create_key(&server).await?;
        let limits = Program::limits(&["--host", &host.url, "--key", &key])?;
        let (rounds, duration) = size(quick);
        Ok(Self {
            oha,
            rounds,
            duration,
            idle_key: create_key(&idle).await?,
            _host: host,
            limits,
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
            rows[0].add(self.apply(&self.limits, &get("/bare", &self.key), &[200]).await?);
            rows[1].add(
                self.apply(&self.limits, &get("/verify", &self.key), &[200])
                    .await?,
            );
            rows[2].add(self.apply(&self.server, &whoami, &[200]).await?);
            rows[3].add(self.apply(&self.server, &wrong, &[401, 429]).await?);
        }
        let goals = vec![
            Goal::at_least("whoami: rate / map", rows[2].rate() / rows[1].rate(), 0.85),
            Goal::at_most("whoami: CPU / map", rows[2].cpu() / rows[1].cpu(), 1.4),
            Goal::at_least("bad checksum: rate / bare", rows[3].rate() / rows[0].rate(), 0.95),
        ];
        Ok(Table::new("Verify", rows.into(), goals))
    }

    async fn accept(&self) -> Result<Table> {
        let queued = queued(&self.idle_key);
        let mut rows = [
            Row::new("actix-web, no check"),
            Row::new("SQLite, one row a commit"),
            Row::new("ori: accept durably"),
            Row::new("actix-web, no check, one connection"),
            Row::new("ori: accept, one connection"),
        ];
        let lone = Load {
            connections: 1,
            ..self.load()
        };
        for _ in 0..self.rounds {
            rows[0].add(self.apply(&self.limits, &post("/accept"), &[202]).await?);
            rows[1].add(self.commits().await?);
            rows[2].add(self.apply(&self.idle, &queued, &[202]).await?);
            rows[3].add(load::apply(self.oha, lone, &self.limits, &post("/accept"), &[202]).await?);
            rows[4].add(load::apply(self.oha, lone, &self.idle, &queued, &[202]).await?);
        }
        let (commit, http, accept) = (rows[1].p50(), rows[3].p50(), rows[4].p50());
        let goals = vec![
            Goal::at_least("accept: rate / bare", rows[2].rate() / rows[0].rate(), 0.4),
            Goal::at_least(
                "accept: rate / one row a commit",
                rows[2].rate() / rows[1].rate(),
                5.0,
            ),
            Goal::at_most("lone accept: p50 / a commit", accept / commit, 1.3),
            // A commit is measured without HTTP, which alone may take more than that leaves.
            Goal::at_most(
                "lone accept: p50 beyond what HTTP alone takes / a commit",
                (accept - http) / commit,
                1.3,
            ),
        ];
        Ok(Table::new("Accept durably", rows.into(), goals))
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
            rows[0].add(self.apply(&self.limits, &post("/forward"), &[200]).await?);
            rows[1].add(self.apply(&self.server, &placed, &[200]).await?);
        }
        let goals = vec![Goal::at_least(
            "dialout: rate / forward",
            rows[1].rate() / rows[0].rate(),
            0.5,
        )];
        Ok(Table::new("Whole dialout", rows.into(), goals))
    }

    /// How long the slowest wait.
    async fn tail(&self) -> Result<()> {
        let refused = |key: &str| get("/api/v1/auth/whoami", &mistyped(key));
        let kinds = [
            tail::Asked {
                what: "Tail: verify",
                server: &self.server,
                request: get("/api/v1/auth/whoami", &self.key),
                status: 200,
                refused: refused(&self.key),
                limit: (&self.limits, get("/verify", &self.key)),
            },
            tail::Asked {
                what: "Tail: accept durably",
                server: &self.idle,
                request: queued(&self.idle_key),
                status: 202,
                refused: refused(&self.idle_key),
                limit: (&self.limits, post("/accept")),
            },
        ];
        for kind in kinds {
            // Fewer rounds: each is four.
            tail::tail(self.oha, &kind, self.load(), self.rounds.div_ceil(3))
                .await?
                .print();
        }
        Ok(())
    }

    /// What waits goes on waiting there.
    fn load(&self) -> Load {
        Load {
            connections: CONNECTIONS,
            duration: self.duration,
            rate: None,
        }
    }

    async fn apply(&self, program: &Program, request: &Request, statuses: &[u16]) -> Result<Measured> {
        load::apply(self.oha, self.load(), program, request, statuses).await
    }

    /// One row a commit, each on the disk before the next.
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

/// Of the right form; only the checksum tells that it is wrong.
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

/// A call that is to wait.
pub(crate) fn queued(key: &str) -> Request {
    Request {
        headers: vec![format!("X-API-Key: {key}"), "Prefer: respond-async".into()],
        ..post("/api/v1/sip/dialout")
    }
}

/// Signs in as the admin and makes a key.
pub(crate) async fn create_key(server: &Program) -> Result<String> {
    let http = load::client()?;
    let signed_in = http
        .post(format!("{}/api/v1/session", server.url))
        .json(&json!({"email": EMAIL, "password": PASSWORD}))
        .send()
        .await?
        .error_for_status()?;
    let cookie = signed_in
        .headers()
        .get(SET_COOKIE)
        .context("signing in sets a cookie")?
        .to_str()?;
    let cookie = cookie.split(';').next().unwrap_or_default().to_owned();
    let created: Value = http
        .post(format!("{}/api/v1/api-keys", server.url))
        .header("cookie", cookie)
        .json(&json!({"name": "Bench"}))
        .send()
        .await?
        .error_for_status()?
        .json()
        .await?;
    Ok(created["key"].as_str().context("a new key is told")?.to_owned())
}
