//! Middleware of all routes.

mod request_id;
mod response;
mod security_headers;

pub use request_id::RequestId;
pub use response::ResponseMiddleware;
pub use security_headers::SecurityHeaders;
