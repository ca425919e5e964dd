//! Version of the server's console.

use gloo_net::http::{Method, RequestBuilder};
use web_sys::RequestCache;

/// Returns the entity tag of the server's console, which changes with each version; `None` without a response.
pub async fn tag() -> Option<String> {
    let request = RequestBuilder::new("/")
        .method(Method::HEAD)
        .cache(RequestCache::NoStore)
        .header("accept", "text/html");
    let response = request.send().await.ok()?;
    response.headers().get("etag").filter(|_| response.ok())
}
