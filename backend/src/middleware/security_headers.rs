use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, web};

/// The headers that tell a browser to be careful, made once.
#[derive(Clone)]
pub struct SecurityHeaders(Vec<(HeaderName, HeaderValue)>);

impl SecurityHeaders {
    /// With a content security policy that lets the page's own files run, and the inline scripts of these hashes.
    #[must_use]
    pub fn new(script_hashes: &[String], https: bool) -> Self {
        let mut headers = vec![
            (
                header::CONTENT_SECURITY_POLICY,
                header_value(&policy(script_hashes)),
            ),
            (
                header::X_CONTENT_TYPE_OPTIONS,
                HeaderValue::from_static("nosniff"),
            ),
            (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
            (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
            (
                header::PERMISSIONS_POLICY,
                HeaderValue::from_static("camera=(), geolocation=(), microphone=(), payment=()"),
            ),
            (
                HeaderName::from_static("cross-origin-resource-policy"),
                HeaderValue::from_static("same-origin"),
            ),
        ];
        if https {
            headers.push((
                header::STRICT_TRANSPORT_SECURITY,
                HeaderValue::from_static("max-age=31536000"),
            ));
            // Over plain http browsers ignore it, and complain.
            let opener = HeaderName::from_static("cross-origin-opener-policy");
            headers.push((opener, HeaderValue::from_static("same-origin")));
        }
        Self(headers)
    }

    fn add_to(&self, answer: &mut HeaderMap) {
        for (name, value) in &self.0 {
            answer.insert(name.clone(), value.clone());
        }
    }
}

/// Adds the security headers to each answer, and keeps the API's answers out of every cache.
///
/// # Errors
/// Never of its own.
pub async fn add_security_headers<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let headers = request.app_data::<web::Data<SecurityHeaders>>().cloned();
    let is_api = request.path().starts_with("/api/");
    let mut answer = next.call(request).await?;
    if let Some(headers) = headers {
        headers.add_to(answer.headers_mut());
    }
    if is_api {
        answer
            .headers_mut()
            .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    Ok(answer)
}

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
