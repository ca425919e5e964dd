//! The error codes: all of them in one table, and each on its own page.

use maud::{Markup, html};
use ori_shared::error_code::ErrorCode;

use super::layout::page;

/// Renders the table of all codes: status, meaning, remedy.
pub(in super::super) fn table() -> Markup {
    let main = html! {
        h1 { "Error codes" }
        p {
            "Every error is " code { "application/problem+json" } " (RFC 9457). Decide by " code { "code" }
            ": it names one reason and stays, while the words may change."
        }
        table.rows {
            thead { tr { th { "Code" } th { "Status" } th { "What it means" } th { "What to do" } } }
            tbody {
                @for code in ErrorCode::ALL {
                    tr {
                        td { a href={ "/problems/" (code.as_str()) } { code { (code.as_str()) } } }
                        td { (code.status()) }
                        td { (code.meaning()) }
                        td { (code.remedy()) }
                    }
                }
            }
        }
    };
    page("Error codes", "/problems", None, &main)
}

/// Renders the page of one code.
pub(in super::super) fn one(code: ErrorCode) -> Markup {
    let main = html! {
        h1 { (code.title()) }
        p.facts { code { (code.as_str()) } " " span.status { "HTTP " (code.status()) } }
        h2 { "What it means" }
        p { (code.meaning()) }
        h2 { "What to do" }
        p { (code.remedy()) }
        p { a href="/problems" { "All error codes" } }
    };
    page(code.title(), "", None, &main)
}
