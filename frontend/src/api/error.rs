//! What can stand in the way of a call.

use ori_shared::error_code::ErrorCode;
use ori_shared::problem::Problem;

/// Why a call brought nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ApiError {
    /// The server said no, and why.
    Refused {
        /// Its words.
        problem: Box<Problem>,
        /// For how many seconds to wait before the next attempt.
        retry_after: Option<u32>,
    },
    /// There was an answer, but none of ours: a proxy's error page, say.
    Unreadable {
        /// Its HTTP status.
        status: u16,
    },
    /// There was no answer.
    Unreachable,
}

impl ApiError {
    /// The server's code, if it gave one.
    #[must_use]
    pub fn code(&self) -> Option<ErrorCode> {
        match self {
            Self::Refused { problem, .. } => Some(problem.code),
            _ => None,
        }
    }

    /// Whether the session has ended.
    #[must_use]
    pub fn is_signed_out(&self) -> bool {
        self.code() == Some(ErrorCode::NotSignedIn)
    }

    /// Whether the server may have done what it was asked to: it did not answer, what answered in its place cannot be
    /// read, or its database's reply was lost.
    #[must_use]
    pub fn leaves_open(&self) -> bool {
        match self {
            Self::Unreachable | Self::Unreadable { .. } => true,
            Self::Refused { problem, .. } => problem.code == ErrorCode::ChangeOutcomeUnknown,
        }
    }

    /// What is wrong with that field, if the server said so.
    #[must_use]
    pub fn field(&self, pointer: &str) -> Option<String> {
        match self {
            Self::Refused { problem, .. } => problem.field(pointer).map(str::to_owned),
            _ => None,
        }
    }

    /// What happened and what to do, for a person.
    #[must_use]
    pub fn sentence(&self) -> String {
        match self {
            Self::Refused { problem, retry_after } => refusal(problem, *retry_after),
            Self::Unreadable { status } => {
                format!("The server’s answer could not be read (status {status}). Try again.")
            }
            Self::Unreachable => {
                "The server can’t be reached. Check your connection and try again.".to_owned()
            }
        }
    }
}

fn refusal(problem: &Problem, retry_after: Option<u32>) -> String {
    match (problem.code, retry_after) {
        (ErrorCode::TooManyAttempts, Some(seconds)) => {
            format!("Too many attempts. Try again in {}.", wait(seconds))
        }
        (ErrorCode::WrongCredentials, _) => "Wrong email or password. Check both and try again.".to_owned(),
        (ErrorCode::Internal, _) => format!(
            "Something went wrong on our side. Try again; if it stays, report {}.",
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

    fn refused(code: ErrorCode, detail: &str, retry_after: Option<u32>) -> ApiError {
        let problem = Problem {
            kind: format!("/problems/{}", code.as_str()),
            title: code.title().to_owned(),
            status: code.status(),
            code,
            detail: detail.to_owned(),
            request_id: "req-7".to_owned(),
            errors: Vec::new(),
            call_id: None,
        };
        ApiError::Refused {
            problem: Box::new(problem),
            retry_after,
        }
    }

    #[test]
    fn the_servers_own_words_come_first() {
        let error = refused(ErrorCode::RoleTooLow, "Admins only.", None);
        assert_eq!(error.sentence(), "Admins only.");
    }

    #[test]
    fn a_refusal_without_words_is_told_by_its_title_and_remedy() {
        let error = refused(ErrorCode::RoleTooLow, "", None);
        assert_eq!(error.sentence(), "Not allowed for your role. Ask an admin.");
    }

    #[test]
    fn a_change_in_doubt_leaves_open_whether_it_was_made() {
        assert!(refused(ErrorCode::ChangeOutcomeUnknown, "", None).leaves_open());
        assert!(!refused(ErrorCode::DatabaseUnavailable, "", None).leaves_open());
    }

    #[test]
    fn a_fault_on_our_side_names_the_request() {
        assert!(
            refused(ErrorCode::Internal, "x", None)
                .sentence()
                .contains("req-7")
        );
    }

    #[test]
    fn a_wait_is_told_in_units_a_person_uses() {
        let told = |seconds| refused(ErrorCode::TooManyAttempts, "", Some(seconds)).sentence();
        assert!(told(1).ends_with("in a second."));
        assert!(told(45).ends_with("in 45 seconds."));
        assert!(told(901).ends_with("in 16 minutes."));
    }
}
