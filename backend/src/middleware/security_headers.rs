use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};

/// Headers that restrict what a browser does with a response, built once.
#[derive(Clone)]
pub struct SecurityHeaders {
    page: Vec<(HeaderName, HeaderValue)>,
    data: Vec<(HeaderName, HeaderValue)>,
}

impl SecurityHeaders {
    /// Creates the headers with a content security policy that permits the page's own files and inline scripts of these hashes.
    #[must_use]
    pub fn new(script_hashes: &[String], https: bool) -> Self {
        let mut data = DATA.to_vec();
        let mut page = PAGE.to_vec();
        page.push((
            header::CONTENT_SECURITY_POLICY,
            header_value(&policy(script_hashes)),
        ));
        if https {
            let https_only = HeaderValue::from_static("max-age=31536000");
            data.push((header::STRICT_TRANSPORT_SECURITY, https_only.clone()));
            page.push((header::STRICT_TRANSPORT_SECURITY, https_only));
            // Over plain http browsers ignore it, and complain.
            let opener = HeaderName::from_static("cross-origin-opener-policy");
            page.push((opener, HeaderValue::from_static("same-origin")));
        }
        Self { page, data }
    }

    /// Adds those that a page needs, and what it loads.
    pub(super) fn add_to_page(&self, answer: &mut HeaderMap) {
        add(answer, &self.page);
    }

    /// Adds those that an answer of the API needs.
    pub(super) fn add_to_data(&self, answer: &mut HeaderMap, has_cookie: bool) {
        add(answer, &self.data);
        // A browser adds no other credential to a request that another site causes.
        if has_cookie {
            add(answer, &[OWN_ORIGIN_ONLY]);
        }
    }
}

fn add(answer: &mut HeaderMap, headers: &[(HeaderName, HeaderValue)]) {
    for (name, value) in headers {
        answer.insert(name.clone(), value.clone());
    }
}

/// What a browser reads of an answer that is never a page: that it is what it says, and that nothing in it may run and
/// nobody may frame it. `X-Frame-Options` says less than the policy does, and is ignored beside it (CSP Level 3,
/// section 6.4.2.2); `Referrer-Policy`, `Permissions-Policy` and `Cross-Origin-Opener-Policy` are about documents
/// (OWASP REST Security Cheat Sheet, "Security Headers"). Each header is paid for by each request, at both ends.
const DATA: [(HeaderName, HeaderValue); 2] = [
    NOSNIFF,
    (
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"),
    ),
];

const PAGE: [(HeaderName, HeaderValue); 5] = [
    NOSNIFF,
    OWN_ORIGIN_ONLY,
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (
        header::PERMISSIONS_POLICY,
        HeaderValue::from_static("camera=(), geolocation=(), microphone=(), payment=()"),
    ),
];

const NOSNIFF: (HeaderName, HeaderValue) = (
    header::X_CONTENT_TYPE_OPTIONS,
    HeaderValue::from_static("nosniff"),
);

const OWN_ORIGIN_ONLY: (HeaderName, HeaderValue) = (
    HeaderName::from_static("cross-origin-resource-policy"),
    HeaderValue::from_static("same-origin"),
);

fn policy(script_hashes: &[String]) -> String {
    let hashes: String = script_hashes.iter().map(|hash| format!(" '{hash}'")).collect();
    format!(
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'{hashes}; style-src 'self'; img-src 'self'; \
         connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
}

fn header_value(text: &str) -> HeaderValue {
    // Only hashes in base64 are put in.
    HeaderValue::from_str(text).unwrap_or_else(|_| HeaderValue::from_static("default-src 'none'"))
}
