//! Table of error codes: HTTP status, title, meaning and remedy of each.

use serde::{Deserialize, Serialize};

macro_rules! error_codes {
    ($($(#[doc = $meaning:literal])+ $variant:ident = $code:literal, $status:literal, $title:literal, $remedy:literal;)+) => {
        /// Stable code of an error. It identifies one reason, whatever the wording of `title` and `detail`.
        ///
        /// # Examples
        ///
        /// ```
        /// use ori_shared::error_code::ErrorCode;
        ///
        /// let code = ErrorCode::parse("malformed_json").unwrap();
        /// assert_eq!(code, ErrorCode::MalformedJson);
        /// assert_eq!(code.status(), 400);
        /// assert_eq!(code.title(), "Malformed JSON");
        /// assert_eq!(ErrorCode::parse("no_such_code"), None);
        /// ```
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum ErrorCode {
            $($(#[doc = $meaning])+ #[serde(rename = $code)] $variant,)+
        }

        impl ErrorCode {
            /// All codes.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// Returns the code on the wire.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code),+ }
            }

            /// Returns the HTTP status.
            #[must_use]
            pub const fn status(self) -> u16 {
                match self { $(Self::$variant => $status),+ }
            }

            /// Returns the title, which is the same in every problem with this code.
            #[must_use]
            pub const fn title(self) -> &'static str {
                match self { $(Self::$variant => $title),+ }
            }

            /// Returns the explanation of the code.
            #[must_use]
            pub fn meaning(self) -> &'static str {
                match self { $(Self::$variant => concat!($($meaning),+).trim()),+ }
            }

            /// Returns the advice to the client.
            #[must_use]
            pub const fn remedy(self) -> &'static str {
                match self { $(Self::$variant => $remedy),+ }
            }
        }
    };
}

error_codes! {
    /// The body is not well-formed JSON.
    MalformedJson = "malformed_json", 400, "Malformed JSON", "Send a JSON object; the detail says where reading stopped.";
    /// The head of the request is not HTTP/1.1 as RFC 9112 defines it.
    MalformedRequest = "malformed_request", 400, "Malformed request", "Send one Host header, one Content-Length at most, and plain HTTP/1.1.";
    /// The query string cannot be read.
    MalformedQuery = "malformed_query", 400, "Malformed query", "Correct the parameter that the detail names.";
    /// Two different API keys were sent in one request.
    ConflictingCredentials = "conflicting_credentials", 400, "Two different API keys", "Send the key once, in X-API-Key or as a bearer token.";
    /// There is no console session, or it has ended.
    NotSignedIn = "not_signed_in", 401, "Not signed in", "Sign in to the console and try again.";
    /// No account has that email address and password.
    WrongCredentials = "wrong_credentials", 401, "Wrong email or password", "Check both and try again.";
    /// There is no API key in the request, or not one that is known here.
    InvalidApiKey = "invalid_api_key", 401, "Invalid API key", "Send a key from the API Keys page in the X-API-Key header.";
    /// The signed-in person's role does not reach this far.
    RoleTooLow = "role_too_low", 403, "Not allowed for your role", "Ask an admin.";
    /// A browser sent the request on behalf of another site.
    CrossSiteRequest = "cross_site_request", 403, "Cross-site request refused", "Send the request from the console's own page.";
    /// The one-time link is not the one that the server printed, or an admin exists already.
    SetupLinkInvalid = "setup_link_invalid", 403, "This link no longer works", "Sign in, or restart the server for a new link.";
    /// The API key is switched off.
    ApiKeyInactive = "api_key_inactive", 403, "API key inactive", "Switch the key on, on the API Keys page.";
    /// The API key is past its expiry.
    ApiKeyExpired = "api_key_expired", 403, "API key expired", "Create a new key, or give this one a later expiry.";
    /// The shared secret of the voice fleet is missing or wrong.
    InvalidFleetSecret = "invalid_fleet_secret", 403, "Invalid fleet secret", "Configure the same secret on both sides.";
    /// There is nothing at that address.
    NotFound = "not_found", 404, "Not found", "Check the address.";
    /// There is no API key of that id.
    ApiKeyNotFound = "api_key_not_found", 404, "No such API key", "It may have been deleted; read the list again.";
    /// There is no call of that id, or it was not made with this key.
    CallNotFound = "call_not_found", 404, "No such call", "Check the call_id, and use the key that made the call.";
    /// There is no API key of that id, or it has no webhook.
    WebhookNotFound = "webhook_not_found", 404, "No such webhook", "Give the key a webhook first.";
    /// There is no delivery of that id, or it is so old that it was forgotten.
    WebhookDeliveryNotFound = "webhook_delivery_not_found", 404, "No such delivery", "Read the list of deliveries again.";
    /// The voice fleet knows no bot of that id.
    BotNotFound = "bot_not_found", 404, "No such bot", "Check bot_id.";
    /// The address does not support the method.
    MethodNotAllowed = "method_not_allowed", 405, "Method not allowed", "Use one of the methods in the Allow header.";
    /// The request did not arrive in time.
    RequestTimeout = "request_timeout", 408, "Request too slow", "Send the whole request at once; nothing was done.";
    /// A request with that idempotency key is still running.
    IdempotencyInProgress = "idempotency_in_progress", 409, "Still running", "Wait, then send the same request again.";
    /// The key of that delivery has no webhook any more, or it is disabled.
    WebhookInactive = "webhook_inactive", 409, "No webhook to deliver to", "Set the address of the key's webhook, then replay.";
    /// The body is larger than is accepted.
    PayloadTooLarge = "payload_too_large", 413, "Body too large", "Send at most what the detail says.";
    /// The body is not declared as JSON.
    UnsupportedMediaType = "unsupported_media_type", 415, "Not JSON", "Send Content-Type: application/json.";
    /// The body is compressed or otherwise encoded.
    UnsupportedEncoding = "unsupported_encoding", 415, "Encoded body", "Send the body as it is, without Content-Encoding.";
    /// The body is JSON, but a field is unknown, missing, or not of its type.
    InvalidBody = "invalid_body", 422, "The body does not fit", "Correct what the errors name.";
    /// A field's value is not acceptable.
    ValidationFailed = "validation_failed", 422, "A value is not acceptable", "Correct what the errors name.";
    /// The idempotency key was used for another request.
    IdempotencyMismatch = "idempotency_mismatch", 422, "Idempotency key used before", "Use a new key for a new request; call_id names the call of the first one.";
    /// There were too many failed attempts.
    TooManyAttempts = "too_many_attempts", 429, "Too many attempts", "Wait as long as Retry-After says.";
    /// The request has more headers, or longer ones, than are accepted.
    HeadersTooLarge = "headers_too_large", 431, "Headers too large", "Send at most 96 headers and 128 KiB.";
    /// Something broke that is not the caller's fault.
    Internal = "internal", 500, "Something went wrong on our side", "Try again; if it stays, report the request_id.";
    /// The voice worker answered with an error of its own.
    WorkerError = "worker_error", 502, "The voice worker failed", "Nothing was dialled; the detail carries the worker's status.";
    /// The database does not answer.
    DatabaseUnavailable = "database_unavailable", 503, "Database unavailable", "Nothing was changed; try again shortly.";
    /// No voice worker has room.
    NoCapacity = "no_capacity", 503, "No voice worker has room", "Try again after Retry-After, or send Prefer: respond-async.";
    /// The queue of waiting calls is full.
    QueueFull = "queue_full", 503, "The queue is full", "Try again after Retry-After.";
    /// A part of the server has failed and is started again.
    NotReady = "not_ready", 503, "Not ready", "Try again shortly; the server's log has the reason.";
    /// The answer of the worker or of the database was lost: the call may be under way, or waiting, and is not dialled again.
    OutcomeUnknown = "outcome_unknown", 504, "The outcome is not known yet", "Ask for the call's status by its call_id; do not place it again.";
    /// The connection to the database was lost while it made the change: the change was made completely or not at all.
    ChangeOutcomeUnknown = "change_outcome_unknown", 504, "It is not known whether the change was made", "Read the current state before you repeat the request.";
}

impl ErrorCode {
    /// Parses a code from the wire.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|known| known.as_str() == code)
    }
}

#[cfg(feature = "openapi")]
mod schema {
    use utoipa::openapi::schema::{ObjectBuilder, Type};
    use utoipa::openapi::{RefOr, Schema};
    use utoipa::{PartialSchema, ToSchema};

    use super::ErrorCode;

    // Not derived: the derived schema would ignore the names, because the table above passes through a macro.
    impl PartialSchema for ErrorCode {
        fn schema() -> RefOr<Schema> {
            ObjectBuilder::new()
                .schema_type(Type::String)
                .description(Some(
                    "A stable code that identifies one reason. New codes may be added.",
                ))
                .enum_values(Some(ErrorCode::ALL.iter().map(|code| code.as_str())))
                .into()
        }
    }

    impl ToSchema for ErrorCode {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_serialize_as_their_name() {
        for (i, code) in ErrorCode::ALL.iter().enumerate() {
            assert_eq!(ErrorCode::parse(code.as_str()), Some(*code));
            assert_eq!(serde_json::to_value(code).unwrap(), code.as_str());
            assert!((400..600).contains(&code.status()));
            assert!(
                ErrorCode::ALL[i + 1..]
                    .iter()
                    .all(|other| other.as_str() != code.as_str())
            );
            assert!(
                code.meaning().ends_with('.') && code.remedy().ends_with('.'),
                "{code:?}"
            );
        }
    }
}
