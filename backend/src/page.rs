//! The page: its files are in the binary, each with a brotli-compressed twin.

use std::sync::LazyLock;

use actix_web::body::BoxBody;
use actix_web::http::header::{
    ACCEPT, ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, ETAG, EntityTag, HeaderName, HeaderValue,
    IF_NONE_MATCH, VARY,
};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse, web};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ori_shared::error_code::ErrorCode;
use ori_shared::route::ConsoleRoute;
use rust_embed::{EmbeddedFile, RustEmbed};
use sha2::{Digest as _, Sha256};

use crate::error::{ApiError, ApiResult};

/// Serves what no route of the API serves: the page's files, and the page itself wherever a person navigates.
///
/// # Errors
/// 404 for what is no file, asked for by a program; 405 for other methods than GET and HEAD.
pub async fn serve(request: HttpRequest) -> ApiResult<HttpResponse> {
    let path = request.path();
    // Not merged: what a proxy in front forbids by its path must stay forbidden.
    if path.contains("//") && !is_navigation(&request) {
        return Err(ApiError::with_detail(
            ErrorCode::NotFound,
            "The address has two slashes in a row: write one.",
        ));
    }
    if path.starts_with("/api/") {
        return Err(ApiError::new(ErrorCode::NotFound));
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return Err(ApiError::method_not_allowed("GET, HEAD"));
    }
    let name = path.trim_start_matches('/');
    // The compressed twins and the page itself are not files of their own.
    let is_file = !name.is_empty() && name != INDEX && !name.ends_with(".br");
    match Files::get(name).filter(|_| is_file) {
        Some(file) => Ok(answer(&request, name, &file, HttpResponse::Ok())),
        None if ConsoleRoute::parse(path).is_some() => index(&request, HttpResponse::Ok()),
        None if is_navigation(&request) => index(&request, HttpResponse::NotFound()),
        None => Err(ApiError::new(ErrorCode::NotFound)),
    }
}

/// The hashes of the page's inline scripts, as a content security policy names them.
#[must_use]
pub fn inline_script_hashes() -> Vec<String> {
    Files::get(INDEX)
        .map(|index| {
            inline_scripts(&String::from_utf8_lossy(&index.data))
                .map(script_hash)
                .collect()
        })
        .unwrap_or_default()
}

#[derive(RustEmbed)]
#[folder = "../target/page"]
#[allow_missing = true]
struct Files;

const INDEX: &str = "index.html";

fn is_navigation(request: &HttpRequest) -> bool {
    header(request, ACCEPT).contains("text/html")
}

fn index(request: &HttpRequest, builder: actix_web::HttpResponseBuilder) -> ApiResult<HttpResponse> {
    let Some(index) = Files::get(INDEX) else {
        return Ok(HttpResponse::ServiceUnavailable()
            .content_type("text/plain; charset=utf-8")
            .body("This server was built without its page. Build it with `cargo xtask build`.\n"));
    };
    Ok(answer(request, INDEX, &index, builder))
}

fn answer(
    request: &HttpRequest,
    name: &str,
    file: &EmbeddedFile,
    mut builder: actix_web::HttpResponseBuilder,
) -> HttpResponse {
    let small = Files::get(&format!("{name}.br")).filter(|_| takes_brotli(header(request, ACCEPT_ENCODING)));
    // Every file but the page itself has a hash of its content in its name.
    let lasting = if name == INDEX {
        "no-cache"
    } else {
        "public, max-age=31536000, immutable"
    };
    // Each form of a file has a tag of its own (RFC 9110, section 8.8.3.3).
    let hash = URL_SAFE_NO_PAD.encode(&file.metadata.sha256_hash()[..12]);
    let tag = EntityTag::new_strong(if small.is_some() {
        format!("{hash}-br")
    } else {
        hash
    })
    .to_string();
    let mut answer = builder.content_type(content_type(name)).finish();
    let known = |tags: &str| {
        tags.split(',')
            .any(|known| known.trim().trim_start_matches("W/") == tag)
    };
    if answer.status() == StatusCode::OK && known(header(request, IF_NONE_MATCH)) {
        answer = HttpResponse::NotModified().finish();
    }
    for (name, value) in [(CACHE_CONTROL, lasting), (ETAG, &tag), (VARY, "accept-encoding")] {
        if let Ok(value) = HeaderValue::from_str(value) {
            answer.headers_mut().insert(name, value);
        }
    }
    match (answer.status(), small) {
        (StatusCode::NOT_MODIFIED, _) => answer,
        (_, Some(small)) => {
            answer
                .headers_mut()
                .insert(CONTENT_ENCODING, HeaderValue::from_static("br"));
            answer.set_body(BoxBody::new(bytes(small)))
        }
        (_, None) => answer.set_body(BoxBody::new(web::Bytes::copy_from_slice(&file.data))),
    }
}

/// Whether brotli is named, and not with a weight of nought (RFC 9110, section 12.5.3).
fn takes_brotli(accepted: &str) -> bool {
    accepted.split(',').any(|coding| {
        let mut parts = coding.split(';').map(str::trim);
        let weight = || {
            parts
                .clone()
                .find_map(|part| part.strip_prefix("q=")?.parse::<f32>().ok())
        };
        let is_refused = weight() == Some(0.0);
        parts.next() == Some("br") && !is_refused
    })
}

fn bytes(file: EmbeddedFile) -> web::Bytes {
    match file.data {
        std::borrow::Cow::Borrowed(data) => web::Bytes::from_static(data),
        std::borrow::Cow::Owned(data) => data.into(),
    }
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, extension)| extension) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("wasm") => "application/wasm",
        Some("svg") => "image/svg+xml",
        _ => "application/octet-stream",
    }
}

fn header(request: &HttpRequest, name: HeaderName) -> &str {
    request
        .headers()
        .get(name)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
}

fn script_hash(script: &str) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(script)))
}

/// The text of each script that stands in the page itself.
fn inline_scripts(html: &str) -> impl Iterator<Item = &str> {
    html.split("<script").skip(1).filter_map(|rest| {
        let (tag, rest) = rest.split_once('>')?;
        let (text, _) = rest.split_once("</script>")?;
        (!tag.contains(" src=")).then_some(text)
    })
}

/// Whether the page is in this binary.
pub static IS_BUILT_IN: LazyLock<bool> = LazyLock::new(|| Files::get(INDEX).is_some());

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brotli_is_sent_to_whoever_takes_it() {
        for accepted in ["br", "gzip, deflate, br, zstd", "gzip;q=1.0, br;q=0.5", " br "] {
            assert!(takes_brotli(accepted), "{accepted}");
        }
        for refused in ["", "gzip", "br;q=0", "br; q=0.0", "brotli"] {
            assert!(!takes_brotli(refused), "{refused}");
        }
    }

    #[test]
    fn only_inline_scripts_are_hashed() {
        let html = r#"<head><script src="/a.js"></script><script type="module">
import init from '/b.js';</script></head>"#;
        assert_eq!(
            inline_scripts(html).collect::<Vec<_>>(),
            ["\nimport init from '/b.js';"]
        );
        assert_eq!(
            script_hash("alert('Hello, world.');"),
            "sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng="
        );
    }
}
