//! Scans of the call log: see [`ori_store::list_calls`].

use async_trait::async_trait;
use ori_store::export::Value;
use ori_store::{Beginning, Call, CallReader, CallScan, Comparison, Result, rows};
use sqlx::{QueryBuilder, Sqlite, Transaction};
use uuid::Uuid;

use crate::codec::{map_rows, micros};
use crate::error::read_failed;

pub(super) struct Snapshot<'s>(pub(super) Transaction<'s, Sqlite>);

#[async_trait]
impl CallReader for Snapshot<'_> {
    async fn count_matches(&mut self, scan: &CallScan, limit: u32) -> Result<u32> {
        let mut statement = QueryBuilder::new("select count(*) from (");
        push_matches(&mut statement, scan, " union all ");
        statement.push(" limit ").push_bind(limit).push(")");
        let count = statement.build_query_scalar().fetch_one(&mut *self.0).await;
        count.map_err(read_failed)
    }

    async fn last_looked_through(&mut self, scan: &CallScan) -> Result<Option<Uuid>> {
        let mut statement = QueryBuilder::new("select id from (");
        if scan.matches.is_empty() {
            statement.push("select c.id from calls c where true");
            push_all(&mut statement, &scan.range, "c.");
        } else {
            push_matches(&mut statement, scan, " union all ");
        }
        statement
            .push(") order by id desc limit 1 offset ")
            .push_bind(scan.look_through - 1);
        let last = statement.build_query_scalar().fetch_optional(&mut *self.0).await;
        last.map_err(read_failed)
    }

    async fn newest(&mut self, scan: &CallScan) -> Result<Vec<Call>> {
        let mut statement = QueryBuilder::new(COLUMNS);
        if scan.matches.is_empty() {
            statement.push(" from calls c where true");
            push_all(&mut statement, &scan.range, "c.");
        } else {
            statement.push(" from (select id from (");
            push_matches(&mut statement, scan, " union ");
            statement
                .push(") order by id desc limit ")
                .push_bind(scan.look_through)
                .push(") found cross join calls c on c.id = found.id where true");
        }
        // The sign keeps SQLite from choosing another index for these.
        push_all(&mut statement, &scan.residual, "+c.");
        push_any(&mut statement, &scan.any_of, "+c.");
        statement.push(" order by c.id desc limit ").push_bind(scan.limit);
        let found = statement.build().fetch_all(&mut *self.0).await;
        map_rows(&found.map_err(read_failed)?, rows::call)
    }
}

/// The columns that [`rows::call`] reads. Transcripts and variables may be long.
const COLUMNS: &str = "select c.id, c.key_id, c.key_name, c.bot_id, c.to_number, c.from_number, c.call_reference, c.status,
    c.reason, c.room_name, c.duration_seconds, c.disconnected_by, c.sip_status, c.recording_url, c.created_at, c.updated_at";

/// Pushes the ids of the matches, each out of its index.
fn push_matches(statement: &mut QueryBuilder<Sqlite>, scan: &CallScan, union: &'static str) {
    for (place, beginning) in scan.matches.iter().enumerate() {
        if place > 0 {
            statement.push(union);
        }
        statement.push("select c.id from calls c where true");
        push_all(statement, beginning, "c.");
        push_all(statement, &scan.range, "c.");
    }
}

fn push_any(statement: &mut QueryBuilder<Sqlite>, beginnings: &[Beginning], table: &'static str) {
    for (place, beginning) in beginnings.iter().enumerate() {
        statement.push(if place == 0 { " and (true" } else { " or true" });
        push_all(statement, beginning, table);
    }
    if !beginnings.is_empty() {
        statement.push(")");
    }
}

fn push_all(statement: &mut QueryBuilder<Sqlite>, comparisons: &[Comparison], table: &'static str) {
    for Comparison {
        column,
        operator,
        value,
    } in comparisons
    {
        statement.push(format_args!(" and {table}{column} {operator} "));
        match value.clone() {
            Value::Id(id) => statement.push_bind(id),
            Value::Bytes(bytes) => statement.push_bind(bytes),
            Value::Text(text) => statement.push_bind(text),
            Value::Flag(flag) => statement.push_bind(flag),
            Value::Whole(whole) => statement.push_bind(whole),
            Value::Real(real) => statement.push_bind(real),
            Value::Instant(at) => statement.push_bind(at.map(micros)),
        };
    }
}
