//! A schema in words: its type, its fields, and their bounds.

use maud::{Markup, html};
use serde_json::Value;

use super::layout::slug;
use super::markdown;
use super::reference::text;
use crate::openapi::with_visible_characters;

/// Renders a named schema: a table of fields if it is an object, otherwise its type.
pub(super) fn render(schema: &Value) -> Markup {
    let parts = schema["allOf"].as_array().into_iter().flatten();
    let rows: Vec<Markup> = std::iter::once(schema).chain(parts).flat_map(fields).collect();
    html! {
        (markdown::render(text(&schema["description"])))
        @if rows.is_empty() {
            p { (kind(schema)) }
        } @else {
            table.rows {
                thead { tr { th { "Field" } th { "Type" } th { "What it is" } } }
                tbody { @for row in &rows { (row) } }
            }
        }
    }
}

/// Renders the type and its bounds on one line.
pub(super) fn kind(schema: &Value) -> Markup {
    if let Some(reference) = schema["$ref"].as_str() {
        let name = reference.rsplit('/').next().unwrap_or_default();
        return html! { a href={ "#schema-" (slug(name)) } { (name) } };
    }
    for (member, between) in [("oneOf", " or "), ("anyOf", " or "), ("allOf", " and ")] {
        if let Some(parts) = schema[member].as_array() {
            return joined(&parts.iter().map(kind).collect::<Vec<_>>(), between);
        }
    }
    let items = schema["items"].is_object();
    let mut facts = vec![html! {
        (types(schema))
        @if items { " of " (kind(&schema["items"])) }
    }];
    facts.extend(schema["format"].as_str().map(|format| html! { (format) }));
    facts.extend(bounds(schema).map(|bound| html! { (bound) }));
    for (member, before) in [("enum", "one of "), ("x-extensible-enum", "today one of ")] {
        if let Some(values) = schema[member].as_array() {
            let values: Vec<Markup> = values
                .iter()
                .map(|value| html! { code { (plain(value)) } })
                .collect();
            facts.push(html! { (before) (joined(&values, ", ")) });
        }
    }
    facts.extend(
        schema["pattern"]
            .as_str()
            .map(|pattern| html! { "matches " code { (with_visible_characters(pattern)) } }),
    );
    joined(&facts, ", ")
}

fn joined(parts: &[Markup], separator: &str) -> Markup {
    html! {
        @for (index, part) in parts.iter().enumerate() {
            @if index > 0 { (separator) }
            (part)
        }
    }
}

fn fields(schema: &Value) -> Vec<Markup> {
    if schema["$ref"].is_string() {
        return vec![html! { tr { td colspan="3" { "All of " (kind(schema)) } } }];
    }
    let required: Vec<&str> = schema["required"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let properties = schema["properties"].as_object().into_iter().flatten();
    let row = |(name, property): (&String, &Value)| {
        html! {
            tr {
                td {
                    code { (name) }
                    @if required.contains(&name.as_str()) { " " span.needed { "required" } }
                    @if property["deprecated"] == true { " " span.old { "deprecated" } }
                }
                td { (kind(property)) }
                td { (markdown::render(text(&property["description"]))) }
            }
        }
    };
    properties.map(row).collect()
}

fn types(schema: &Value) -> String {
    match &schema["type"] {
        Value::String(one) => one.clone(),
        Value::Array(several) => several.iter().map(plain).collect::<Vec<_>>().join(" or "),
        _ => "anything".to_owned(),
    }
}

fn bounds(schema: &Value) -> impl Iterator<Item = String> {
    let between = |least: &str, most: &str, unit: &str| match (&schema[least], &schema[most]) {
        (Value::Number(least), Value::Number(most)) if least == most => Some(format!("{least}{unit}")),
        (Value::Number(least), Value::Number(most)) => Some(format!("{least} to {most}{unit}")),
        (Value::Number(least), _) => Some(format!("at least {least}{unit}")),
        (_, Value::Number(most)) => Some(format!("at most {most}{unit}")),
        _ => None,
    };
    [
        between("minimum", "maximum", ""),
        between("minLength", "maxLength", " characters"),
        between("minProperties", "maxProperties", " fields"),
        between("minItems", "maxItems", " items"),
    ]
    .into_iter()
    .flatten()
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
