//! The reference: every operation and schema of the OpenAPI document, by audience.

use maud::{Markup, html};
use serde_json::Value;

use super::layout::{page, slug};
use super::{markdown, operation, schema};

/// Renders the whole page from the document as JSON.
pub(in super::super) fn render(document: &Value) -> Markup {
    let tags = document["tags"].as_array().into_iter().flatten();
    let sections: Vec<Section> = tags.map(|tag| Section::of(document, tag)).collect();
    let schemas = document["components"]["schemas"].as_object();
    let schemas = || schemas.into_iter().flatten();
    let contents = html! {
        @for section in &sections {
            h2 { (section.heading) }
            ul {
                @for (_, _, operation) in &section.operations {
                    li { a href={ "#" (text(&operation["operationId"])) } { (text(&operation["summary"])) } }
                }
            }
        }
        h2 { "Schemas" }
        ul {
            @for (name, _) in schemas() {
                li { a href={ "#schema-" (slug(name)) } { (name) } }
            }
        }
    };
    let main = html! {
        h1 { "Reference" }
        p.facts { "Version " (text(&document["info"]["version"])) }
        (markdown::render(text(&document["info"]["description"])))
        @for section in &sections {
            section {
                h2 id=(slug(&section.heading)) { (section.heading) }
                p { (section.description) }
                @for (path, method, operation) in &section.operations {
                    (operation::render(document, path, method, operation))
                }
            }
        }
        section {
            h2 #schemas { "Schemas" }
            @for (name, described) in schemas() {
                article id={ "schema-" (slug(name)) } {
                    h3 { (name) }
                    (schema::render(described))
                }
            }
        }
    };
    page("Reference", "/docs", Some(&contents), &main)
}

/// Returns a string of the document, or nothing if it is no string.
pub(super) fn text(member: &Value) -> &str {
    member.as_str().unwrap_or_default()
}

/// The operations of one audience.
struct Section<'a> {
    heading: String,
    description: &'a str,
    operations: Vec<(&'a str, &'static str, &'a Value)>,
}

impl<'a> Section<'a> {
    fn of(document: &'a Value, tag: &'a Value) -> Self {
        let mut operations: Vec<_> = operations(document, text(&tag["name"])).collect();
        operations.sort_by_key(|(_, _, operation)| operation["deprecated"] == true);
        Self {
            heading: heading(text(&tag["name"])),
            description: text(&tag["description"]),
            operations,
        }
    }
}

/// Returns the operations of an audience, then the webhooks that the server sends to it.
fn operations<'a>(
    document: &'a Value,
    tag: &'a str,
) -> impl Iterator<Item = (&'a str, &'static str, &'a Value)> {
    ["paths", "webhooks"]
        .into_iter()
        .filter_map(|member| document[member].as_object())
        .flatten()
        .flat_map(|(path, item)| {
            let methods = ["get", "post", "put", "patch", "delete"].into_iter();
            methods.filter_map(move |method| Some((path.as_str(), method, item.get(method)?)))
        })
        .filter(move |(_, _, operation)| operation["tags"][0] == tag)
}

fn heading(tag: &str) -> String {
    if tag == "crm" {
        return "CRM".to_owned();
    }
    let (first, rest) = tag.split_at(tag.len().min(1));
    first.to_uppercase() + rest
}
