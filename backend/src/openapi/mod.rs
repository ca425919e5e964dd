//! The OpenAPI document, built from the endpoints.
//!
//! A handler's attribute declares its input and its success responses; its [`Endpoint`] adds error codes, examples, headers
//! and links. What follows from a rule of the whole API is added here: errors of authentication, body, query and database
//! (`error_responses`), headers of every response (`headers`), audiences and security schemes (`audience`), constraints
//! between fields (`constraints`), and the events that are sent to webhooks (`webhooks`).

mod audience;
mod constraints;
mod error_responses;
mod examples;
pub(crate) mod headers;
mod links;
mod open_words;
pub(crate) mod samples;
mod webhooks;

use utoipa::openapi::path::{HttpMethod, Operation};
use utoipa::openapi::{OpenApi as Tree, PathItem};
use utoipa::{Modify, OpenApi};

use self::audience::{Audience, OlderName};
use self::constraints::Constraints;
use self::error_responses::ErrorResponses;
use self::examples::Examples;
use self::headers::Headers;
use self::links::Links;
use self::open_words::OpenWords;
use self::webhooks::Webhooks;
use crate::endpoint::Endpoint;

pub(crate) use self::audience::OLDER_PATH;

/// Parts of the document other than its operations.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Ori Console",
        description = include_str!("introduction.md"),
        contact(name = "The people who run this server"),
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0"),
    ),
    servers((url = "/", description = "The server that serves this document")),
    // Used by the error responses and the webhooks; all others are found through the handlers.
    components(schemas(ori_shared::problem::Problem, ori_shared::webhook::CallEventPayload)),
)]
struct Base;

/// Returns the document of these endpoints.
#[must_use]
pub fn document(endpoints: &[Endpoint]) -> Tree {
    let mut document = Base::openapi();
    for endpoint in endpoints {
        let part = endpoint.document.clone();
        for (path, item) in part.paths.paths {
            document
                .paths
                .paths
                .entry(path)
                .or_default()
                .merge_operations(item);
        }
        let components = document.components.get_or_insert_default();
        components
            .schemas
            .extend(part.components.unwrap_or_default().schemas);
    }
    let modifiers: [&dyn Modify; 9] = [
        &Audience,
        &Constraints,
        &ErrorResponses(endpoints),
        &Headers(endpoints),
        &Links(endpoints),
        &Examples(endpoints),
        &Webhooks,
        &OpenWords,
        // Last, so that the older path has all that the other has.
        &OlderName,
    ];
    for modifier in modifiers {
        modifier.modify(&mut document);
    }
    document
}

/// Returns the document of a server that uses these names for its session cookie and the header of the fleet secret.
#[must_use]
pub fn document_of_server(endpoints: &[Endpoint], session_cookie: &str, fleet_secret_header: &str) -> Tree {
    let mut document = document(endpoints);
    // Header names have no case. The usual spelling is easier to read than that of the wire.
    let fleet_secret_header = if fleet_secret_header.eq_ignore_ascii_case(audience::FLEET_SECRET_HEADER) {
        audience::FLEET_SECRET_HEADER
    } else {
        fleet_secret_header
    };
    let components = document.components.get_or_insert_default();
    for (name, scheme) in audience::schemes(session_cookie, fleet_secret_header) {
        components.add_security_scheme(name, scheme);
    }
    document
}

/// Returns the endpoint of an operation.
fn endpoint_of<'a>(endpoints: &'a [Endpoint], operation: &Operation) -> Option<&'a Endpoint> {
    let id = name(operation);
    endpoints.iter().find(|endpoint| endpoint.operation_id == id)
}

/// Serializes a document as YAML in which every character can be seen.
///
/// # Errors
/// Returns an error if the document cannot be serialized.
pub fn to_yaml(document: &Tree) -> Result<String, Box<dyn std::error::Error>> {
    // Only patterns hold invisible characters. They also hold a byte order mark, which makes the serializer write a
    // double-quoted scalar, in which escapes are valid.
    Ok(with_visible_characters(&document.to_yaml()?))
}

/// Replaces invisible characters, which would be mistaken for nothing or turn the direction of a line, by escapes that
/// YAML, JSON and ECMAScript patterns have in common.
pub(crate) fn with_visible_characters(text: &str) -> String {
    let mut visible = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\u{a0}'
            | '\u{ad}'
            | '\u{1680}'
            | '\u{2000}'..='\u{200f}'
            | '\u{2028}'..='\u{202f}'
            | '\u{205f}'..='\u{206f}'
            | '\u{3000}'
            | '\u{feff}' => visible.extend(format!("\\u{:04x}", c as u32).chars()),
            c => visible.push(c),
        }
    }
    visible
}

/// The name of an operation, which each of ours has.
fn name(operation: &Operation) -> &str {
    operation.operation_id.as_deref().unwrap_or_default()
}

/// Every operation of the document, with its method.
fn operations(document: &mut Tree) -> impl Iterator<Item = (HttpMethod, &mut Operation)> {
    document.paths.paths.values_mut().flat_map(methods)
}

fn methods(item: &mut PathItem) -> impl Iterator<Item = (HttpMethod, &mut Operation)> {
    [
        (HttpMethod::Get, item.get.as_mut()),
        (HttpMethod::Post, item.post.as_mut()),
        (HttpMethod::Put, item.put.as_mut()),
        (HttpMethod::Patch, item.patch.as_mut()),
        (HttpMethod::Delete, item.delete.as_mut()),
    ]
    .into_iter()
    .filter_map(|(method, operation)| Some((method, operation?)))
}
