use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, web};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use ori_shared::call::{BOT_ID_MAX, CallSearch, CallStatus, REFERENCE_MAX};
use ori_shared::error_code::ErrorCode;
use ori_shared::page::{DEFAULT_LIMIT, MAX_LIMIT};
use ori_store::{CallQuery, Position};
use serde::Deserialize;
use uuid::Uuid;

use crate::error::ApiError;

/// Which part of a list is wanted: `?limit=…&cursor=…&q=…`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListQuery {
    /// At most so many rows, 1 to 1000.
    pub limit: u32,
    /// Only rows behind that place.
    pub after: Option<Position>,
    /// Only rows that match this.
    pub search: String,
}

impl ListQuery {
    /// The cursor that leads to the rows behind that place.
    #[must_use]
    pub fn cursor(place: Position) -> String {
        let mut bytes = [0; 24];
        bytes[..8].copy_from_slice(&place.created_at.timestamp_micros().to_be_bytes());
        bytes[8..].copy_from_slice(place.id.as_bytes());
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
    from: Option<DateTime<Utc>>,
    until: Option<DateTime<Utc>>,
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
        from: raw.from,
        until: raw.until,
        after: raw.cursor,
        limit: checked_limit(raw.limit)?,
    })
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
            refusal("Of the query, only `limit`, `cursor` and `q` are known, and `limit` is a number.")
        })?
        .into_inner();
    let limit = checked_limit(raw.limit)?;
    if raw.q.chars().count() > MAX_SEARCH {
        return Err(refusal("Give a `q` of at most 400 characters."));
    }
    let after = raw
        .cursor
        .map(|cursor| position(&cursor).ok_or_else(|| refusal("Give a `cursor` from `next_cursor`.")));
    Ok(ListQuery {
        limit,
        after: after.transpose()?,
        search: raw.q,
    })
}

/// When a row may have been created, in microseconds since 1970: until the year 4253, and so that each cursor begins alike.
const PLACES: std::ops::Range<i64> = 0..1 << 56;

fn position(cursor: &str) -> Option<Position> {
    let bytes: [u8; 24] = URL_SAFE_NO_PAD.decode(cursor).ok()?.try_into().ok()?;
    let (micros, id) = bytes.split_at(8);
    let micros = i64::from_be_bytes(micros.try_into().ok()?);
    Some(Position {
        created_at: DateTime::from_timestamp_micros(micros).filter(|_| PLACES.contains(&micros))?,
        id: Uuid::from_slice(id).ok()?,
    })
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
        let query = parse(&format!("cursor={}", ListQuery::cursor(place))).unwrap();
        assert_eq!(
            query,
            ListQuery {
                limit: DEFAULT_LIMIT,
                after: Some(place),
                search: String::new()
            }
        );
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
