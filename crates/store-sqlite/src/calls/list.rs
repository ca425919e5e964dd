//! A page of the call log. What it costs does not depend on how many calls there are.
//!
//! A page goes along one index, which has the calls in the order of the list. Whatever else is asked for is tested call
//! by call, and of these a page looks through so many and no more: it tells how far it has come, and the next one goes
//! on from there.

use chrono::TimeDelta;
use ori_shared::call::{CallSearch, CallStatus};
use ori_store::{Along, Call, CallQuery, MATCHES_SORTED, Result, beginnings, lowest_call_id, rows};
use sqlx::sqlite::{SqliteConnection, SqlitePool, SqliteRow};
use sqlx::{QueryBuilder, Sqlite};
use uuid::Uuid;

use crate::codec::{map_rows, micros};
use crate::error::read_failed;

/// The calls, and behind which of them the next page begins.
pub(super) async fn list(readers: &SqlitePool, query: &CallQuery) -> Result<(Vec<Call>, Option<Uuid>)> {
    let mut snapshot = readers.begin().await.map_err(read_failed)?;
    let few = match Along::needs_count(query) {
        true => are_few(&mut snapshot, query).await?,
        false => false,
    };
    let along = Along::of(query, few);
    let floor = match along.passes_over(query) {
        true => floor(&mut snapshot, query, along).await?,
        false => None,
    };
    let found = page(&mut snapshot, query, along, floor).await?;
    let wanted = usize::try_from(query.limit).unwrap_or(usize::MAX);
    let mut calls = map_rows(&found, rows::call)?;
    calls.truncate(wanted);
    let last = calls.last().map(|call| call.id);
    let next = if found.len() > wanted { last } else { floor };
    Ok((calls, next))
}

/// Whether the search finds so few calls that they can all be sorted.
async fn are_few(snapshot: &mut SqliteConnection, query: &CallQuery) -> Result<bool> {
    let mut statement = QueryBuilder::new("select count(*) from (");
    matches(&mut statement, query, None, " union all ");
    statement.push(" limit ").push_bind(MATCHES_SORTED + 1).push(")");
    let count: u32 = statement
        .build_query_scalar()
        .fetch_one(snapshot)
        .await
        .map_err(read_failed)?;
    Ok(count <= MATCHES_SORTED)
}

/// The last call that this page looks at, unless it comes to the end before.
async fn floor(snapshot: &mut SqliteConnection, query: &CallQuery, along: Along) -> Result<Option<Uuid>> {
    let mut statement = QueryBuilder::new("select id from (");
    if along == Along::Matches {
        matches(&mut statement, query, None, " union all ");
    } else {
        statement.push("select c.id");
        go(&mut statement, query, along, None, along.looked_through());
    }
    statement
        .push(") order by id desc limit 1 offset ")
        .push_bind(along.looked_through() - 1);
    statement
        .build_query_scalar()
        .fetch_optional(snapshot)
        .await
        .map_err(read_failed)
}

async fn page(
    snapshot: &mut SqliteConnection,
    query: &CallQuery,
    along: Along,
    floor: Option<Uuid>,
) -> Result<Vec<SqliteRow>> {
    let mut statement = QueryBuilder::new(COLUMNS);
    let most = if along.passes_over(query) {
        along.looked_through()
    } else {
        query.limit + 1
    };
    go(&mut statement, query, along, floor, most);
    pass_over(&mut statement, query, along);
    statement
        .push(" order by c.id desc limit ")
        .push_bind(query.limit + 1);
    statement.build().fetch_all(snapshot).await.map_err(read_failed)
}

/// What a list shows. Transcripts and variables may be long.
const COLUMNS: &str = "select c.id, c.key_id, c.key_name, c.bot_id, c.to_number, c.from_number, c.call_reference, c.status,
    c.reason, c.room_name, c.duration_seconds, c.disconnected_by, c.sip_status, c.recording_url, c.created_at, c.updated_at";

/// The calls that the page goes along, down to that one; where these are what a search finds, the newest so many.
fn go(statement: &mut QueryBuilder<Sqlite>, query: &CallQuery, along: Along, floor: Option<Uuid>, most: u32) {
    if along == Along::Matches {
        statement.push(" from (select id from (");
        matches(statement, query, floor, " union ");
        statement.push(") order by id desc limit ").push_bind(most);
        statement.push(") found cross join calls c on c.id = found.id where true");
        return;
    }
    statement.push(" from calls c where true");
    span(statement, query, floor);
    match (along, &query.search) {
        (Along::Id, Some(CallSearch::Id(id))) => {
            statement.push(" and c.id = ").push_bind(*id);
        }
        (Along::Reference, _) => {
            statement
                .push(" and c.call_reference = ")
                .push_bind(query.reference.clone());
        }
        (Along::Key, _) => {
            statement.push(" and c.key_id = ").push_bind(query.key);
        }
        (Along::Bot, _) => {
            statement.push(" and c.bot_id = ").push_bind(query.bot.clone());
        }
        (Along::Status, _) => {
            statement
                .push(" and c.status = ")
                .push_bind(query.status.map(CallStatus::as_str));
        }
        _ => {}
    }
}

/// What is left out of them. The sign keeps SQLite from going along another index because of it.
fn pass_over(statement: &mut QueryBuilder<Sqlite>, query: &CallQuery, along: Along) {
    if let Some(reference) = query.reference.as_ref().filter(|_| along != Along::Reference) {
        statement
            .push(" and +c.call_reference = ")
            .push_bind(reference.clone());
    }
    if let Some(key) = query.key.filter(|_| along != Along::Key) {
        statement.push(" and +c.key_id = ").push_bind(key);
    }
    if let Some(bot) = query.bot.as_ref().filter(|_| along != Along::Bot) {
        statement.push(" and +c.bot_id = ").push_bind(bot.clone());
    }
    if let Some(status) = query.status.filter(|_| along != Along::Status) {
        statement.push(" and +c.status = ").push_bind(status.as_str());
    }
    if let Some(from) = query.from {
        statement.push(" and c.created_at >= ").push_bind(micros(from));
    }
    if let Some(until) = query.until {
        statement.push(" and c.created_at < ").push_bind(micros(until));
    }
    if let Some(CallSearch::Prefix { number, texts }) =
        query.search.as_ref().filter(|_| along != Along::Matches)
    {
        statement.push(" and (");
        let columns = ["+c.call_reference", "+c.bot_id"];
        let columns = beginnings(columns, "+c.to_number", number.as_deref(), texts);
        for (place, (column, beginning)) in columns.enumerate() {
            if place > 0 {
                statement.push(" or ");
            }
            begins(statement, column, beginning);
        }
        statement.push(")");
    }
}

/// The ids of what the search finds, down to that call, each out of the index that has them.
fn matches(
    statement: &mut QueryBuilder<Sqlite>,
    query: &CallQuery,
    floor: Option<Uuid>,
    union: &'static str,
) {
    let Some(CallSearch::Prefix { number, texts }) = &query.search else {
        return;
    };
    let columns = ["c.call_reference", "c.bot_id"];
    let columns = beginnings(columns, "c.to_number", number.as_deref(), texts);
    for (place, (column, beginning)) in columns.enumerate() {
        if place > 0 {
            statement.push(union);
        }
        statement.push("select c.id from calls c where ");
        begins(statement, column, beginning);
        span(statement, query, floor);
    }
}

/// The part of the log that is asked for, by the ids alone, to the millisecond, down to that call.
fn span(statement: &mut QueryBuilder<Sqlite>, query: &CallQuery, floor: Option<Uuid>) {
    if let Some(floor) = floor {
        statement.push(" and c.id >= ").push_bind(floor);
    }
    if let Some(after) = query.after {
        statement.push(" and c.id < ").push_bind(after);
    }
    if let Some(from) = query.from {
        statement.push(" and c.id >= ").push_bind(lowest_call_id(from));
    }
    if let Some(until) = query.until {
        let behind = until
            .checked_add_signed(TimeDelta::milliseconds(1))
            .unwrap_or(until);
        statement.push(" and c.id < ").push_bind(lowest_call_id(behind));
    }
}

/// As a range, which an index can serve. Nothing of ours sorts behind the last character that there is.
fn begins(statement: &mut QueryBuilder<Sqlite>, column: &'static str, text: &str) {
    statement
        .push("(")
        .push(column)
        .push(" >= ")
        .push_bind(text.to_owned());
    statement.push(" and ").push(column).push(" < ");
    statement.push_bind(format!("{text}{}", char::MAX)).push(")");
}
