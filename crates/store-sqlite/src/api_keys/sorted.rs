//! The list of keys in another order than newest first. Only this page's keys are read whole; of all others, only what
//! decides where they stand.

use ori_store::{ApiKeyQuery, Result, SortSpec};
use sqlx::SqliteConnection;
use sqlx::sqlite::SqliteRow;

use super::select;
use crate::codec::micros;
use crate::error::read_failed;

/// Returns one key more than `limit`, if there is one. `ori_shared::key_sort::place` computes the sort key.
pub(super) async fn page(
    snapshot: &mut SqliteConnection,
    query: &ApiKeyQuery,
    sorted: &SortSpec,
    needle: &str,
) -> Result<Vec<SqliteRow>> {
    sqlx::query(concat!(
        "with placed as (
           select id, created_at, case ?5
                    when 'name' then haystack
                    when 'key' then prefix
                    when 'status' then case when not is_active then '1' when expires_at <= ?8 then '2' else '0' end
                    when 'expires' then iif(expires_at is null, '~', printf('%020d', max(expires_at, 0)))
                    when 'last-used' then iif(last_used_at is null, '', printf('%020d', max(last_used_at, 0)))
                    else printf('%020d', max(created_at, 0))
                  end as place
           from api_keys where ?1 = '' or instr(haystack, ?1) > 0),
         page as (
           select id, place from placed
           where ?2 is null or iif(?6, place < ?7, place > ?7) or (place = ?7 and (created_at, id) < (?2, ?3))
           order by iif(?6, place, null) desc, iif(?6, null, place), created_at desc, id desc limit ?4) ",
        select!(),
        " join page p on p.id = k.id
          order by iif(?6, p.place, null) desc, iif(?6, null, p.place), k.created_at desc, k.id desc"
    ))
    .bind(needle)
    .bind(query.after.map(|position| micros(position.created_at)))
    .bind(query.after.map(|position| position.id))
    .bind(i64::from(query.limit) + 1)
    .bind(sorted.sort.column.param())
    .bind(sorted.sort.descending)
    .bind(&sorted.after)
    .bind(micros(sorted.now))
    .fetch_all(snapshot)
    .await
    .map_err(read_failed)
}
