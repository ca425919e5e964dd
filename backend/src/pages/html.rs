//! What every page has around its content.

/// The text as it may stand in HTML, also inside an attribute.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            c => escaped.push(c),
        }
    }
    escaped
}

/// The name of a part of a page: what an address leads to.
pub(super) fn slug(text: &str) -> String {
    let words = text.split(|c: char| !c.is_alphanumeric());
    let words: Vec<String> = words
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    words.join("-")
}

/// A whole page. `contents` and `main` are HTML; `here` is the page's address.
pub(super) fn page(title: &str, here: &str, contents: &str, main: &str) -> String {
    let title = escape(title);
    let links = PAGES.map(|(address, name)| {
        let current = if address == here {
            " aria-current=\"page\""
        } else {
            ""
        };
        format!("<a href=\"{address}\"{current}>{name}</a>")
    });
    let links = links.join("\n");
    let contents = if contents.is_empty() {
        String::new()
    } else {
        format!("<nav class=\"contents\" aria-label=\"On this page\">\n{contents}</nav>\n")
    };
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{title} – Ori Console API</title>\n\
         <link rel=\"icon\" href=\"/docs/icon.svg\" type=\"image/svg+xml\">\n\
         <link rel=\"stylesheet\" href=\"/docs/style.css\">\n</head>\n<body>\n\
         <a class=\"skip\" href=\"#main\">Skip to the content</a>\n\
         <header>\n<strong>Ori Console API</strong>\n<nav aria-label=\"Pages\">\n{links}\n</nav>\n</header>\n\
         <div class=\"columns\">\n{contents}<main id=\"main\">\n{main}</main>\n</div>\n</body>\n</html>\n"
    )
}

const PAGES: [(&str, &str); 5] = [
    ("/docs/guide", "Guide"),
    ("/docs", "Reference"),
    ("/problems", "Error codes"),
    ("/openapi.yaml", "OpenAPI (YAML)"),
    ("/openapi.json", "OpenAPI (JSON)"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_breaks_out_of_the_text() {
        assert_eq!(escape(r#"<a href="x">&"#), "&lt;a href=&quot;x&quot;&gt;&amp;");
    }

    #[test]
    fn a_part_is_named_after_its_heading() {
        assert_eq!(slug("5. Retry safely!"), "5-retry-safely");
    }
}
