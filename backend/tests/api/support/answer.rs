use ori_key::PlainKey;
use ori_shared::error_code::ErrorCode;
use ori_shared::problem::{CONTENT_TYPE, Problem};
use reqwest::Method;
use reqwest::header::{HeaderMap, SET_COOKIE};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::check_documented;

/// What was answered. What must be true of every answer has been checked.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    body: Vec<u8>,
}

impl Answer {
    pub(crate) async fn read(method: &Method, response: reqwest::Response) -> Self {
        let path = response.url().path().to_owned();
        let creates_key = response.status() == 201 && path == "/api/v1/api-keys";
        let creates_secret = (response.status() == 201 && path.ends_with("/webhook"))
            || (response.status() == 200 && path.ends_with("/webhook/secret"));
        let describes_the_api = path.starts_with("/openapi") || path.starts_with("/docs");
        let answer = Self {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            body: response.bytes().await.unwrap().to_vec(),
        };
        answer.check_headers(&path);
        let is_problem = answer.header("content-type") == Some(CONTENT_TYPE) && !answer.body.is_empty();
        let code = is_problem.then(|| answer.json::<Problem>().code.as_str());
        check_documented(method, &path, answer.status, code);
        assert!(
            creates_key || !answer.holds_a_key(),
            "a key is in the answer of {path}, status {}",
            answer.status
        );
        assert!(
            creates_secret || describes_the_api || !answer.text().contains("whsec_"),
            "a webhook's secret is in the answer of {path}, status {}",
            answer.status
        );
        answer
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn json<T: DeserializeOwned>(&self) -> T {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error} in {}: {}", self.status, self.text()))
    }

    pub(crate) fn value(&self) -> Value {
        self.json()
    }

    /// The problem of that code. Status, type, title and request id are those that belong to it.
    pub(crate) fn problem(&self, code: ErrorCode) -> Problem {
        assert_eq!(self.header("content-type"), Some(CONTENT_TYPE), "{}", self.text());
        let problem: Problem = self.json();
        assert_eq!(problem.code, code, "{}", self.text());
        assert_eq!((self.status, problem.status), (code.status(), code.status()));
        assert_eq!(problem.kind, format!("/problems/{}", code.as_str()));
        assert_eq!(problem.title, code.title());
        assert!(!problem.detail.is_empty());
        assert_eq!(Some(problem.request_id.as_str()), self.header("x-request-id"));
        problem
    }

    /// What is wrong with that field.
    pub(crate) fn fault(&self, pointer: &str) -> String {
        let problem = self.problem(ErrorCode::ValidationFailed);
        problem
            .field(pointer)
            .unwrap_or_else(|| panic!("no fault at {pointer}: {}", self.text()))
            .to_owned()
    }

    /// The status, and the code where it is a problem: `200`, `403 role_too_low`.
    pub(crate) fn verdict(&self) -> String {
        if self.status < 400 {
            return self.status.to_string();
        }
        let code = self.json::<Problem>().code;
        self.problem(code);
        format!("{} {}", self.status, code.as_str())
    }

    /// The cookie of that name, as it is set.
    pub(crate) fn cookie(&self, name: &str) -> SetCookie {
        self.headers
            .get_all(SET_COOKIE)
            .iter()
            .map(|value| SetCookie(value.to_str().unwrap().to_owned()))
            .find(|cookie| cookie.0.starts_with(&format!("{name}=")))
            .unwrap_or_else(|| panic!("no cookie {name} in {:?}", self.headers))
    }

    fn check_headers(&self, path: &str) {
        assert_eq!(self.header("x-content-type-options"), Some("nosniff"));
        let is_api = path.starts_with("/api/");
        for (name, value) in [
            ("x-frame-options", "DENY"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-resource-policy", "same-origin"),
        ] {
            assert!(is_api || self.header(name) == Some(value), "{name}");
        }
        assert!(is_api || self.header("permissions-policy").is_some());
        if is_api || self.header("content-type") == Some(CONTENT_TYPE) {
            assert_eq!(self.header("cache-control"), Some("no-store"));
        }
        let challenge = self.header("www-authenticate");
        assert_eq!(challenge.is_some(), self.status == 401, "{challenge:?}");
        assert!(
            challenge.is_none_or(|challenge| {
                // A browser asks for a password for Basic, Digest, NTLM and Negotiate.
                challenge.starts_with("Bearer ") || challenge.starts_with("Session ")
            }),
            "{challenge:?}"
        );
        let policy = self.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'none';"), "{policy}");
        assert!(
            !policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"),
            "{policy}"
        );
        assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
        assert_eq!(self.header("x-request-id").map(str::len), Some(32));
    }

    fn holds_a_key(&self) -> bool {
        self.text().match_indices("ori_").any(|(at, _)| {
            let text = self.text();
            text.get(at..at + 40)
                .is_some_and(|text| PlainKey::parse(text).is_ok())
        })
    }
}

/// A `Set-Cookie` header.
pub(crate) struct SetCookie(String);

impl SetCookie {
    pub(crate) fn value(&self) -> &str {
        let (pair, _) = self.0.split_once(';').unwrap();
        pair.split_once('=').unwrap().1
    }

    /// The attributes, sorted.
    pub(crate) fn attributes(&self) -> Vec<&str> {
        let mut attributes: Vec<_> = self.0.split("; ").skip(1).collect();
        attributes.sort_unstable();
        attributes
    }
}
