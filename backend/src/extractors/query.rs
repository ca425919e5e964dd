use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, web};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use ori_shared::call::{BOT_ID_MAX, CallSearch, CallStatus, REFERENCE_MAX};
use ori_shared::error_code::ErrorCode;
use ori_shared::instant::{Instant, NotAnInstant};
use ori_shared::key_sort::KeySort;
use ori_shared::page::{DEFAULT_LIMIT, MAX_LIMIT};
use ori_store::{CallQuery, Position};
use serde::Deserialize;
use uuid::Uuid;

use crate::error::ApiError;

/// Which part of a list is wanted: `?limit=…&cursor=…&q=…&sort=…`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListQuery {
    /// Maximum number of rows, 1 to 1000.
    pub limit: u32,
    /// Only rows behind that place.
    pub after: Option<Position>,
    /// Sort key of the row at the cursor. Empty if the newest rows come first: then the cursor itself has it.
    pub after_value: String,
    /// Only rows that match this.
    pub search: String,
    /// Sort order.
    pub sort: KeySort,
}

impl ListQuery {
    /// The cursor that leads to the rows behind that place; `value` is what the row there is sorted by.
    #[must_use]
    pub fn cursor(place: Position, value: &str) -> String {
        let mut bytes = place.created_at.timestamp_micros().to_be_bytes().to_vec();
        bytes.extend(place.id.as_bytes());
        bytes.extend(value.as_bytes());
        // To whole groups of four characters, each of which can be read, whatever stands in it.
        bytes.resize(bytes.len().next_multiple_of(3), 0);
        URL_SAFE_NO_PAD.encode(bytes)
    }
}

impl FromRequest for ListQuery {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(parse(request.query_string()))
    }
}

/// Which calls are wanted: `?limit=…&cursor=…&reference=…&bot_id=…&search=…&status=…&key_id=…&from=…&until=…`.
pub struct CallsQuery(pub CallQuery);

impl FromRequest for CallsQuery {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(parse_calls(request.query_string()).map(Self))
    }
}

/// The longest search text, in characters: no name is longer.
const MAX_SEARCH: usize = 400;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    limit: Option<u32>,
    cursor: Option<String>,
    #[serde(default)]
    q: String,
    sort: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCalls {
    limit: Option<u32>,
    cursor: Option<Uuid>,
    reference: Option<String>,
    bot_id: Option<String>,
    search: Option<String>,
    status: Option<CallStatus>,
    key_id: Option<Uuid>,
    from: Option<String>,
    until: Option<String>,
}

fn parse_calls(query: &str) -> Result<CallQuery, ApiError> {
    let raw = web::Query::<RawCalls>::from_query(query)
        .map_err(|_| {
            // The reader's own message would repeat the value, which may be a key in the wrong place.
            refusal(
                "Of the query, only `limit`, `cursor`, `reference`, `bot_id`, `search`, `status`, `key_id`, `from` and \
                 `until` are known, each in the form that the API's description gives.",
            )
        })?
        .into_inner();
    let search = raw.search.unwrap_or_default();
    if search.chars().count() > MAX_SEARCH {
        return Err(refusal("Give a `search` of at most 400 characters."));
    }
    if !fits(raw.reference.as_deref(), REFERENCE_MAX) {
        return Err(refusal("Give a `reference` of 1 to 255 characters."));
    }
    if !fits(raw.bot_id.as_deref(), BOT_ID_MAX) {
        return Err(refusal("Give a `bot_id` of 1 to 200 characters."));
    }
    Ok(CallQuery {
        key: raw.key_id,
        reference: raw.reference,
        bot: raw.bot_id,
        search: CallSearch::parse(&search),
        status: raw.status,
        from: instant("from", raw.from)?,
        until: instant("until", raw.until)?,
        after: raw.cursor,
        limit: checked_limit(raw.limit)?,
    })
}

fn instant(name: &str, text: Option<String>) -> Result<Option<DateTime<Utc>>, ApiError> {
    let Some(text) = text else { return Ok(None) };
    match text.parse() {
        Ok(Instant(instant)) => Ok(Some(instant)),
        Err(NotAnInstant::OutOfRange) => Err(ApiError::with_detail(
            ErrorCode::ValidationFailed,
            format!("Give `{name}` in a year from 0000 to 9999."),
        )),
        // In a query, a bare `+` is a space.
        Err(NotAnInstant::Malformed) if text.replace(' ', "+").parse::<Instant>().is_ok() => {
            Err(refusal(&format!("Write the `+` in `{name}` as `%2B`.")))
        }
        Err(NotAnInstant::Malformed) => Err(refusal(&format!(
            "Give `{name}` as a time such as 2026-11-23T12:00:00Z."
        ))),
    }
}

/// Whether what was named could be the name of something.
fn fits(named: Option<&str>, max: usize) -> bool {
    named.is_none_or(|name| (1..=max).contains(&name.chars().count()))
}

pub(super) fn checked_limit(limit: Option<u32>) -> Result<u32, ApiError> {
    let limit = limit.unwrap_or(DEFAULT_LIMIT);
    let fits = (1..=MAX_LIMIT).contains(&limit);
    fits.then_some(limit)
        .ok_or_else(|| refusal("Give a `limit` from 1 to 1000."))
}

fn parse(query: &str) -> Result<ListQuery, ApiError> {
    let raw = web::Query::<Raw>::from_query(query)
        .map_err(|_| {
            refusal(
                "Of the query, only `limit`, `cursor`, `q` and `sort` are known, and `limit` is a number.",
            )
        })?
        .into_inner();
    let limit = checked_limit(raw.limit)?;
    if raw.q.chars().count() > MAX_SEARCH {
        return Err(refusal("Give a `q` of at most 400 characters."));
    }
    let sort = raw
        .sort
        .map_or(Some(KeySort::default()), |sort| KeySort::from_param(&sort));
    let sort = sort.ok_or_else(|| refusal(UNKNOWN_SORT))?;
    let after = raw.cursor.map(|cursor| position(&cursor));
    let after = after.map(|after| after.ok_or_else(|| refusal("Give a `cursor` from `next_cursor`.")));
    let (after, after_value) = after.transpose()?.unzip();
    Ok(ListQuery {
        limit,
        after,
        after_value: after_value.unwrap_or_default(),
        search: raw.q,
        sort,
    })
}

const UNKNOWN_SORT: &str = "Give a `sort` by `name`, `key`, `status`, `expires`, `last-used` or `created`; with a `-` before it for \
                            the other way round.";

/// When a row may have been created, in microseconds since 1970: until the year 4253, and so that each cursor begins
/// alike.
const PLACES: std::ops::Range<i64> = 0..1 << 56;

fn position(cursor: &str) -> Option<(Position, String)> {
    let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
    let (micros, rest) = bytes.split_first_chunk()?;
    let (id, value) = rest.split_first_chunk()?;
    let micros = i64::from_be_bytes(*micros);
    let position = Position {
        created_at: DateTime::from_timestamp_micros(micros).filter(|_| PLACES.contains(&micros))?,
        id: Uuid::from_bytes(*id),
    };
    let value = String::from_utf8_lossy(value);
    Some((position, value.trim_end_matches('\0').to_owned()))
}

pub(super) fn refusal(detail: &str) -> ApiError {
    ApiError::with_detail(ErrorCode::MalformedQuery, detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_leads_back_to_its_place() {
        let place = Position {
            created_at: DateTime::from_timestamp_micros(1_800_000_000_123_456).unwrap(),
            id: Uuid::from_u128(7),
        };
        let newest_first = ListQuery {
            limit: DEFAULT_LIMIT,
            after: Some(place),
            after_value: String::new(),
            search: String::new(),
            sort: KeySort::default(),
        };
        let cursor = ListQuery::cursor(place, "");
        assert_eq!(parse(&format!("cursor={cursor}")).unwrap(), newest_first);
        let by_name = ListQuery {
            after_value: "straße\nori_2x8...••••".to_owned(),
            sort: KeySort::from_param("name").unwrap(),
            ..newest_first
        };
        let cursor = ListQuery::cursor(place, &by_name.after_value);
        assert_eq!(parse(&format!("cursor={cursor}&sort=name")).unwrap(), by_name);
    }

    #[test]
    fn an_instant_in_a_query_is_read_or_refused_with_what_to_write() {
        let read = |query: &str| parse_calls(query).map(|query| query.from.map(|from| from.to_rfc3339()));
        for accepted in [
            "from=2026-11-23T12:00:00%2B05:30",
            "from=2026-11-23T06:30:00Z",
            "from=2026-11-23T01:30:00-05:00",
        ] {
            let from = read(accepted).unwrap();
            assert_eq!(from.as_deref(), Some("2026-11-23T06:30:00+00:00"), "{accepted}");
        }
        for (refused, code, hint) in [
            ("from=2026-11-23T12:00:00+05:30", ErrorCode::MalformedQuery, "%2B"),
            (
                "until=2026-11-23T12:00:00+05:30",
                ErrorCode::MalformedQuery,
                "`until`",
            ),
            (
                "from=yesterday",
                ErrorCode::MalformedQuery,
                "2026-11-23T12:00:00Z",
            ),
            ("from=", ErrorCode::MalformedQuery, "`from`"),
            ("from=-10000-01-01T00:00:00Z", ErrorCode::ValidationFailed, "9999"),
            (
                "until=%2B12345-01-01T00:00:00Z",
                ErrorCode::ValidationFailed,
                "`until`",
            ),
        ] {
            let Err(error) = parse_calls(refused) else {
                panic!("{refused} was accepted")
            };
            assert_eq!(error.code(), code, "{refused}");
            assert!(error.to_string().contains(hint), "{refused}: {error}");
        }
    }

    #[test]
    fn what_is_out_of_bounds_or_unknown_is_refused() {
        assert_eq!(parse("limit=5&q=a%20b").unwrap().search, "a b");
        for wrong in [
            "limit=0",
            "limit=1001",
            "limit=-1",
            "limit=x",
            "cursor=x",
            "cursor=",
            "page=2",
            "sort=",
            "sort=--name",
            "sort=prefix",
            &format!("q={}", "x".repeat(401)),
        ] {
            assert_eq!(
                parse(wrong).unwrap_err().code(),
                ErrorCode::MalformedQuery,
                "{wrong}"
            );
        }
    }
}
