//! A page of the call log. What it costs does not depend on how many calls there are.
//!
//! A page goes along one index, which has the calls in the order of the list. Whatever else is asked for is tested call
//! by call, and of these a page looks through so many and no more: it tells how far it has come, and the next one goes
//! on from there.

use std::borrow::Cow;

use chrono::TimeDelta;
use ori_shared::call::{CallSearch, CallStatus};
use ori_store::{Along, Call, CallQuery, MATCHES_SORTED, Result, beginnings, lowest_call_id};
use sqlx::postgres::{PgConnection, PgRow};
use sqlx::{Postgres, QueryBuilder};
use uuid::Uuid;

use super::read::call;
use crate::PostgresStore;
use crate::convert::{failed, text};
use crate::time_limit::InTime as _;

/// The calls, and behind which of them the next page begins.
pub(super) async fn list(store: &PostgresStore, query: &CallQuery) -> Result<(Vec<Call>, Option<Uuid>)> {
    let mut snapshot = store.snapshot().await?;
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
    let calls: Vec<Call> = found.iter().take(wanted).map(call).collect::<Result<_>>()?;
    let last = calls.last().map(|call| call.id);
    let next = if found.len() > wanted { last } else { floor };
    Ok((calls, next))
}

/// Whether the search finds so few calls that they can all be sorted.
async fn are_few(snapshot: &mut PgConnection, query: &CallQuery) -> Result<bool> {
    let mut statement = QueryBuilder::new("select count(*) from (");
    matches(&mut statement, query, None, " union all ");
    statement
        .push(" limit ")
        .push_bind(i64::from(MATCHES_SORTED) + 1)
        .push(") m");
    let count: i64 = statement
        .build_query_scalar()
        .fetch_one(snapshot)
        .in_time()
        .await
        .map_err(failed)?;
    Ok(count <= i64::from(MATCHES_SORTED))
}

/// The last call that this page looks at, unless it comes to the end before.
async fn floor(snapshot: &mut PgConnection, query: &CallQuery, along: Along) -> Result<Option<Uuid>> {
    let mut statement = QueryBuilder::new("select id from (");
    if along == Along::Matches {
        matches(&mut statement, query, None, " union all ");
    } else {
        statement.push("select c.id");
        go(&mut statement, query, along, None, along.looked_through());
    }
    statement
        .push(") m order by id desc limit 1 offset ")
        .push_bind(i64::from(along.looked_through()) - 1);
    statement
        .build_query_scalar()
        .fetch_optional(snapshot)
        .in_time()
        .await
        .map_err(failed)
}

async fn page(
    snapshot: &mut PgConnection,
    query: &CallQuery,
    along: Along,
    floor: Option<Uuid>,
) -> Result<Vec<PgRow>> {
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
        .push_bind(i64::from(query.limit) + 1);
    statement
        .build()
        .fetch_all(snapshot)
        .in_time()
        .await
        .map_err(failed)
}

/// What a list shows. Transcripts and variables may be long.
const COLUMNS: &str = "select c.id, c.key_id, c.key_name, c.bot_id, c.to_number, c.from_number, c.call_reference, c.status,
    c.reason, c.room_name, c.duration_seconds, c.disconnected_by, c.sip_status, c.recording_url, c.created_at, c.updated_at";

/// The calls that the page goes along, down to that one; where these are what a search finds, the newest so many.
fn go(
    statement: &mut QueryBuilder<Postgres>,
    query: &CallQuery,
    along: Along,
    floor: Option<Uuid>,
    most: u32,
) {
    if along == Along::Matches {
        statement.push(" from (select id from (");
        matches(statement, query, floor, " union ");
        statement
            .push(") m order by id desc limit ")
            .push_bind(i64::from(most));
        statement.push(") found join calls c on c.id = found.id where true");
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
                .push_bind(query.reference.as_deref().map(text).map(Cow::into_owned));
        }
        (Along::Key, _) => {
            statement.push(" and c.key_id = ").push_bind(query.key);
        }
        (Along::Bot, _) => {
            statement
                .push(" and c.bot_id = ")
                .push_bind(query.bot.as_deref().map(text).map(Cow::into_owned));
        }
        (Along::Status, _) => {
            statement
                .push(" and c.status = ")
                .push_bind(query.status.map(CallStatus::as_str));
        }
        _ => {}
    }
}

/// What is left out of them.
fn pass_over(statement: &mut QueryBuilder<Postgres>, query: &CallQuery, along: Along) {
    if let Some(reference) = query.reference.as_ref().filter(|_| along != Along::Reference) {
        statement
            .push(" and c.call_reference = ")
            .push_bind(text(reference).into_owned());
    }
    if let Some(key) = query.key.filter(|_| along != Along::Key) {
        statement.push(" and c.key_id = ").push_bind(key);
    }
    if let Some(bot) = query.bot.as_ref().filter(|_| along != Along::Bot) {
        statement
            .push(" and c.bot_id = ")
            .push_bind(text(bot).into_owned());
    }
    if let Some(status) = query.status.filter(|_| along != Along::Status) {
        statement.push(" and c.status = ").push_bind(status.as_str());
    }
    if let Some(from) = query.from {
        statement.push(" and c.created_at >= ").push_bind(from);
    }
    if let Some(until) = query.until {
        statement.push(" and c.created_at < ").push_bind(until);
    }
    if let Some(CallSearch::Prefix { number, texts }) =
        query.search.as_ref().filter(|_| along != Along::Matches)
    {
        statement.push(" and (");
        let columns = ["c.call_reference", "c.bot_id"];
        let columns = beginnings(columns, "c.to_number", number.as_deref(), texts);
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
    statement: &mut QueryBuilder<Postgres>,
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
fn span(statement: &mut QueryBuilder<Postgres>, query: &CallQuery, floor: Option<Uuid>) {
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

/// As a range, which an index can serve: these columns are compared by their bytes (`collate "C"`). Nothing of ours
/// sorts behind the last character that there is.
fn begins(statement: &mut QueryBuilder<Postgres>, column: &'static str, beginning: &str) {
    let beginning = text(beginning);
    statement
        .push("(")
        .push(column)
        .push(" >= ")
        .push_bind(beginning.clone().into_owned());
    statement.push(" and ").push(column).push(" < ");
    statement.push_bind(format!("{beginning}{}", char::MAX)).push(")");
}
