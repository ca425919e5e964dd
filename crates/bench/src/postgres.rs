//! Durable recording on PostgreSQL, beside PostgreSQL's own load generator.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use ori_store_postgres::test_cluster::{Cluster, Durability, program};
use sqlx::{Connection as _, PgConnection};
use tempfile::TempDir;
use tokio::process::Command;

use crate::load_generator::{self, Load, Measured};
use crate::measurements;
use crate::process::Program;
use crate::table::{Figure, Row, Table};

const MEANING: &str = "A PostgreSQL server that forces each commit to the disk. pgbench records calls with one statement each and \
     without HTTP; the server groups the calls that arrive together.";

/// Measures how many calls pgbench and the server record durably per second.
pub(crate) async fn accept(ori: &Path, oha: &Path, rounds: u32, duration: Duration) -> Result<Table> {
    let cluster = Cluster::start(Durability::Full);
    let limit = Limit::prepare(ori, &cluster).await?;
    let server = Program::server_on(ori, &cluster.database().await, None)?;
    let queued = measurements::queued(&measurements::create_key(&server).await?);
    let many = Load {
        connections: measurements::CONNECTIONS,
        duration,
        rate: None,
    };
    let lone = Load {
        connections: 1,
        ..many
    };
    let mut rows = [
        Row::new("pgbench, 16 clients, one INSERT … SELECT each"),
        Row::new("pgbench, one client"),
        Row::new("ori: 64 connections"),
        Row::new("ori: one connection"),
    ];
    for _ in 0..rounds {
        rows[0].add(limit.run(16, duration).await?);
        rows[1].add(limit.run(1, duration).await?);
        rows[2].add(load_generator::apply(oha, many, &server, &queued, &[202]).await?);
        rows[3].add(load_generator::apply(oha, lone, &server, &queued, &[202]).await?);
    }
    let figure = Figure::at_least(
        "rate with 64 connections / pgbench",
        rows[2].rate() / rows[0].rate(),
        1.5,
    );
    Ok(Table::new(
        "Record a call durably, PostgreSQL",
        MEANING,
        rows.into(),
        vec![figure],
    ))
}

/// Baseline: one prepared statement records a call if its key is valid.
struct Limit {
    database: String,
    folder: TempDir,
}

impl Limit {
    async fn prepare(ori: &Path, cluster: &Cluster) -> Result<Self> {
        let database = cluster.database().await;
        let migrated = Command::new(ori)
            .arg("migrate")
            .env("ORI_DATABASE_URL", &database)
            .stderr(Stdio::null())
            .status()
            .await?;
        if !migrated.success() {
            bail!("the migration failed: {migrated}");
        }
        let mut connection = PgConnection::connect(&database).await?;
        sqlx::raw_sql(KEY).execute(&mut connection).await?;
        connection.close().await?;
        let folder = tempfile::tempdir()?;
        std::fs::write(folder.path().join(SCRIPT), STATEMENT)?;
        Ok(Self { database, folder })
    }

    async fn run(&self, clients: u32, duration: Duration) -> Result<Measured> {
        let output = Command::new(program("pgbench"))
            .args(["--no-vacuum", "--protocol=prepared", "--jobs=2"])
            .args(["--client", &clients.to_string()])
            .args(["--time", &duration.as_secs().to_string()])
            .args(["--file", SCRIPT, &self.database])
            .current_dir(self.folder.path())
            .output()
            .await
            .context("pgbench does not start")?;
        let output = String::from_utf8_lossy(&output.stdout);
        let rate = after(&output, "tps = ").context("pgbench reports no rate")?;
        Ok(Measured {
            rate,
            cpu: f64::NAN,
            // pgbench reports only the average.
            p50: after(&output, "latency average = ").unwrap_or(f64::NAN),
            p99: f64::NAN,
            p999: f64::NAN,
        })
    }
}

const SCRIPT: &str = "accept.sql";

const KEY: &str = "
    insert into api_keys (id, name, prefix, digest, haystack, created_at, updated_at)
    values (gen_random_uuid(), 'Bench', 'ori_abc', sha256('bench'), 'bench', now(), now());
    create sequence bench_numbers";

/// The ids increase with time, like those of the server.
const STATEMENT: &str = "
    insert into calls (id, key_id, key_name, bot_id, to_number, to_number_raw, variables, status, created_at, updated_at)
    select lpad(to_hex(nextval('bench_numbers')), 32, '0')::uuid, id, name, 'bench', '+919876543210', '+919876543210',
           '{\"CUSTOMERNAME\":\"Rajesh\",\"due_amount\":\"50000\"}', 'queued', now(), now()
    from api_keys
    where digest = sha256('bench') and is_active and (expires_at is null or expires_at > now());
";

/// Returns the number after the given words.
fn after(output: &str, words: &str) -> Option<f64> {
    let (_, rest) = output.split_once(words)?;
    rest.split_whitespace().next()?.parse().ok()
}
