//! A page of the key list, newest first, and how many keys there are. What it costs does not depend on how many there
//! are.
//!
//! If many keys match a search, the newest matches are among the newest keys. If few match, the trigram index finds them.
//! The index returns all matches at once and in no order, so it is used only if they are few.

use ori_shared::search;
use ori_store::rows::get;
use ori_store::{
    ApiKey, ApiKeyQuery, ListPage, MAX_ROWS_COUNTED, MAX_ROWS_SCANNED, Position, Result, cut, rows,
};
use sqlx::postgres::PgConnection;
use sqlx::{Postgres, QueryBuilder};

use super::{select, sorted};
use crate::codec::text;
use crate::error::corrupt;
use crate::statement::{ScalarQuery as _, Statement as _};

/// All of it is read from that one snapshot.
pub(super) async fn list(snapshot: &mut PgConnection, query: &ApiKeyQuery) -> Result<ListPage<ApiKey>> {
    let needle = search::needle(&query.search);
    let needle = text(&needle);
    let (mut total, mut total_is_exact) = count(snapshot, &needle).await?;
    let by_index = !total_is_exact && total < FEW && needle.chars().count() >= 3;
    let mut floor = None;
    if by_index {
        (total, total_is_exact) = (count_matches(snapshot, &needle).await?, true);
    } else if !needle.is_empty() && !total_is_exact {
        floor = floor_below(snapshot, query.after).await?;
    }
    let mut rows = match &query.sorted {
        Some(order) => {
            floor = None;
            sorted::page(snapshot, query, order, &needle).await?
        }
        None => newest(snapshot, query, &needle, floor, by_index).await?,
    };
    let is_more = cut(&mut rows, query.limit);
    let last = rows.last().map(ApiKey::position);
    Ok(ListPage {
        next: if is_more { last } else { floor },
        rows,
        total,
        total_is_exact,
    })
}

/// Returns a lower bound of the number of keys, and whether it is exact.
async fn count(snapshot: &mut PgConnection, needle: &str) -> Result<(u64, bool)> {
    let (sql, limit) = if needle.is_empty() {
        // The condition is there for its parameter.
        (
            "select count(*) as read, count(*) as counted from (select 1 from api_keys where $1 = '' limit $2) k",
            MAX_ROWS_COUNTED,
        )
    } else {
        (
            "select count(*) as read, count(*) filter (where strpos(haystack, $1) > 0) as counted from (
                 select haystack from api_keys order by created_at desc, id desc limit $2) k",
            MAX_ROWS_SCANNED,
        )
    };
    let counted = sqlx::query(sql)
        .bind(needle)
        .bind(i64::from(limit) + 1)
        .find(snapshot, |row| Ok((get(row, "read")?, get(row, "counted")?)));
    let (read, counted): (u32, u32) = counted.await?.ok_or_else(|| corrupt("a count has no row"))?;
    Ok((counted.min(limit).into(), read <= limit))
}

/// Number of matches among the newest [`MAX_ROWS_SCANNED`] keys below which a search is selective.
const FEW: u64 = 100;

/// Returns the number of keys that the index finds.
async fn count_matches(snapshot: &mut PgConnection, needle: &str) -> Result<u64> {
    let counted: i64 = sqlx::query_scalar(
        "select count(*) from api_keys k join api_key_search s on s.key_id = k.id
         where s.trigrams @> $2 and strpos(k.haystack, $1) > 0",
    )
    .bind(needle)
    .bind(trigrams(needle))
    .value(snapshot)
    .await?;
    u64::try_from(counted).map_err(|_| corrupt("a count is negative"))
}

/// Returns as few of its trigrams as contain all of its letters, because each costs an index scan.
fn trigrams(needle: &str) -> Vec<String> {
    let letters: Vec<char> = needle.chars().collect();
    let last = letters.len().saturating_sub(3);
    (0..last)
        .step_by(3)
        .chain([last])
        .map(|start| letters[start..].iter().take(3).collect())
        .collect()
}

/// The newest keys, of which each contains the needle and none stands behind the floor.
async fn newest(
    snapshot: &mut PgConnection,
    query: &ApiKeyQuery,
    needle: &str,
    floor: Option<Position>,
    by_index: bool,
) -> Result<Vec<ApiKey>> {
    let mut statement = QueryBuilder::new(select!());
    if by_index {
        // As a list that is made first: the planner does not see that it is short.
        statement
            .push(
                " where k.id = any (array(select key_id from api_key_search where trigrams @> key_trigrams(",
            )
            .push_bind(needle)
            .push(")))");
    } else {
        statement.push(" where true");
    }
    if let Some(after) = query.after {
        place(&mut statement, "<", after);
    }
    if let Some(floor) = floor {
        place(&mut statement, ">=", floor);
    }
    if !needle.is_empty() {
        statement
            .push(" and strpos(k.haystack, ")
            .push_bind(needle)
            .push(") > 0");
    }
    statement
        .push(" order by k.created_at desc, k.id desc limit ")
        .push_bind(i64::from(query.limit) + 1);
    statement.build().all(snapshot, rows::api_key).await
}

fn place(statement: &mut QueryBuilder<Postgres>, operator: &'static str, place: Position) {
    statement
        .push(" and (k.created_at, k.id) ")
        .push(operator)
        .push(" (");
    statement.push_bind(place.created_at).push(", ");
    statement.push_bind(place.id).push(")");
}

/// Returns the last key that one page scans after the cursor, or `None` for the end of the table.
async fn floor_below(snapshot: &mut PgConnection, after: Option<Position>) -> Result<Option<Position>> {
    let mut statement = QueryBuilder::new("select k.created_at, k.id from api_keys k where true");
    if let Some(after) = after {
        place(&mut statement, "<", after);
    }
    statement
        .push(" order by k.created_at desc, k.id desc limit 1 offset ")
        .push_bind(i64::from(MAX_ROWS_SCANNED) - 1);
    statement.build().find(snapshot, rows::position).await
}
