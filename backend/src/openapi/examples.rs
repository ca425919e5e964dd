//! Examples of request and response bodies.

use serde_json::Value;
use utoipa::Modify;
use utoipa::openapi::example::Example;
use utoipa::openapi::path::Operation;
use utoipa::openapi::{Content, OpenApi as Tree, RefOr};

use super::{endpoint_of, operations};
use crate::endpoint::Endpoint;

/// Adds the examples of the endpoints.
pub(super) struct Examples<'a>(pub(super) &'a [Endpoint]);

impl Modify for Examples<'_> {
    fn modify(&self, document: &mut Tree) {
        for (_, operation) in operations(document) {
            let Some(endpoint) = endpoint_of(self.0, operation) else {
                continue;
            };
            for (title, value) in &endpoint.requests {
                add(request_content(operation), title, value);
            }
            for (status, title, value) in &endpoint.responses {
                add(response_content(operation, &status.to_string()), title, value);
            }
        }
    }
}

fn add(content: Option<&mut Content>, title: &str, value: &Value) {
    let Some(content) = content else { return };
    let example = Example::builder()
        .summary(title)
        .value(Some(value.clone()))
        .build();
    let name = title.to_lowercase().replace([' ', ','], "_");
    content.examples.insert(name, RefOr::T(example));
}

fn request_content(operation: &mut Operation) -> Option<&mut Content> {
    match operation.request_body.as_mut()? {
        RefOr::T(body) => inline(body.content.get_mut("application/json")),
        RefOr::Ref(_) => None,
    }
}

fn response_content<'a>(operation: &'a mut Operation, status: &str) -> Option<&'a mut Content> {
    match operation.responses.responses.get_mut(status)? {
        RefOr::T(response) => inline(response.content.get_mut("application/json")),
        RefOr::Ref(_) => None,
    }
}

fn inline(content: Option<&mut RefOr<Content>>) -> Option<&mut Content> {
    match content? {
        RefOr::T(content) => Some(content),
        RefOr::Ref(_) => None,
    }
}
