use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, web};
use ori_shared::webhook::DeliveryStatus;
use ori_store::DeliveryQuery;
use serde::Deserialize;
use uuid::Uuid;

use super::query::{checked_limit, refusal};
use crate::error::ApiError;

/// Which deliveries are wanted: `?limit=…&cursor=…&key_id=…&call_id=…&status=…`.
pub struct DeliveriesQuery(pub DeliveryQuery);

impl FromRequest for DeliveriesQuery {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(parse(request.query_string()).map(Self))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    limit: Option<u32>,
    cursor: Option<Uuid>,
    key_id: Option<Uuid>,
    call_id: Option<Uuid>,
    status: Option<DeliveryStatus>,
}

fn parse(query: &str) -> Result<DeliveryQuery, ApiError> {
    let raw = web::Query::<Raw>::from_query(query)
        .map_err(|_| {
            refusal(
                "Of the query, only `limit`, `cursor`, `key_id`, `call_id` and `status` are known, each in the form that the \
                 API's description gives.",
            )
        })?
        .into_inner();
    Ok(DeliveryQuery {
        key: raw.key_id,
        call: raw.call_id,
        status: raw.status,
        after: raw.cursor,
        limit: checked_limit(raw.limit)?,
    })
}
