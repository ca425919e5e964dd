//! Error responses. Those of an operation's authentication, body, query and database follow from the document; the others
//! are in its [`Endpoint`].

use std::collections::BTreeMap;

use ori_shared::error_code::ErrorCode::{self, *};
use ori_shared::problem::{CONTENT_TYPE, Problem};
use utoipa::Modify;
use utoipa::openapi::example::Example;
use utoipa::openapi::path::{HttpMethod, Operation, ParameterIn};
use utoipa::openapi::{ContentBuilder, OpenApi as Tree, Ref, RefOr, Response, ResponseBuilder};

use super::{audience, endpoint_of, name, operations};
use crate::endpoint::Endpoint;
use crate::error::ApiError;

/// Adds the error responses of each operation by status, with each code explained and an example.
pub(super) struct ErrorResponses<'a>(pub(super) &'a [Endpoint]);

impl Modify for ErrorResponses<'_> {
    fn modify(&self, document: &mut Tree) {
        let mut shown: Vec<ErrorCode> = Vec::new();
        for (method, operation) in operations(document) {
            let mut by_status: BTreeMap<u16, Vec<ErrorCode>> = BTreeMap::new();
            let endpoint = endpoint_of(self.0, operation);
            for code in codes(&method, operation, endpoint) {
                shown.extend(invalid_body(endpoint, code).is_none().then_some(code));
                by_status.entry(code.status()).or_default().push(code);
            }
            for (status, codes) in by_status {
                let response = response(endpoint, &codes);
                let responses = &mut operation.responses.responses;
                responses.insert(status.to_string(), RefOr::T(response));
            }
        }
        let components = document.components.get_or_insert_default();
        for code in shown {
            let example = example(&ApiError::new(code));
            components
                .examples
                .insert(code.as_str().to_owned(), example.into());
        }
    }
}

/// Returns every error code of the operation, in the order of the table of codes.
fn codes(method: &HttpMethod, operation: &Operation, endpoint: Option<&Endpoint>) -> Vec<ErrorCode> {
    let mut codes = endpoint.map_or_else(Vec::new, |endpoint| endpoint.errors.to_vec());
    for scheme in ["api_key", "session", "fleet_secret"] {
        if is_authenticated_by(operation, scheme) {
            codes.extend(errors_of_authentication(scheme));
        }
    }
    if audience::is_for_console(operation) && !matches!(method, HttpMethod::Get) {
        codes.push(CrossSiteRequest);
    }
    if operation.request_body.is_some() {
        codes.extend([
            MalformedJson,
            RequestTimeout,
            PayloadTooLarge,
            UnsupportedMediaType,
            UnsupportedEncoding,
            InvalidBody,
        ]);
    }
    if is_only_read(operation) {
        codes.push(MethodNotAllowed);
    }
    if has_query(operation) {
        codes.push(MalformedQuery);
    }
    if uses_the_database(operation) {
        codes.extend([Internal, DatabaseUnavailable]);
        if changes_the_database(method, operation) {
            codes.push(ChangeOutcomeUnknown);
        }
    }
    let table = ErrorCode::ALL.iter().copied();
    table.filter(|code| codes.contains(code)).collect()
}

fn errors_of_authentication(scheme: &str) -> &'static [ErrorCode] {
    match scheme {
        "session" => &[NotSignedIn],
        "fleet_secret" => &[InvalidFleetSecret, TooManyAttempts],
        _ => &[
            ConflictingCredentials,
            InvalidApiKey,
            ApiKeyInactive,
            ApiKeyExpired,
            TooManyAttempts,
        ],
    }
}

fn is_authenticated_by(operation: &Operation, scheme: &str) -> bool {
    let requirements = serde_json::to_value(&operation.security).unwrap_or_default();
    let mut listed = requirements.as_array().into_iter().flatten();
    listed.any(|requirement| requirement.get(scheme).is_some())
}

/// Returns whether a request can be wrong in no other way than by its method.
fn is_only_read(operation: &Operation) -> bool {
    let mut tags = operation.tags.iter().flatten();
    tags.any(|tag| matches!(tag.as_str(), "documentation" | "operations"))
}

fn has_query(operation: &Operation) -> bool {
    let parameters = operation.parameters.iter().flatten();
    parameters
        .filter_map(|parameter| match parameter {
            RefOr::T(parameter) => Some(parameter),
            RefOr::Ref(_) => None,
        })
        .any(|parameter| matches!(parameter.parameter_in, ParameterIn::Query))
}

/// Returns whether the operation queries the database: all but those that serve what is in the binary.
fn uses_the_database(operation: &Operation) -> bool {
    let is_static = |tag: &String| tag == "documentation";
    name(operation) != "isAlive" && !operation.tags.iter().flatten().any(is_static)
}

/// Returns whether a change may be indeterminate. Placing a call has a code of its own for that.
fn changes_the_database(method: &HttpMethod, operation: &Operation) -> bool {
    !matches!(method, HttpMethod::Get) && name(operation) != "placeCall"
}

fn response(endpoint: Option<&Endpoint>, codes: &[ErrorCode]) -> Response {
    let meanings = codes
        .iter()
        .map(|code| format!("`{}`: {}", code.as_str(), code.meaning()));
    let examples = codes.iter().map(|code| {
        let example = match invalid_body(endpoint, *code) {
            Some(error) => example(&error).into(),
            None => RefOr::Ref(Ref::new(format!("#/components/examples/{}", code.as_str()))),
        };
        (code.as_str(), example)
    });
    let content = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name("Problem")))
        .examples_from_iter(examples)
        .build();
    ResponseBuilder::new()
        .description(meanings.collect::<Vec<_>>().join("\n\n"))
        .content(CONTENT_TYPE, content)
        .build()
}

fn invalid_body(endpoint: Option<&Endpoint>, code: ErrorCode) -> Option<ApiError> {
    endpoint?.invalid_body(code)
}

fn example(error: &ApiError) -> Example {
    let mut problem: Problem = error.problem(super::samples::REQUEST_ID);
    if matches!(
        error.code(),
        NoCapacity | OutcomeUnknown | WorkerError | BotNotFound
    ) {
        problem.call_id = Some(super::samples::CALL_ID);
    }
    Example::builder()
        .summary(error.code().title())
        .value(serde_json::to_value(problem).ok())
        .build()
}
