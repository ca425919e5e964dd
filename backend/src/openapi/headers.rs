//! The headers that come with answers.

use serde_json::{Value, json};
use utoipa::Modify;
use utoipa::openapi::header::{Header, HeaderBuilder};
use utoipa::openapi::path::Operation;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{OpenApi as Tree, Ref, RefOr, Response};

use super::{endpoint_of, operations};
use crate::endpoint::Endpoint;

/// Adds the headers of each response.
pub(super) struct Headers<'a>(pub(super) &'a [Endpoint]);

impl Modify for Headers<'_> {
    fn modify(&self, document: &mut Tree) {
        for (_, operation) in operations(document) {
            let own = endpoint_of(self.0, operation).map_or(&[][..], |endpoint| &endpoint.headers);
            add_to_all(operation, own);
        }
        let headers = &mut document.components.get_or_insert_default().headers;
        for (name, header) in described() {
            headers.insert(name.to_owned(), header.into());
        }
    }
}

const REQUEST_ID: &str = "X-Request-Id";
const RETRY_AFTER: &str = "Retry-After";
const ALLOW: &str = "Allow";
const WWW_AUTHENTICATE: &str = "WWW-Authenticate";
pub(crate) const REPLAYED: &str = "Idempotent-Replayed";
pub(crate) const LOCATION: &str = "Location";
pub(crate) const PREFERENCE_APPLIED: &str = "Preference-Applied";

fn add_to_all(operation: &mut Operation, own: &[(u16, &str)]) {
    for (status, response) in &mut operation.responses.responses {
        let RefOr::T(response) = response else { continue };
        add(response, REQUEST_ID);
        if matches!(status.as_str(), "429" | "503") {
            add(response, RETRY_AFTER);
        }
        if status == "401" {
            add(response, WWW_AUTHENTICATE);
        }
        if status == "405" {
            add(response, ALLOW);
        }
        for (_, header) in own.iter().filter(|(of, _)| of.to_string() == *status) {
            add(response, header);
        }
    }
}

fn add(response: &mut Response, header: &str) {
    let reference = Ref::new(format!("#/components/headers/{header}"));
    response.headers.insert(header.to_owned(), RefOr::Ref(reference));
}

fn described() -> [(&'static str, Header); 7] {
    let text = || ObjectBuilder::new().schema_type(Type::String);
    let whole = || ObjectBuilder::new().schema_type(Type::Integer);
    [
        (
            REQUEST_ID,
            header(
                text().pattern(Some("^[0-9a-f]{32}$")),
                "The request's id, as it stands in the server's log.",
                json!(super::samples::REQUEST_ID),
            ),
        ),
        (
            RETRY_AFTER,
            header(
                whole().minimum(Some(1)),
                "In how many seconds the same request is welcome again.",
                json!(5),
            ),
        ),
        (
            ALLOW,
            header(
                text(),
                "The methods that the address takes, separated by commas.",
                json!("GET, HEAD"),
            ),
        ),
        (
            WWW_AUTHENTICATE,
            header(
                text(),
                "What the request has to prove: `Bearer` for an API key, `Session` for the cookie of the console.",
                json!("Bearer realm=\"ori\""),
            ),
        ),
        (
            REPLAYED,
            header(
                text().enum_values(Some(["true"])),
                "Present if this is the stored response to the idempotency key, and nothing was done again.",
                json!("true"),
            ),
        ),
        (
            LOCATION,
            header(
                text().format(Some(utoipa::openapi::SchemaFormat::Custom(
                    "uri-reference".to_owned(),
                ))),
                "Where to read what was made.",
                json!(format!("/api/v1/calls/{}", super::samples::CALL_ID)),
            ),
        ),
        (
            PREFERENCE_APPLIED,
            header(
                text().enum_values(Some(["respond-async"])),
                "The preference was heeded (RFC 7240).",
                json!("respond-async"),
            ),
        ),
    ]
}

fn header(schema: ObjectBuilder, description: &str, example: Value) -> Header {
    HeaderBuilder::new()
        .schema(Some(schema.build()))
        .description(Some(description))
        .example(Some(example))
        .build()
}
