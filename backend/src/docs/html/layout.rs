//! The frame of every page.

use maud::{DOCTYPE, Markup, html};

const PAGES: [(&str, &str); 5] = [
    ("/docs/guide", "Guide"),
    ("/docs", "Reference"),
    ("/problems", "Error codes"),
    ("/openapi.yaml", "OpenAPI (YAML)"),
    ("/openapi.json", "OpenAPI (JSON)"),
];

/// Renders a whole page. `path` is the page's own URL path, which marks it as current in the navigation.
pub(super) fn page(title: &str, path: &str, contents: Option<&Markup>, main: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " – Ori Console API" }
                link rel="icon" href="/docs/icon.svg" type="image/svg+xml";
                link rel="stylesheet" href="/docs/style.css";
            }
            body {
                a.skip href="#main" { "Skip to the content" }
                header {
                    strong { "Ori Console API" }
                    nav aria-label="Pages" {
                        @for (address, name) in PAGES {
                            a href=(address) aria-current=[(address == path).then_some("page")] { (name) } " "
                        }
                    }
                }
                div.columns {
                    @if let Some(contents) = contents {
                        nav.contents aria-label="On this page" { (contents) }
                    }
                    main #main { (main) }
                }
            }
        }
    }
}

/// Returns the fragment identifier of a heading: its words in lower case, joined by dashes.
pub(super) fn slug(text: &str) -> String {
    let words = text.split(|c: char| !c.is_alphanumeric());
    let words: Vec<String> = words
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    words.join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fragment_identifier_is_made_of_the_words_of_a_heading() {
        assert_eq!(slug("5. Retry safely!"), "5-retry-safely");
    }
}
