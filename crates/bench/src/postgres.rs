//! What PostgreSQL takes from its own load generator, beside what the server has it take.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use ori_store_postgres::cluster::{Cluster, Durability, program};
use sqlx::{Connection as _, PgConnection};
use tempfile::TempDir;
use tokio::process::Command;

use crate::load::{self, Load, Measured};
use crate::program::Program;
use crate::report::{Goal, Row, Table};
use crate::run;

/// Has calls accepted durably, on a server of its own that forces to the disk what it acknowledges: by pgbench with one
/// statement each and no HTTP, and by the server.
pub(crate) async fn accept(ori: &Path, oha: &Path, rounds: u32, duration: Duration) -> Result<Table> {
    let cluster = Cluster::start(Durability::Full);
    let limit = Limit::prepare(ori, &cluster).await?;
    let server = Program::server_on(ori, &cluster.database().await, None)?;
    let queued = run::queued(&run::create_key(&server).await?);
    let many = Load {
        connections: run::CONNECTIONS,
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
        Row::new("ori: accept durably"),
        Row::new("ori: accept, one connection"),
    ];
    for _ in 0..rounds {
        rows[0].add(limit.run(16, duration).await?);
        rows[1].add(limit.run(1, duration).await?);
        rows[2].add(load::apply(oha, many, &server, &queued, &[202]).await?);
        rows[3].add(load::apply(oha, lone, &server, &queued, &[202]).await?);
    }
    let goal = Goal::at_least("accept: rate / pgbench", rows[2].rate() / rows[0].rate(), 1.5);
    Ok(Table::new("Accept durably, PostgreSQL", rows.into(), vec![goal]))
}

/// The limit program: a call is recorded if its key works, by one statement that the server of the database has
/// prepared.
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
            bail!("the tables are not made: {migrated}");
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
        let told = String::from_utf8_lossy(&output.stdout);
        let rate = after(&told, "tps = ").context("pgbench tells no rate")?;
        Ok(Measured {
            rate,
            cpu: f64::NAN,
            // It tells an average alone.
            p50: after(&told, "latency average = ").unwrap_or(f64::NAN),
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

/// Ids in the order of time, as ours are.
const STATEMENT: &str = "
    insert into calls (id, key_id, key_name, bot_id, to_number, to_number_raw, variables, status, created_at, updated_at)
    select lpad(to_hex(nextval('bench_numbers')), 32, '0')::uuid, id, name, 'bench', '+919876543210', '+919876543210',
           '{\"CUSTOMERNAME\":\"Rajesh\",\"due_amount\":\"50000\"}', 'queued', now(), now()
    from api_keys
    where digest = sha256('bench') and is_active and (expires_at is null or expires_at > now());
";

/// The number behind those words.
fn after(told: &str, words: &str) -> Option<f64> {
    let (_, rest) = told.split_once(words)?;
    rest.split_whitespace().next()?.parse().ok()
}
