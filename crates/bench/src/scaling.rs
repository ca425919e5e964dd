//! Compares a server with a million keys and ten million calls to a new one.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result};
use tempfile::TempDir;

use crate::admin_client::AdminClient;
use crate::load_generator::{self, Load, Request};
use crate::process::Program;
use crate::seed_database::{self, FIRST_CALL, Size};
use crate::table::{Figure, Row, Table};

const MEANING: &str = "The same requests to a server with a thousand keys and no calls, and to one with a million keys and ten million \
     calls (`--quick`: a hundred thousand and three hundred thousand).";

/// Compares a server with a small database to one with a large database.
pub(crate) async fn scaling(
    oha: &Path,
    ori: &Path,
    load: Load,
    rounds: u32,
    quick: bool,
) -> Result<(Table, Pages)> {
    let size = if quick {
        Size {
            keys: 100_000,
            calls: 300_000,
        }
    } else {
        Size {
            keys: 1_000_000,
            calls: 10_000_000,
        }
    };
    let young = Grown::start(
        ori,
        Size {
            keys: 1_000,
            calls: 0,
        },
    )
    .await?;
    let old = Grown::start(ori, size).await?;
    let memory = old.server.resident_megabytes()?;
    let pages = pages(&old, size).await?;
    let mut rows = [
        Row::new("ori: whoami, small"),
        Row::new("ori: whoami, large"),
        Row::new("ori: record durably, small"),
        Row::new("ori: record durably, large"),
    ];
    for _ in 0..rounds {
        for (place, grown) in [&young, &old].into_iter().enumerate() {
            let (whoami, dialout) = (grown.whoami(), grown.dialout());
            rows[place].add(load_generator::apply(oha, load, &grown.server, &whoami, &[200]).await?);
            rows[2 + place].add(load_generator::apply(oha, load, &grown.server, &dialout, &[202]).await?);
        }
    }
    let figures = vec![
        Figure::at_least("whoami: large / small", rows[1].rate() / rows[0].rate(), 0.9),
        Figure::at_least(
            "record durably: large / small",
            rows[3].rate() / rows[2].rate(),
            0.9,
        ),
        Figure::at_most("start-up in s", old.started_in.as_secs_f64(), 3.0),
        Figure::at_most(
            "memory after it, in MB (60 and 120 bytes a key)",
            memory,
            60.0 + f64::from(size.keys) * 120.0 / 1_000_000.0,
        ),
        Figure::at_most("slowest page of a list, in ms", pages.slowest(), 20.0),
    ];
    Ok((Table::new("Growth", MEANING, rows.into(), figures), pages))
}

/// Server on a database of a given size.
struct Grown {
    server: Program,
    key: String,
    started_in: Duration,
    _folder: TempDir,
}

impl Grown {
    async fn start(ori: &Path, size: Size) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let new = Program::server(ori, folder.path(), None)?;
        let created = AdminClient::sign_in(&new).await?.create_key("Bench").await?;
        let key = created["key"]
            .as_str()
            .context("a new key is in the response")?
            .to_owned();
        drop(new);
        seed_database::fill(&folder.path().join("ori.sqlite3"), size).await?;
        let server = Program::server(ori, folder.path(), None)?;
        Ok(Self {
            key,
            started_in: server.started_in,
            server,
            _folder: folder,
        })
    }

    fn whoami(&self) -> Request {
        Request {
            path: "/api/v1/auth/whoami",
            headers: vec![format!("X-API-Key: {}", self.key)],
            body: None,
        }
    }

    fn dialout(&self) -> Request {
        Request {
            path: "/api/v1/sip/dialout",
            headers: vec![format!("X-API-Key: {}", self.key), "Prefer: respond-async".into()],
            body: Some(r#"{"bot_id": "bench", "to_number": "+919876543210"}"#.into()),
        }
    }
}

/// Response times of list pages.
pub(crate) struct Pages(Vec<(String, Duration)>);

impl Pages {
    fn slowest(&self) -> f64 {
        let slowest = self.0.iter().map(|(_, took)| *took).max().unwrap_or_default();
        slowest.as_secs_f64() * 1000.0
    }

    /// Returns the times as Markdown.
    pub(crate) fn markdown(&self) -> String {
        let mut text = "| page of a list, large database | best of five, ms |\n| --- | ---: |\n".to_owned();
        for (path, took) in &self.0 {
            let _ = writeln!(text, "| `{path}` | {:.2} |", took.as_secs_f64() * 1000.0);
        }
        text
    }
}

async fn pages(grown: &Grown, size: Size) -> Result<Pages> {
    let admin = AdminClient::sign_in(&grown.server).await?;
    let mut paths: Vec<String> = [
        "",
        "q=customer",
        "q=customer%2012345",
        "q=nobody",
        "q=7",
        "q=%C3%A4",
    ]
    .map(|query| format!("/api/v1/api-keys?{query}"))
    .into();
    paths.push(deep(&admin, "").await?);
    paths.push(deep(&admin, "&q=customer").await?);
    let middle = FIRST_CALL + u64::from(size.calls) * 500;
    let (key, call) = (id(1_600_000_000_001), id(middle));
    let day = "from=2023-11-15T00:00:00Z&until=2023-11-16T00:00:00Z";
    for query in [
        String::new(),
        format!("cursor={call}"),
        format!("key_id={key}"),
        format!("key_id={key}&cursor={call}"),
        format!("key_id={key}&status=unknown"),
        "status=unknown".to_owned(),
        "status=voicemail&bot_id=bot_7".to_owned(),
        format!("bot_id=bot_7&cursor={call}"),
        "bot_id=nobody".to_owned(),
        "reference=case-4711".to_owned(),
        day.to_owned(),
        format!("{day}&status=failed"),
        format!("search={call}"),
        "search=case-4711".to_owned(),
        "search=case-".to_owned(),
        "search=%2B91".to_owned(),
        "search=%2B9171234".to_owned(),
        "search=%2B917123&status=unknown".to_owned(),
        "search=nothing".to_owned(),
    ] {
        paths.push(format!("/api/v1/calls?{query}"));
    }
    let mut pages = Vec::new();
    for path in paths {
        let took = admin.time(&path).await?;
        pages.push((path, took));
    }
    Ok(Pages(pages))
}

/// Returns the path of the page behind 50,000 keys.
async fn deep(admin: &AdminClient, more: &str) -> Result<String> {
    let mut path = format!("/api/v1/api-keys?limit=1000{more}");
    let mut cursor = None;
    for _ in 0..50 {
        let page = admin.get(&path).await?;
        cursor = page["next_cursor"].as_str().map(str::to_owned);
        let Some(cursor) = &cursor else { break };
        path = format!("/api/v1/api-keys?limit=1000{more}&cursor={cursor}");
    }
    let cursor = cursor.context("the list ends before its last key")?;
    Ok(format!("/api/v1/api-keys?cursor={cursor}{more}"))
}

/// Returns the first id of the given millisecond.
fn id(millis: u64) -> uuid::Uuid {
    uuid::Uuid::from_u128(u128::from(millis) << 80 | 0x7000_8000_0000_0000_0000)
}
