//! Errors of a request.

use ori_shared::error_code::ErrorCode;
use ori_shared::problem::Problem;

/// Reason of a failed request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ApiError {
    /// The server rejected the request.
    Refused {
        /// Problem in the response.
        problem: Box<Problem>,
        /// Seconds to wait before the next attempt.
        retry_after: Option<u32>,
    },
    /// The response is not one of this server's, for example an error page of a proxy.
    Unreadable {
        /// HTTP status.
        status: u16,
    },
    /// No response arrived.
    Unreachable,
}

impl ApiError {
    /// Parses an unsuccessful response.
    pub(super) fn from_answer(status: u16, retry_after: Option<&str>, text: &str) -> Self {
        match serde_json::from_str(text) {
            Ok(problem) => Self::Refused {
                problem: Box::new(problem),
                retry_after: retry_after.and_then(|seconds| seconds.trim().parse().ok()),
            },
            Err(_) => Self::Unreadable { status },
        }
    }

    /// Returns the server's code, if there is one.
    #[must_use]
    pub fn code(&self) -> Option<ErrorCode> {
        match self {
            Self::Refused { problem, .. } => Some(problem.code),
            _ => None,
        }
    }

    /// Returns whether the session has ended.
    #[must_use]
    pub fn is_signed_out(&self) -> bool {
        self.code() == Some(ErrorCode::NotSignedIn)
    }

    /// Returns whether the server may have completed the request: no response arrived, the response cannot be parsed,
    /// or the database's reply was lost.
    #[must_use]
    pub fn is_indeterminate(&self) -> bool {
        match self {
            Self::Unreachable | Self::Unreadable { .. } => true,
            Self::Refused { problem, .. } => problem.code == ErrorCode::ChangeOutcomeUnknown,
        }
    }

    /// Returns the error of a field of the body, by its JSON pointer.
    #[must_use]
    pub fn field(&self, pointer: &str) -> Option<String> {
        match self {
            Self::Refused { problem, .. } => problem.field(pointer).map(str::to_owned),
            _ => None,
        }
    }

    /// Returns a sentence for a person: the error, and the action to take.
    #[must_use]
    pub fn sentence(&self) -> String {
        match self {
            Self::Refused { problem, retry_after } => refusal(problem, *retry_after),
            Self::Unreadable { status } => format!("The server returned an error ({status}). Try again."),
            Self::Unreachable => {
                "The server can’t be reached. Check your connection and try again.".to_owned()
            }
        }
    }
}

fn refusal(problem: &Problem, retry_after: Option<u32>) -> String {
    // A code that only a newer server has is parsed as `internal`; the server's own text is better than ours.
    let is_internal = problem.kind.ends_with(ErrorCode::Internal.as_str());
    match (problem.code, retry_after) {
        (ErrorCode::TooManyAttempts, Some(seconds)) => {
            format!("Too many attempts. Try again in {}.", wait(seconds))
        }
        (ErrorCode::WrongCredentials, _) => "Wrong email or password. Check both and try again.".to_owned(),
        (ErrorCode::Internal, _) if is_internal => format!(
            "Something went wrong on our side. Try again. If this keeps happening, contact support with ID {}.",
            problem.request_id
        ),
        _ if problem.detail.is_empty() => format!("{}. {}", problem.title, problem.code.remedy()),
        _ => problem.detail.clone(),
    }
}

fn wait(seconds: u32) -> String {
    match seconds {
        0 | 1 => "a second".to_owned(),
        2..=90 => format!("{seconds} seconds"),
        _ => format!("{} minutes", seconds.div_ceil(60)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(code: &str, detail: &str, retry_after: Option<&str>) -> ApiError {
        let text = format!(
            r#"{{"type":"/problems/{code}","title":"Title","status":400,"code":"{code}","detail":"{detail}","request_id":"req-7"}}"#
        );
        ApiError::from_answer(400, retry_after, &text)
    }

    #[test]
    fn a_rejection_has_a_sentence() {
        for (code, detail, retry_after, words) in [
            ("role_too_low", "Admins only.", None, "Admins only."),
            ("role_too_low", "", None, "Title. Ask an admin."),
            ("internal", "x", None, "req-7"),
            ("too_many_attempts", "", Some("1"), "in a second."),
            ("too_many_attempts", "", Some(" 45 "), "in 45 seconds."),
            ("too_many_attempts", "", Some("901"), "in 16 minutes."),
            // A code of a newer server.
            (
                "quota_exhausted",
                "The quota is used up.",
                None,
                "The quota is used up.",
            ),
        ] {
            let sentence = refused(code, detail, retry_after).sentence();
            assert!(
                sentence.ends_with(words) || sentence.contains(words),
                "{code}: {sentence}"
            );
        }
    }

    #[test]
    fn an_answer_that_is_no_problem_keeps_its_status() {
        let error = ApiError::from_answer(502, None, "<html>");
        assert_eq!(error, ApiError::Unreadable { status: 502 });
    }

    #[test]
    fn a_lost_reply_leaves_the_outcome_open() {
        assert!(refused("change_outcome_unknown", "", None).is_indeterminate());
        assert!(!refused("database_unavailable", "", None).is_indeterminate());
    }
}
