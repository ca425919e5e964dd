//! The OpenAPI document, put together from the handlers.
//!
//! A handler's own attribute tells what it takes and what it answers where all is well. What follows from a rule of the
//! whole API is added here, so that no handler can forget it: what is refused, with which code and example
//! (`refusals`), which headers come along (`headers`), where an answer leads (`links`), who may call (`audience`), what is sent to a CRM by itself (`events`).

mod audience;
mod constraints;
mod error_responses;
mod examples;
mod headers;
mod links;
mod open_words;
mod webhooks;

use utoipa::OpenApi;
use utoipa::openapi::path::{HttpMethod, Operation};
use utoipa::openapi::{OpenApi as Tree, PathItem};

use self::audience::{Audience, OlderName};
use self::constraints::Constraints;
use self::error_responses::ErrorResponses;
use self::examples::Examples;
use self::headers::Headers;
use self::links::Links;
use self::open_words::OpenWords;
use self::webhooks::Webhooks;
use crate::docs::routes as docs;
use crate::routes;

/// The document.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Ori Console",
        description = include_str!("introduction.md"),
        contact(name = "The people who run this server"),
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0"),
    ),
    servers((url = "/", description = "The server that serves this document")),
    paths(
        routes::dialout::create::create,
        routes::auth::whoami::whoami,
        routes::calls::list::list,
        routes::calls::get::get,
        routes::session::create::create,
        routes::session::get::get,
        routes::session::delete::delete,
        routes::setup::create::create,
        routes::api_keys::list::list,
        routes::api_keys::create::create,
        routes::api_keys::get::get,
        routes::api_keys::update::update,
        routes::api_keys::delete::delete,
        routes::webhooks::get::get,
        routes::webhooks::put::put,
        routes::webhooks::delete::delete,
        routes::webhooks::rotate::rotate,
        routes::webhooks::deliveries::deliveries,
        routes::webhooks::replay::replay,
        routes::settings::get::get,
        routes::settings::update::update,
        routes::fleet::status::status,
        routes::call_results::create::create,
        routes::health::alive,
        routes::health::ready,
        docs::reference,
        docs::guide,
        docs::style,
        docs::icon,
        docs::problems,
        docs::problem,
        docs::openapi_yaml,
        docs::openapi_json,
    ),
    // What the refusals and the webhooks refer to; everything else is found through the handlers.
    components(schemas(ori_shared::problem::Problem, ori_shared::webhook::CallEventPayload)),
    modifiers(
        &Audience,
        &Constraints,
        &ErrorResponses,
        &Headers,
        &Links,
        &Examples,
        &Webhooks,
        &OpenWords,
        // Last, so that the older name has all that the other has.
        &OlderName,
    ),
)]
pub struct Document;

impl Document {
    /// Returns the document of a server that uses these names for its session cookie and the header of the fleet secret.
    #[must_use]
    pub fn of_server(session_cookie: &str, fleet_secret_header: &str) -> Tree {
        let mut document = Self::openapi();
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
}

/// Serializes a document as YAML in which every character can be seen.
///
/// # Errors
/// If the document cannot be serialized.
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
