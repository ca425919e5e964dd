//! What happens to every request, whatever its route.

mod observe;
mod security_headers;

pub use observe::{RequestId, observe};
pub use security_headers::{SecurityHeaders, add_security_headers};
