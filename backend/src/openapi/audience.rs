//! Audiences of the operations, and how they authenticate.

use utoipa::Modify;
use utoipa::openapi::extensions::Extensions;
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{Deprecated, OpenApi as Tree};

use super::operations;

/// The tag of what people do in the console.
pub(super) const CONSOLE: &str = "console";

/// Each audience, with what there is for it.
const AUDIENCES: [(&str, &str); 5] = [
    (
        "crm",
        "For systems that place calls with an API key: test the key, place a call, ask what became of it.",
    ),
    (
        CONSOLE,
        "For people who are signed in to the console. API keys have no access.",
    ),
    (
        "voice worker",
        "For the voice fleet, authenticated by a shared secret.",
    ),
    ("operations", "For operators: liveness and readiness."),
    (
        "documentation",
        "For integrators: this document and the pages that explain it.",
    ),
];

/// Adds tags and security schemes, and marks what is for the console alone.
pub(super) struct Audience;

impl Modify for Audience {
    fn modify(&self, document: &mut Tree) {
        let tags = AUDIENCES.map(|(name, description)| {
            TagBuilder::new()
                .name(name)
                .description(Some(description))
                .build()
        });
        document.tags = Some(tags.into());
        let components = document.components.get_or_insert_default();
        for (name, scheme) in schemes(SESSION_COOKIE, FLEET_SECRET_HEADER) {
            components.add_security_scheme(name, scheme);
        }
        for (_, operation) in operations(document) {
            if is_for_console(operation) {
                operation.extensions = Some(Extensions::from_iter([("x-console-only", true)]));
            }
            // Explicitly none, as opposed to forgotten.
            operation.security.get_or_insert_default();
        }
    }
}

/// Returns whether the operation is for people in the console alone.
pub(super) fn is_for_console(operation: &Operation) -> bool {
    operation.tags.iter().flatten().any(|tag| tag == CONSOLE)
}

/// The older path of `POST /api/v1/sip/dialout`.
pub(crate) const OLDER_PATH: &str = "/api/v1/dialout";

/// Adds `POST /api/v1/dialout`, the older name of `POST /api/v1/sip/dialout` (platform, section 2).
pub(super) struct OlderName;

impl Modify for OlderName {
    fn modify(&self, document: &mut Tree) {
        let paths = &mut document.paths.paths;
        let Some(mut item) = paths.get("/api/v1/sip/dialout").cloned() else {
            return;
        };
        if let Some(operation) = &mut item.post {
            operation.operation_id = Some("placeCallByOlderName".to_owned());
            operation.summary = Some("Place a call (older address)".to_owned());
            operation.description = Some(
                "The older address of `POST /api/v1/sip/dialout`: the same in every respect, and kept for systems that \
                 use it. New ones should not."
                    .to_owned(),
            );
            operation.deprecated = Some(Deprecated::True);
        }
        paths.insert(OLDER_PATH.to_owned(), item);
    }
}

/// Name of the session cookie over plain http.
const SESSION_COOKIE: &str = "ori_session";
/// Name of the header with the fleet secret, unless it is configured.
pub(super) const FLEET_SECRET_HEADER: &str = "X-Fleet-Secret";

/// Returns the security schemes with these names for the session cookie and the header of the fleet secret.
pub(super) fn schemes(
    session_cookie: &str,
    fleet_secret_header: &str,
) -> [(&'static str, SecurityScheme); 4] {
    let header = |name: &str, description: &str| {
        SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::with_description(name, description)))
    };
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("The same key as a bearer token. Send one or the other."));
    [
        (
            "api_key",
            header(
                "X-API-Key",
                "An API key from the console's API Keys page. Never put one into an address.",
            ),
        ),
        ("bearer", SecurityScheme::Http(bearer.build())),
        (
            "session",
            SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::with_description(
                session_cookie,
                "Set by signing in. It is named `__Host-ori_session` if the server's public address is https, and \
                 `ori_session` if it is http, with the port behind it if that is not the usual one. The document that a server \
                 serves has the name that it uses.",
            ))),
        ),
        (
            "fleet_secret",
            header(
                fleet_secret_header,
                "The secret shared with the voice fleet. The header's name is configured: `ORI_FLEET_SECRET_HEADER`.",
            ),
        ),
    ]
}
