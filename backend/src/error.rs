//! The one place where a status and a log level are chosen.

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

/// Why a request was not served.
///
/// What the caller is told stands in `code`, `detail` and `errors`; the true cause goes to the log alone. Boxed, so
/// that the answers that are not errors stay small.
#[derive(Debug)]
pub struct ApiError(Box<Inner>);

#[derive(Debug)]
struct Inner {
    code: ErrorCode,
    /// Where there is more to say than the table does.
    detail: Option<String>,
    errors: Vec<FieldError>,
    retry_after: Option<TimeDelta>,
    allow: Option<String>,
    call_id: Option<Uuid>,
    cause: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl ApiError {
    /// With what the table says of that code.
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

    /// With what happened this time.
    #[must_use]
    pub fn with_detail(code: ErrorCode, detail: impl Into<String>) -> Self {
        let mut error = Self::new(code);
        error.0.detail = Some(detail.into());
        error
    }

    /// A field's value is not acceptable.
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

    /// Several faults in the body, under that code.
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

    /// Too many attempts: the next is welcome after so long.
    #[must_use]
    pub fn too_many(wait: TimeDelta) -> Self {
        Self::new(ErrorCode::TooManyAttempts).retry_after(wait)
    }

    /// That address takes only these methods, separated by commas.
    #[must_use]
    pub fn method_not_allowed(allow: &str) -> Self {
        let mut error = Self::new(ErrorCode::MethodNotAllowed);
        error.0.allow = Some(allow.to_owned());
        error
    }

    /// A fault of ours.
    #[must_use]
    pub fn internal(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::new(ErrorCode::Internal).because(cause)
    }

    /// The same may be tried again after so long.
    #[must_use]
    pub fn retry_after(mut self, wait: TimeDelta) -> Self {
        self.0.retry_after = Some(wait);
        self
    }

    /// It is about that call.
    #[must_use]
    pub fn about_call(mut self, call_id: Uuid) -> Self {
        self.0.call_id = Some(call_id);
        self
    }

    /// The code it is told with.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        self.0.code
    }

    /// Writes to the log what went wrong in the background: our faults with their cause.
    pub fn log(&self) {
        let code = self.0.code.as_str();
        match &self.0.cause {
            Some(cause) => tracing::error!(code, cause = %Chain(&**cause), "failed"),
            None => tracing::debug!(code, "refused"),
        }
    }

    /// Writes to the log why the request of that id was not served: our faults with their cause.
    ///
    /// Whoever is turned away for too many attempts is told of in passing: a flood of them must not fill the log.
    pub fn log_for(&self, request_id: RequestId, request: &HttpRequest) {
        // What a client puts into an address may be a secret.
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

    /// What the caller is told, with the request's id in it.
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

    /// The answer that carries the problem.
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
            // Of RFC 6750. A browser asks for no password for it.
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
        // What has errors, has a detail as well.
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

    /// Without a body: it becomes [`Self::answer`] once the request's id is known.
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

/// For each code, in the order of the table, the problem that says no more than the table does: what comes before the
/// request's id, and what after. So that a flood of refusals costs little.
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

/// `Retry-After` counts in whole seconds (RFC 9110, section 10.2.3): rounded up, so that nobody is early.
fn whole_seconds(wait: TimeDelta) -> i64 {
    wait.num_seconds() + i64::from(wait.subsec_nanos() > 0)
}

/// An error and what lies behind it, in one line.
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
