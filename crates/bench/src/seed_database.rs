//! Fills databases with keys and calls in minutes instead of years.

use std::path::Path;

use anyhow::Result;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _};

/// Numbers of rows to add.
#[derive(Clone, Copy)]
pub(crate) struct Size {
    pub(crate) keys: u32,
    pub(crate) calls: u32,
}

/// Creation time of the first call, in milliseconds since 1970. The others follow at intervals of a second.
pub(crate) const FIRST_CALL: u64 = 1_700_000_000_000;

/// Adds keys and calls to a database that no server has open.
pub(crate) async fn fill(file: &Path, size: Size) -> Result<()> {
    let mut database = SqliteConnectOptions::new()
        .filename(file)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Off)
        .pragma("cache_size", "-200000")
        .connect()
        .await?;
    sqlx::query(KEYS).bind(size.keys).execute(&mut database).await?;
    // Creating an index after the insertions is faster, because it sorts once.
    let indexes: Vec<(String, String)> = sqlx::query_as(
        "select name, sql from sqlite_schema where type = 'index' and tbl_name = 'calls' and sql is not null",
    )
    .fetch_all(&mut database)
    .await?;
    for (name, _) in &indexes {
        run(&mut database, format!("drop index {name}")).await?;
    }
    sqlx::query(CALLS)
        .bind(size.calls)
        .bind(i64::try_from(FIRST_CALL)?)
        .execute(&mut database)
        .await?;
    for (_, create) in indexes {
        run(&mut database, create).await?;
    }
    run(&mut database, "pragma wal_checkpoint(truncate)".to_owned()).await?;
    database.close().await?;
    Ok(())
}

async fn run(database: &mut SqliteConnection, sql: String) -> Result<()> {
    sqlx::query(AssertSqlSafe(sql)).execute(database).await?;
    Ok(())
}

const KEYS: &str = "
    with recursive n (i) as (select 1 where ?1 > 0 union all select i + 1 from n where i < ?1)
    insert into api_keys (id, name, prefix, digest, haystack, created_at, updated_at)
    select unhex(printf('%012x70008000000000000000', 1600000000000 + i)), 'Customer ' || i, 'ori_' || printf('%03d', i % 1000),
           randomblob(32), 'customer ' || i || char(10) || 'ori_' || printf('%03d', i % 1000) || '...••••',
           (1600000000000 + i) * 1000, (1600000000000 + i) * 1000
    from n";

/// A few keys place most of the calls, and the calls use a few bots.
const CALLS: &str = "
    with recursive n (i, x) as (
        select 1, 12345 where ?1 > 0 union all select i + 1, (x * 1103515245 + 12345) % 2147483648 from n where i < ?1)
    insert into calls (id, key_id, key_name, bot_id, to_number, to_number_raw, variables, call_reference, status, worker_call_id,
                       room_name, duration_seconds, created_at, updated_at)
    select unhex(printf('%012x70008000000000000000', ?2 + i * 1000)),
           unhex(printf('%012x70008000000000000000', 1600000000000 + 1 + (x % 1000) * (x % 1000) / 1000)),
           'Customer', 'bot_' || (x / 1000 % 40), '+91' || (6000000000 + x), '+91' || (6000000000 + x),
           '{\"CUSTOMERNAME\":\"Rajesh\",\"due_amount\":\"50000\"}', case when i % 2 then 'case-' || i end,
           case x / 16 % 100 when 0 then 'unknown' when 1 then 'accepted' when 2 then 'refused' when 3 then 'voicemail'
                when 4 then 'failed' else 'completed' end,
           'worker-' || i, 'room-' || i, 42.5, (?2 + i * 1000) * 1000, (?2 + i * 1000) * 1000
    from n";
