//! Endpoints: each handler's file describes its own, and the list in `router.rs` names them all. The router, `405` with
//! `Allow`, `HEAD` and the OpenAPI document follow from that list.

use actix_web::Route;
use actix_web::http::Method;
use ori_shared::error_code::ErrorCode;
use ori_shared::problem::FieldError;
use serde::Serialize;
use serde_json::Value;
use utoipa::openapi::OpenApi as Tree;
use utoipa::openapi::path::Operation;

use crate::error::ApiError;

/// A handler with its route, and what its part of the OpenAPI document says beside the handler's attribute.
pub struct Endpoint {
    method: Method,
    path: String,
    alias: Option<&'static str>,
    route: fn() -> Route,
    /// A document with this operation alone.
    pub(crate) document: Tree,
    pub(crate) operation_id: String,
    pub(crate) errors: &'static [ErrorCode],
    invalid: Vec<(ErrorCode, FieldError)>,
    pub(crate) requests: Vec<(&'static str, Value)>,
    pub(crate) responses: Vec<(u16, &'static str, Value)>,
    pub(crate) headers: Vec<(u16, &'static str)>,
    pub(crate) links: Vec<Link>,
}

/// A response that names a resource, and the operations on it.
pub(crate) struct Link {
    pub(crate) status: u16,
    /// Runtime expression of the resource's id.
    pub(crate) id: &'static str,
    pub(crate) operations: &'static [&'static str],
}

/// Returns the [`Endpoint`] of a handler in the same file, which has a `#[utoipa::path]` attribute.
macro_rules! endpoint {
    ($handler:ident) => {{
        #[derive(utoipa::OpenApi)]
        #[openapi(paths($handler))]
        struct Handler;
        $crate::endpoint::Endpoint::new(<Handler as utoipa::OpenApi>::openapi(), || {
            actix_web::web::to($handler)
        })
    }};
}
pub(crate) use endpoint;

impl Endpoint {
    /// Returns the endpoint of the only operation of a document.
    ///
    /// # Panics
    /// Panics if the document has none, which no attribute causes.
    pub(crate) fn new(document: Tree, route: fn() -> Route) -> Self {
        let mut operations = document.paths.paths.iter().flat_map(|(path, item)| {
            let methods = [
                (Method::GET, &item.get),
                (Method::POST, &item.post),
                (Method::PUT, &item.put),
                (Method::PATCH, &item.patch),
                (Method::DELETE, &item.delete),
            ];
            let present = methods
                .into_iter()
                .filter_map(|(method, operation)| Some((method, operation.as_ref()?)));
            present.map(move |(method, operation)| (path.clone(), method, id(operation)))
        });
        let (path, method, operation_id) = operations
            .next()
            .expect("a handler's attribute names a path and a method");
        drop(operations);
        Self {
            method,
            path,
            alias: None,
            route,
            document,
            operation_id,
            errors: &[],
            invalid: Vec::new(),
            requests: Vec::new(),
            responses: Vec::new(),
            headers: Vec::new(),
            links: Vec::new(),
        }
    }

    /// Serves the endpoint at another path as well.
    pub(crate) fn also_at(mut self, path: &'static str) -> Self {
        self.alias = Some(path);
        self
    }

    /// Documents the errors of this endpoint. Those of its authentication, body, query and database follow from the
    /// document.
    pub(crate) fn errors(mut self, codes: &'static [ErrorCode]) -> Self {
        self.errors = codes;
        self
    }

    /// Adds the example of a body that is rejected because of a field.
    pub(crate) fn invalid(mut self, code: ErrorCode, pointer: &str, detail: &str) -> Self {
        let error = FieldError {
            pointer: pointer.to_owned(),
            detail: detail.to_owned(),
        };
        self.invalid.push((code, error));
        self
    }

    /// Adds an example of a request body.
    pub(crate) fn request(mut self, title: &'static str, body: impl Serialize) -> Self {
        self.requests.push((title, value(body)));
        self
    }

    /// Adds an example of a response body.
    pub(crate) fn response(mut self, status: u16, title: &'static str, body: impl Serialize) -> Self {
        self.responses.push((status, title, value(body)));
        self
    }

    /// Documents a header of a response beside those that every response has.
    pub(crate) fn header(mut self, status: u16, name: &'static str) -> Self {
        self.headers.push((status, name));
        self
    }

    /// Links a response to the operations on the resource whose id it has at that place.
    pub(crate) fn link(mut self, status: u16, id: &'static str, operations: &'static [&'static str]) -> Self {
        self.links.push(Link {
            status,
            id,
            operations,
        });
        self
    }

    /// Returns the method; an endpoint for `GET` serves `HEAD` as well.
    #[must_use]
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// Returns the paths at which the endpoint is served.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        [self.path.as_str()].into_iter().chain(self.alias)
    }

    pub(crate) fn route(&self) -> Route {
        (self.route)()
    }

    /// Returns the error of the example of a rejected body, if there is one with that code.
    pub(crate) fn invalid_body(&self, code: ErrorCode) -> Option<ApiError> {
        let (_, error) = self.invalid.iter().find(|(of, _)| *of == code)?;
        Some(ApiError::fields(code, vec![error.clone()]))
    }
}

fn id(operation: &Operation) -> String {
    operation.operation_id.clone().unwrap_or_default()
}

fn value(example: impl Serialize) -> Value {
    serde_json::to_value(example).unwrap_or_default()
}
