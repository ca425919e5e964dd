//! What each operation refuses, and with which code.

use std::collections::BTreeMap;

use ori_shared::error_code::ErrorCode::{self, *};
use ori_shared::problem::{CONTENT_TYPE, Problem};
use utoipa::Modify;
use utoipa::openapi::example::Example;
use utoipa::openapi::path::{HttpMethod, Operation, ParameterIn};
use utoipa::openapi::{ContentBuilder, OpenApi as Tree, Ref, RefOr, Response, ResponseBuilder};

use super::{audience, name, operations};
use crate::error::ApiError;

/// What an operation refuses for reasons of its own. What its proof of who asks, its body, its query and the database may
/// be refused for follows from the document, see [`refused`].
const OWN: &[(&str, &[ErrorCode])] = &[
    (
        "placeCall",
        &[
            BotNotFound,
            IdempotencyInProgress,
            ValidationFailed,
            IdempotencyMismatch,
            WorkerError,
            NoCapacity,
            QueueFull,
            OutcomeUnknown,
        ],
    ),
    ("listCalls", &[RoleTooLow, ValidationFailed]),
    ("showCall", &[RoleTooLow, CallNotFound]),
    ("signIn", &[WrongCredentials, ValidationFailed, TooManyAttempts]),
    ("setUp", &[SetupLinkInvalid, ValidationFailed]),
    ("listApiKeys", &[RoleTooLow]),
    ("createApiKey", &[RoleTooLow, ValidationFailed]),
    ("showApiKey", &[RoleTooLow, ApiKeyNotFound]),
    ("changeApiKey", &[RoleTooLow, ApiKeyNotFound, ValidationFailed]),
    ("deleteApiKey", &[RoleTooLow, ApiKeyNotFound]),
    ("showWebhook", &[RoleTooLow, WebhookNotFound]),
    ("setWebhook", &[RoleTooLow, ApiKeyNotFound, ValidationFailed]),
    ("removeWebhook", &[RoleTooLow, WebhookNotFound]),
    ("rotateWebhookSecret", &[RoleTooLow, WebhookNotFound]),
    ("listWebhookDeliveries", &[RoleTooLow]),
    (
        "replayWebhookDelivery",
        &[RoleTooLow, WebhookDeliveryNotFound, WebhookInactive],
    ),
    ("changeSettings", &[ValidationFailed]),
    ("showFleetStatus", &[RoleTooLow]),
    ("reportCall", &[CallNotFound]),
    ("isReady", &[NotReady]),
    ("explainProblem", &[NotFound]),
];

/// A fault such as an operation finds in a body, for the example of that code.
const FAULTS: &[(&str, ErrorCode, &str, &str)] = &[
    (
        "placeCall",
        ValidationFailed,
        "/to_number",
        "Give the number with its country code, such as +919876543210.",
    ),
    (
        "placeCall",
        InvalidBody,
        "/bot_id",
        "The field `bot_id` is missing.",
    ),
    (
        "signIn",
        ValidationFailed,
        "/email",
        "Enter an email address such as name@example.com.",
    ),
    ("signIn", InvalidBody, "/email", "The field `email` is missing."),
    (
        "setUp",
        ValidationFailed,
        "/password",
        "Use a password of at least 8 characters.",
    ),
    ("setUp", InvalidBody, "/token", "The field `token` is missing."),
    (
        "createApiKey",
        ValidationFailed,
        "/name",
        "Enter a name for the key.",
    ),
    (
        "createApiKey",
        InvalidBody,
        "/name",
        "The field `name` is missing.",
    ),
    (
        "changeApiKey",
        ValidationFailed,
        "/expires_at",
        "Choose a time that is still to come.",
    ),
    ("changeApiKey", InvalidBody, "/is_active", "Expected a boolean."),
    (
        "changeSettings",
        ValidationFailed,
        "/timezone",
        "Choose a timezone from the list.",
    ),
    ("changeSettings", InvalidBody, "/timezone", "Expected a string."),
    (
        "setWebhook",
        ValidationFailed,
        "/url",
        "This address is not public, and not in ORI_WEBHOOK_PRIVATE_NETWORKS.",
    ),
    ("setWebhook", InvalidBody, "/url", "The field `url` is missing."),
];

/// Adds to each operation what it refuses, by status, with each code explained and shown.
pub(super) struct ErrorResponses;

impl Modify for ErrorResponses {
    fn modify(&self, document: &mut Tree) {
        let mut shown: Vec<ErrorCode> = Vec::new();
        for (method, operation) in operations(document) {
            let mut by_status: BTreeMap<u16, Vec<ErrorCode>> = BTreeMap::new();
            for code in refused(&method, operation) {
                shown.extend(fault(name(operation), code).is_none().then_some(code));
                by_status.entry(code.status()).or_default().push(code);
            }
            for (status, codes) in by_status {
                let response = response(name(operation), &codes);
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

/// Everything that the operation may refuse, in the order of the table of codes.
fn refused(method: &HttpMethod, operation: &Operation) -> Vec<ErrorCode> {
    let mut codes: Vec<ErrorCode> = Vec::new();
    let own = OWN.iter().find(|(known, _)| *known == name(operation));
    codes.extend(own.iter().flat_map(|(_, codes)| *codes));
    for scheme in ["api_key", "session", "fleet_secret"] {
        if is_proved_by(operation, scheme) {
            codes.extend(refused_by_proof(scheme));
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
    if asks_the_database(operation) {
        codes.extend([Internal, DatabaseUnavailable]);
        if changes_the_database(method, operation) {
            codes.push(ChangeOutcomeUnknown);
        }
    }
    let table = ErrorCode::ALL.iter().copied();
    table.filter(|code| codes.contains(code)).collect()
}

fn refused_by_proof(scheme: &str) -> &'static [ErrorCode] {
    match scheme {
        "session" => &[NotSignedIn],
        "fleet_secret" => &[InvalidFleetSecret],
        _ => &[
            ConflictingCredentials,
            InvalidApiKey,
            ApiKeyInactive,
            ApiKeyExpired,
            TooManyAttempts,
        ],
    }
}

fn is_proved_by(operation: &Operation, scheme: &str) -> bool {
    let requirements = serde_json::to_value(&operation.security).unwrap_or_default();
    let mut listed = requirements.as_array().into_iter().flatten();
    listed.any(|requirement| requirement.get(scheme).is_some())
}

/// Where nothing can be asked in a wrong way but by another method.
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

/// All of the API does, and readiness; what is in the binary is served without.
fn asks_the_database(operation: &Operation) -> bool {
    let is_static = |tag: &String| tag == "documentation";
    name(operation) != "isAlive" && !operation.tags.iter().flatten().any(is_static)
}

/// Every operation but a reading one. A call whose recording is in doubt has a code of its own.
fn changes_the_database(method: &HttpMethod, operation: &Operation) -> bool {
    !matches!(method, HttpMethod::Get) && name(operation) != "placeCall"
}

fn response(operation: &str, codes: &[ErrorCode]) -> Response {
    let meanings = codes
        .iter()
        .map(|code| format!("`{}`: {}", code.as_str(), code.meaning()));
    let examples = codes.iter().map(|code| {
        let example = match fault(operation, *code) {
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

/// What is wrong in a body, as that operation would tell it.
fn fault(operation: &str, code: ErrorCode) -> Option<ApiError> {
    let known = FAULTS
        .iter()
        .find(|(name, of, ..)| *name == operation && *of == code)?;
    let (_, code, pointer, detail) = known;
    let fault = ori_shared::problem::FieldError {
        pointer: (*pointer).to_owned(),
        detail: (*detail).to_owned(),
    };
    Some(ApiError::fields(*code, vec![fault]))
}

fn example(error: &ApiError) -> Example {
    let mut problem: Problem = error.problem(super::examples::REQUEST_ID);
    if matches!(
        error.code(),
        NoCapacity | OutcomeUnknown | WorkerError | BotNotFound
    ) {
        problem.call_id = Some(super::examples::CALL_ID);
    }
    Example::builder()
        .summary(error.code().title())
        .value(serde_json::to_value(problem).ok())
        .build()
}
