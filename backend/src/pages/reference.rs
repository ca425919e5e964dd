//! The reference: every operation and schema of the OpenAPI document, by audience.

use serde_json::Value;

use super::html::{escape, page, slug};
use super::{markdown, operation, schema};

/// The whole page.
pub(super) fn render(document: &Value) -> String {
    let mut contents = String::new();
    let mut main = format!(
        "<h1>Reference</h1>\n<p class=\"facts\">Version {}</p>\n{}",
        text(&document["info"]["version"]),
        markdown::render(document["info"]["description"].as_str().unwrap_or_default()),
    );
    for tag in document["tags"].as_array().into_iter().flatten() {
        let name = tag["name"].as_str().unwrap_or_default();
        let mut operations: Vec<Place> = operations(document, name).collect();
        // What is no longer the way to do it comes last.
        operations.sort_by_key(|(_, _, operation)| operation["deprecated"] == true);
        main += &format!(
            "<section>\n<h2 id=\"{}\">{}</h2>\n<p>{}</p>\n",
            slug(name),
            heading(name),
            text(&tag["description"])
        );
        contents += &format!("<h2>{}</h2>\n<ul>\n", heading(name));
        for (path, method, operation) in operations {
            contents += &format!(
                "<li><a href=\"#{}\">{}</a></li>\n",
                text(&operation["operationId"]),
                text(&operation["summary"])
            );
            main += &operation::render(document, path, method, operation);
        }
        contents += "</ul>\n";
        main += "</section>\n";
    }
    schemas(document, &mut contents, &mut main);
    page("Reference", "/docs", &contents, &main)
}

/// A member of the document as text of the page.
pub(super) fn text(member: &Value) -> String {
    escape(member.as_str().unwrap_or_default())
}

type Place<'a> = (&'a str, &'a str, &'a Value);

/// The operations of that audience, then what the server sends to it.
fn operations<'a>(document: &'a Value, tag: &'a str) -> impl Iterator<Item = Place<'a>> {
    let members = ["paths", "webhooks"].into_iter();
    members
        .filter_map(|member| document[member].as_object())
        .flatten()
        .flat_map(|(path, item)| {
            let methods = ["get", "post", "put", "patch", "delete"].into_iter();
            methods.filter_map(move |method| Some((path.as_str(), method, item.get(method)?)))
        })
        .filter(move |(_, _, operation)| operation["tags"][0] == tag)
}

fn heading(tag: &str) -> String {
    match tag {
        "crm" => "CRM".to_owned(),
        other => {
            let (first, rest) = other.split_at(other.len().min(1));
            escape(&(first.to_uppercase() + rest))
        }
    }
}

fn schemas(document: &Value, contents: &mut String, main: &mut String) {
    *main += "<section>\n<h2 id=\"schemas\">Schemas</h2>\n";
    *contents += "<h2>Schemas</h2>\n<ul>\n";
    let all = document["components"]["schemas"].as_object();
    for (name, described) in all.into_iter().flatten() {
        let (name, id) = (escape(name), slug(name));
        *contents += &format!("<li><a href=\"#schema-{id}\">{name}</a></li>\n");
        *main += &format!(
            "<article id=\"schema-{id}\">\n<h3>{name}</h3>\n{}</article>\n",
            schema::render(described)
        );
    }
    *contents += "</ul>\n";
    *main += "</section>\n";
}
