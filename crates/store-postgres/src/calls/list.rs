//! Scans of the call log: see [`ori_store::list_calls`].

use async_trait::async_trait;
use ori_store::export::Value;
use ori_store::{Beginning, Call, CallReader, CallScan, Comparison, Result, rows};
use sqlx::{Postgres, QueryBuilder, Transaction};
use uuid::Uuid;

use crate::codec::text;
use crate::error::corrupt;
use crate::statement::{ScalarQuery as _, Statement as _};

pub(super) struct Snapshot<'s>(pub(super) Transaction<'s, Postgres>);

#[async_trait]
impl CallReader for Snapshot<'_> {
    async fn count_matches(&mut self, scan: &CallScan, limit: u32) -> Result<u32> {
        let mut statement = QueryBuilder::new("select count(*) from (");
        push_matches(&mut statement, scan, " union all ");
        statement.push(" limit ").push_bind(i64::from(limit)).push(") m");
        let count: i64 = statement.build_query_scalar().value(&mut *self.0).await?;
        u32::try_from(count).map_err(|_| corrupt("a count is negative"))
    }

    async fn last_looked_through(&mut self, scan: &CallScan) -> Result<Option<Uuid>> {
        let mut statement = QueryBuilder::new("select id from (");
        if scan.matches.is_empty() {
            statement.push("select c.id from calls c where true");
            push_all(&mut statement, &scan.range);
        } else {
            push_matches(&mut statement, scan, " union all ");
        }
        statement
            .push(") m order by id desc limit 1 offset ")
            .push_bind(i64::from(scan.look_through) - 1);
        statement.build_query_scalar().find_value(&mut *self.0).await
    }

    async fn newest(&mut self, scan: &CallScan) -> Result<Vec<Call>> {
        let mut statement = QueryBuilder::new(COLUMNS);
        if scan.matches.is_empty() {
            statement.push(" from calls c where true");
            push_all(&mut statement, &scan.range);
        } else {
            statement.push(" from (select id from (");
            push_matches(&mut statement, scan, " union ");
            statement
                .push(") m order by id desc limit ")
                .push_bind(i64::from(scan.look_through))
                .push(") found join calls c on c.id = found.id where true");
        }
        push_all(&mut statement, &scan.residual);
        push_any(&mut statement, &scan.any_of);
        statement
            .push(" order by c.id desc limit ")
            .push_bind(i64::from(scan.limit));
        statement.build().all(&mut *self.0, rows::call).await
    }
}

/// The columns that [`rows::call`] reads. Transcripts and variables may be long.
const COLUMNS: &str = "select c.id, c.key_id, c.key_name, c.bot_id, c.to_number, c.from_number, c.call_reference, c.status,
    c.reason, c.room_name, c.duration_seconds, c.disconnected_by, c.sip_status, c.recording_url, c.created_at, c.updated_at";

/// Pushes the ids of the matches, each out of its index.
fn push_matches(statement: &mut QueryBuilder<Postgres>, scan: &CallScan, union: &'static str) {
    for (place, beginning) in scan.matches.iter().enumerate() {
        if place > 0 {
            statement.push(union);
        }
        statement.push("select c.id from calls c where true");
        push_all(statement, beginning);
        push_all(statement, &scan.range);
    }
}

fn push_any(statement: &mut QueryBuilder<Postgres>, beginnings: &[Beginning]) {
    for (place, beginning) in beginnings.iter().enumerate() {
        statement.push(if place == 0 { " and (true" } else { " or true" });
        push_all(statement, beginning);
    }
    if !beginnings.is_empty() {
        statement.push(")");
    }
}

/// Texts are compared by their bytes (`collate "C"`).
fn push_all(statement: &mut QueryBuilder<Postgres>, comparisons: &[Comparison]) {
    for Comparison {
        column,
        operator,
        value,
    } in comparisons
    {
        statement.push(format_args!(" and c.{column} {operator} "));
        match value.clone() {
            Value::Id(id) => statement.push_bind(id),
            Value::Bytes(bytes) => statement.push_bind(bytes),
            Value::Text(given) => statement.push_bind(given.map(|given| text(&given).into_owned())),
            Value::Flag(flag) => statement.push_bind(flag),
            Value::Whole(whole) => statement.push_bind(whole),
            Value::Real(real) => statement.push_bind(real),
            Value::Instant(at) => statement.push_bind(at),
        };
    }
}
