//! What happens to every request, whatever its route.

mod around;
mod request_id;
mod security_headers;

pub use around::Around;
pub use request_id::RequestId;
pub use security_headers::SecurityHeaders;
