//! Choice of status and log level for all errors.

use std::borrow::Cow;
use std::fmt;
use std::sync::LazyLock;

use actix_web::http::StatusCode;
use actix_web::http::header::{
    ACCEPT_ENCODING, ALLOW, CONTENT_TYPE, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE,
};
use actix_web::{HttpRequest, HttpResponse, ResponseError};
use chrono::TimeDelta;
use ori_shared::error_code::ErrorCode;
use ori_shared::problem::{self, FieldError, Problem};
use ori_store::{DiskFull, StoreError};
use uuid::Uuid;

use crate::middleware::RequestId;
use crate::passwords::{HashingFailed, NotChecked};

/// The outcome of a handler.
pub type ApiResult<T> = Result<T, ApiError>;

/// Error of a request.
///
/// The client gets `code`, `detail` and `errors`; the true cause goes to the log alone. Boxed, so that responses without an
/// error stay small.
#[derive(Debug)]
pub struct ApiError(Box<Inner>);

#[derive(Debug)]
struct Inner {
    code: ErrorCode,
    /// Replaces the text of the table.
    detail: Option<String>,
    errors: Vec<FieldError>,
    retry_after: Option<TimeDelta>,
    allow: Option<String>,
    call_id: Option<Uuid>,
    cause: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl ApiError {
    /// Creates an error with the text of that code.
    #[must_use]
    pub fn new(code: ErrorCode) -> Self {
        Self(Box::new(Inner {
            code,
            detail: None,
            errors: Vec::new(),
            retry_after: None,
            allow: None,
            call_id: None,
            cause: None,
        }))
    }

    /// Creates an error with a detail of its own.
    #[must_use]
    pub fn with_detail(code: ErrorCode, detail: impl Into<String>) -> Self {
        let mut error = Self::new(code);
        error.0.detail = Some(detail.into());
        error
    }

    /// Creates the error of a field with an invalid value.
    #[must_use]
    pub fn field(pointer: &str, detail: impl Into<String>) -> Self {
        Self::fields(
            ErrorCode::ValidationFailed,
            vec![FieldError {
                pointer: pointer.to_owned(),
                detail: detail.into(),
            }],
        )
    }

    /// Creates the error of a body with several errors, under that code.
    #[must_use]
    pub fn fields(code: ErrorCode, errors: Vec<FieldError>) -> Self {
        let detail = errors
            .iter()
            .map(|error| error.detail.as_str())
            .collect::<Vec<_>>()
            .join(" ");
        let mut error = Self::with_detail(code, detail);
        error.0.errors = errors;
        error
    }

    /// Creates the error of too many attempts, of which the next is permitted after `wait`.
    #[must_use]
    pub fn too_many(wait: TimeDelta) -> Self {
        Self::new(ErrorCode::TooManyAttempts).retry_after(wait)
    }

    /// Creates the error of a path that has only these methods, separated by commas.
    #[must_use]
    pub fn method_not_allowed(allow: &str) -> Self {
        let mut error = Self::new(ErrorCode::MethodNotAllowed);
        error.0.allow = Some(allow.to_owned());
        error
    }

    /// Creates the error of a defect.
    #[must_use]
    pub fn internal(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::new(ErrorCode::Internal).because(cause)
    }

    /// Adds after how long the request may be repeated.
    #[must_use]
    pub fn retry_after(mut self, wait: TimeDelta) -> Self {
        self.0.retry_after = Some(wait);
        self
    }

    /// Adds the call that the error is about.
    #[must_use]
    pub fn about_call(mut self, call_id: Uuid) -> Self {
        self.0.call_id = Some(call_id);
        self
    }

    /// Returns the error's code.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        self.0.code
    }

    /// Logs an error in the background: defects with their cause.
    pub fn log(&self) {
        let code = self.0.code.as_str();
        match &self.0.cause {
            Some(cause) => tracing::error!(code, cause = %Chain(&**cause), "failed"),
            None => tracing::debug!(code, "refused"),
        }
    }

    /// Logs why the request of that id failed: defects with their cause. Rejections for too many attempts are logged at
    /// the level `debug`, so that a flood of them does not fill the log.
    pub fn log_for(&self, request_id: RequestId, request: &HttpRequest) {
        // The requested address may contain a secret; the route does not.
        let route = || request.match_pattern().unwrap_or_else(|| "none".to_owned());
        let code = self.0.code.as_str();
        match &self.0.cause {
            Some(cause) => {
                tracing::error!(%request_id, route = route(), code, cause = %Chain(&**cause), "request failed");
            }
            None if self.0.code == ErrorCode::TooManyAttempts => {
                tracing::debug!(%request_id, route = route(), code, "request refused");
            }
            None => tracing::info!(%request_id, route = route(), code, "request refused"),
        }
    }

    /// Returns the problem document, with the request's id in it.
    #[must_use]
    pub fn problem(&self, request_id: &str) -> Problem {
        Problem {
            kind: format!("/problems/{}", self.0.code.as_str()),
            title: self.0.code.title().to_owned(),
            status: self.0.code.status(),
            code: self.0.code,
            detail: self.detail().into_owned(),
            request_id: request_id.to_owned(),
            errors: self.0.errors.clone(),
            call_id: self.0.call_id,
        }
    }

    /// Returns the response with the problem document.
    #[must_use]
    pub fn answer(&self, request_id: &str) -> HttpResponse {
        let mut answer = HttpResponse::build(self.status_code());
        answer.insert_header((CONTENT_TYPE, HeaderValue::from_static(problem::CONTENT_TYPE)));
        if let Some(wait) = self.0.retry_after {
            answer.insert_header((RETRY_AFTER, whole_seconds(wait).to_string()));
        }
        if let Some(allow) = &self.0.allow {
            answer.insert_header((ALLOW, allow.as_str()));
        }
        match self.0.code {
            // RFC 6750. A browser shows no password prompt for it.
            ErrorCode::InvalidApiKey => answer.insert_header((WWW_AUTHENTICATE, "Bearer realm=\"ori\"")),
            // There is no registered scheme for a cookie, and HTTP demands one (RFC 9110, section 15.5.2).
            code if code.status() == 401 => answer.insert_header((WWW_AUTHENTICATE, "Session realm=\"ori\"")),
            // RFC 9110, section 15.5.16
            ErrorCode::UnsupportedEncoding => answer.insert_header((ACCEPT_ENCODING, "identity")),
            _ => &mut answer,
        };
        match self.body(request_id) {
            Some(body) => answer.body(body),
            None => answer.finish(),
        }
    }

    fn body(&self, request_id: &str) -> Option<String> {
        // A problem with errors has a detail as well.
        let (None, None) = (&self.0.detail, self.0.call_id) else {
            return serde_json::to_string(&self.problem(request_id)).ok();
        };
        let [before, after] = PLAIN.get(self.0.code as usize)?;
        Some([before, request_id, after].concat())
    }

    fn detail(&self) -> Cow<'_, str> {
        let code = self.0.code;
        self.0.detail.as_deref().map_or_else(
            || format!("{} {}", code.meaning(), code.remedy()).into(),
            Cow::from,
        )
    }

    pub(crate) fn because(mut self, cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.0.cause = Some(cause.into());
        self
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.0.code.as_str(), self.detail())
    }
}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.0.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// Returns a response without a body. It becomes [`Self::answer`] when the request's id is known.
    fn error_response(&self) -> HttpResponse {
        HttpResponse::new(self.status_code())
    }
}

/// The detail of an error that only an operator can end.
const DISK_FULL: &str =
    "The disk of the database is full. Nothing was changed; try again once there is space.";

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(ref cause) => {
                let code = ErrorCode::DatabaseUnavailable;
                let unavailable = match cause.is::<DiskFull>() {
                    true => Self::with_detail(code, DISK_FULL),
                    false => Self::new(code),
                };
                unavailable.because(error).retry_after(TimeDelta::seconds(1))
            }
            StoreError::Fault(_) => Self::internal(error),
            StoreError::Indeterminate(_) => Self::new(ErrorCode::ChangeOutcomeUnknown).because(error),
        }
    }
}

impl From<HashingFailed> for ApiError {
    fn from(error: HashingFailed) -> Self {
        Self::internal(error)
    }
}

impl From<NotChecked> for ApiError {
    fn from(error: NotChecked) -> Self {
        match error {
            NotChecked::Busy => Self::too_many(TimeDelta::seconds(1)),
            NotChecked::Failed(error) => error.into(),
        }
    }
}

/// For each code, in the order of the table, the problem document without a detail of its own: the text before the request's
/// id, and the text after it. With these, a flood of rejections costs little.
static PLAIN: LazyLock<Vec<[String; 2]>> = LazyLock::new(|| {
    const ID: &str = "<id>";
    let problems = ErrorCode::ALL.iter().map(|code| ApiError::new(*code).problem(ID));
    let texts = problems.filter_map(|problem| serde_json::to_string(&problem).ok());
    let halves = texts.filter_map(|text| {
        let (before, after) = text.split_once(ID)?;
        Some([before.to_owned(), after.to_owned()])
    });
    halves.collect()
});

/// `Retry-After` counts in whole seconds (RFC 9110, section 10.2.3): rounded up, so that no client is early.
fn whole_seconds(wait: TimeDelta) -> i64 {
    wait.num_seconds() + i64::from(wait.subsec_nanos() > 0)
}

/// Formats an error and its causes in one line.
struct Chain<'a>(&'a (dyn std::error::Error + 'static));

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut next = self.0.source();
        while let Some(cause) = next {
            write!(f, ": {cause}")?;
            next = cause.source();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use actix_web::body::MessageBody as _;

    use super::*;

    #[test]
    fn a_problem_that_says_no_more_than_the_table_is_sent_as_any_other() {
        for code in ErrorCode::ALL {
            let error = ApiError::new(*code);
            let sent = error.answer("0123").into_body().try_into_bytes().unwrap();
            let problem: Problem = serde_json::from_slice(&sent).unwrap();
            assert_eq!(problem, error.problem("0123"));
        }
    }
}
