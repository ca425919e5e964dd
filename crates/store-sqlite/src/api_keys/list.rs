//! A page of the key list, newest first, and how many keys there are. What it costs does not depend on how many there
//! are.

use ori_shared::search;
use ori_store::{
    ApiKey, ApiKeyQuery, ListPage, MATCHES_COUNTED, MAX_ROWS_COUNTED, MAX_ROWS_SCANNED, Position, Result,
    cut, rows,
};
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{QueryBuilder, Sqlite};

use super::select;
use crate::codec::{ReadRow, map_rows, micros};
use crate::error::read_failed;

/// All of it is read from that one snapshot.
pub(super) async fn list(snapshot: &mut SqliteConnection, query: &ApiKeyQuery) -> Result<ListPage<ApiKey>> {
    let needle = Needle::of(&query.search);
    let (total, total_is_exact) = needle.count(snapshot).await?;
    let mut floor = None;
    let found = match (&query.sorted, &needle) {
        (Some(sorted), _) => {
            super::sorted::page(snapshot, query, sorted, &search::needle(&query.search)).await?
        }
        (None, Needle::None) => newest(snapshot, query, None, None).await?,
        (None, Needle::Phrase(phrase)) => matching(snapshot, query, phrase).await?,
        (None, Needle::Short(short)) => {
            floor = floor_below(snapshot, query.after).await?;
            newest(snapshot, query, Some(short), floor).await?
        }
    };
    let mut rows = map_rows(&found, rows::api_key)?;
    let is_more = cut(&mut rows, query.limit);
    let last = rows.last().map(ApiKey::position);
    Ok(ListPage {
        next: if is_more { last } else { floor },
        rows,
        total,
        total_is_exact,
    })
}

/// The search text.
enum Needle {
    None,
    /// A phrase of the index, which stands for exactly these letters in a row.
    Phrase(String),
    /// Too short for the index.
    Short(String),
}

impl Needle {
    fn of(search: &str) -> Self {
        let needle = search::needle(search);
        if needle.is_empty() {
            Self::None
        } else if needle.chars().count() < 3 || needle.contains('\0') {
            Self::Short(needle)
        } else {
            Self::Phrase(format!("\"{}\"", needle.replace('"', "\"\"")))
        }
    }

    /// Returns a lower bound of the number of keys, and whether it is exact.
    async fn count(&self, snapshot: &mut SqliteConnection) -> Result<(u64, bool)> {
        let (text, sql, limit) = match self {
            Self::None => (
                "",
                "select count(*), count(*) from (select 1 from api_keys limit ?2)",
                MAX_ROWS_COUNTED,
            ),
            Self::Phrase(phrase) => (
                phrase.as_str(),
                "select count(*), count(*) from (
                     select 1 from api_key_search where api_key_search match ?1 limit ?2)",
                MATCHES_COUNTED,
            ),
            Self::Short(short) => (
                short.as_str(),
                "select count(*), count(nullif(instr(haystack, ?1), 0)) from (
                     select haystack from api_keys order by created_at desc, id desc limit ?2)",
                MAX_ROWS_SCANNED,
            ),
        };
        let (read, counted): (u32, u32) = sqlx::query_as(sql)
            .bind(text)
            .bind(limit + 1)
            .fetch_one(snapshot)
            .await
            .map_err(read_failed)?;
        let is_exact = read <= limit;
        Ok((counted.min(limit).into(), is_exact))
    }
}

/// The newest keys, of which each contains the needle and none stands behind the floor.
async fn newest(
    snapshot: &mut SqliteConnection,
    query: &ApiKeyQuery,
    needle: Option<&String>,
    floor: Option<Position>,
) -> Result<Vec<SqliteRow>> {
    let mut statement = QueryBuilder::new(concat!(select!(), " where true"));
    if let Some(after) = query.after {
        place(&mut statement, "<", after);
    }
    if let Some(floor) = floor {
        place(&mut statement, ">=", floor);
    }
    if let Some(needle) = needle {
        statement
            .push(" and instr(k.haystack, ")
            .push_bind(needle)
            .push(") > 0");
    }
    statement
        .push(" order by k.created_at desc, k.id desc limit ")
        .push_bind(i64::from(query.limit) + 1);
    statement.build().fetch_all(snapshot).await.map_err(read_failed)
}

fn place(statement: &mut QueryBuilder<Sqlite>, operator: &'static str, place: Position) {
    statement
        .push(" and (k.created_at, k.id) ")
        .push(operator)
        .push(" (");
    statement.push_bind(micros(place.created_at)).push(", ");
    statement.push_bind(place.id).push(")");
}

/// Returns the last key that one page scans after the cursor, or `None` for the end of the table.
async fn floor_below(snapshot: &mut SqliteConnection, after: Option<Position>) -> Result<Option<Position>> {
    let mut statement = QueryBuilder::new("select k.created_at, k.id from api_keys k where true");
    if let Some(after) = after {
        place(&mut statement, "<", after);
    }
    statement
        .push(" order by k.created_at desc, k.id desc limit 1 offset ")
        .push_bind(MAX_ROWS_SCANNED - 1);
    let row = statement
        .build()
        .fetch_optional(snapshot)
        .await
        .map_err(read_failed)?;
    row.map(|row| rows::position(&ReadRow(&row))).transpose()
}

/// Returns the matches of the index in the order of creation.
async fn matching(
    snapshot: &mut SqliteConnection,
    query: &ApiKeyQuery,
    phrase: &str,
) -> Result<Vec<SqliteRow>> {
    let above = match query.after {
        None => i64::MAX,
        Some(after) => row_above(snapshot, after).await?,
    };
    sqlx::query(concat!(
        "with found as materialized (
             select rowid as row from api_key_search where api_key_search match ?1 and rowid < ?2
             order by rowid desc limit ?3) ",
        select!(),
        " join api_key_rows r on r.key_id = k.id join found f on f.row = r.row order by f.row desc"
    ))
    .bind(phrase)
    .bind(above)
    .bind(i64::from(query.limit) + 1)
    .fetch_all(snapshot)
    .await
    .map_err(read_failed)
}

/// The number that those behind that place are below. The key that stood there may be gone.
async fn row_above(snapshot: &mut SqliteConnection, place: Position) -> Result<i64> {
    let row: Option<i64> = sqlx::query_scalar(
        "select r.row + (k.id <> ?2) from api_keys k join api_key_rows r on r.key_id = k.id
         where (k.created_at, k.id) <= (?1, ?2) order by k.created_at desc, k.id desc limit 1",
    )
    .bind(micros(place.created_at))
    .bind(place.id)
    .fetch_optional(snapshot)
    .await
    .map_err(read_failed)?;
    Ok(row.unwrap_or(i64::MIN))
}
