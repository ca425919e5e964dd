//! The pages for people who integrate: they are in the binary, and work without a network.

use actix_web::HttpResponse;

use crate::pages;

/// The reference, made from the OpenAPI document.
#[utoipa::path(get, path = "/docs", tag = "documentation", operation_id = "readReference",
    summary = "Read the reference", description = "This document as a page for people.",
    responses((status = 200, description = "The page", body = String, content_type = "text/html")))]
pub async fn reference() -> HttpResponse {
    html(pages::reference())
}

/// The guide for integrators.
#[utoipa::path(get, path = "/docs/guide", tag = "documentation", operation_id = "readGuide",
    summary = "Read the guide", description = "From a first key to going live, with code.",
    responses((status = 200, description = "The page", body = String, content_type = "text/html")))]
pub async fn guide() -> HttpResponse {
    html(pages::guide())
}

/// How these pages look.
#[utoipa::path(get, path = "/docs/style.css", tag = "documentation", operation_id = "readStyle",
    summary = "The pages' style sheet", description = "It is all that the pages load.",
    responses((status = 200, description = "The style sheet", body = String, content_type = "text/css")))]
pub async fn style() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/css; charset=utf-8")
        .body(pages::STYLE)
}

/// Their icon, which is the console's.
#[utoipa::path(get, path = "/docs/icon.svg", tag = "documentation", operation_id = "readIcon",
    summary = "The pages' icon", description = "It stands in the browser's tab.",
    responses((status = 200, description = "The icon", body = String, content_type = "image/svg+xml")))]
pub async fn icon() -> HttpResponse {
    HttpResponse::Ok().content_type("image/svg+xml").body(pages::ICON)
}

/// A page of these.
pub(super) fn html(page: impl Into<String>) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .body(page.into())
}
