//! The error codes: all of them in one table, and each on a page of its own.

use ori_shared::error_code::ErrorCode;

use super::html::{escape, page};

/// Every code with its status, what it means and what to do.
#[must_use]
pub fn list() -> String {
    let rows = ErrorCode::ALL.iter().map(|code| {
        let name = code.as_str();
        format!(
            "<tr><td><a href=\"/problems/{name}\"><code>{name}</code></a></td><td>{}</td><td>{}</td><td>{}</td></tr>\n",
            code.status(),
            escape(code.meaning()),
            escape(code.remedy()),
        )
    });
    let rows: String = rows.collect();
    let main = format!(
        "<h1>Error codes</h1>\n<p>Every error is <code>application/problem+json</code> (RFC 9457). Decide by \
         <code>code</code>: it names one reason and stays, while the words may change.</p>\n\
         <table class=\"rows\">\n<thead><tr><th>Code</th><th>Status</th><th>What it means</th><th>What to do</th></tr></thead>\n\
         <tbody>\n{rows}</tbody>\n</table>\n"
    );
    page("Error codes", "/problems", "", &main)
}

/// That code.
#[must_use]
pub fn one(code: ErrorCode) -> String {
    let title = escape(code.title());
    let main = format!(
        "<h1>{title}</h1>\n<p class=\"facts\"><code>{}</code> <span class=\"status\">HTTP {}</span></p>\n\
         <h2>What it means</h2>\n<p>{}</p>\n<h2>What to do</h2>\n<p>{}</p>\n\
         <p><a href=\"/problems\">All error codes</a></p>\n",
        code.as_str(),
        code.status(),
        escape(code.meaning()),
        escape(code.remedy()),
    );
    page(code.title(), "", "", &main)
}
