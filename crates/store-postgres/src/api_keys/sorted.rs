//! The list of keys in another order than newest first. Only this page's keys are read whole; of all others, only what
//! decides where they stand.

use ori_store::{ApiKey, ApiKeyQuery, Result, SortSpec, rows};
use sqlx::PgConnection;

use super::select;
use crate::codec::text;
use crate::statement::Statement as _;

/// Returns one key more than `limit`, if there is one. `ori_shared::key_sort::place` computes the sort key.
pub(super) async fn page(
    snapshot: &mut PgConnection,
    query: &ApiKeyQuery,
    sorted: &SortSpec,
    needle: &str,
) -> Result<Vec<ApiKey>> {
    sqlx::query(concat!(
        "with placed as (
           select id, created_at, case $5
                    when 'name' then haystack
                    when 'key' then prefix
                    when 'status' then case when not is_active then '1' when expires_at <= $8 then '2' else '0' end
                    when 'expires' then case when expires_at is null then '~'
                      else lpad(greatest((extract(epoch from expires_at) * 1000000)::bigint, 0)::text, 20, '0') end
                    when 'last-used' then case when last_used_at is null then ''
                      else lpad(greatest((extract(epoch from last_used_at) * 1000000)::bigint, 0)::text, 20, '0') end
                    else lpad(greatest((extract(epoch from created_at) * 1000000)::bigint, 0)::text, 20, '0')
                  end collate \"C\" as place
           from api_keys where strpos(haystack, $1) > 0),
         page as (
           select id, place from placed
           where $2::timestamptz is null or (case when $6 then place < $7 else place > $7 end)
              or (place = $7 and (created_at, id) < ($2, $3))
           order by case when $6 then place end desc, case when $6 then null else place end, created_at desc, id desc
           limit $4) ",
        select!(),
        " join page p on p.id = k.id
          order by case when $6 then p.place end desc, case when $6 then null else p.place end, k.created_at desc, k.id desc"
    ))
    .bind(needle)
    .bind(query.after.map(|position| position.created_at))
    .bind(query.after.map(|position| position.id))
    .bind(i64::from(query.limit) + 1)
    .bind(sorted.sort.column.param())
    .bind(sorted.sort.descending)
    .bind(text(&sorted.after))
    .bind(sorted.now)
    .all(snapshot, rows::api_key)
    .await
}
