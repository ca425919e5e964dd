//! The pages for people who integrate.

use ori_shared::error_code::ErrorCode;

/// The style sheet of all pages.
pub const STYLE: &str = "";
/// x
pub fn reference() -> String {
    String::new()
}
/// x
pub fn guide() -> String {
    String::new()
}
/// x
pub fn problems() -> String {
    String::new()
}
/// x
pub fn problem(code: ErrorCode) -> String {
    code.as_str().to_owned()
}
