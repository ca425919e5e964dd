//! Documentation for integrators: the reference, the guide and the error codes.
//!
//! Everything is rendered by the server from what is in the binary, runs no script, and loads one style sheet and an
//! icon. The pages therefore work offline and under the strictest content security policy.

mod html;
pub mod routes;
