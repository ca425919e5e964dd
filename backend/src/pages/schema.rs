//! A schema in words: what there is, of what type, within which bounds.

use serde_json::Value;

use super::html::{escape, slug};
use super::markdown;

/// A described schema: its fields where it is an object, else its type.
pub(super) fn render(schema: &Value) -> String {
    let mut rendered = markdown::render(schema["description"].as_str().unwrap_or_default());
    let parts = schema["allOf"].as_array().cloned().unwrap_or_default();
    let whole = [schema.clone()];
    let rows: String = whole.iter().chain(&parts).map(fields).collect();
    if rows.is_empty() {
        rendered += &format!("<p>{}</p>\n", kind(schema));
    } else {
        rendered += &format!(
            "<table class=\"rows\">\n<thead><tr><th>Field</th><th>Type</th><th>What it is</th></tr></thead>\n<tbody>\n{rows}</tbody>\n</table>\n"
        );
    }
    rendered
}

/// The type and its bounds, in a line of HTML.
pub(super) fn kind(schema: &Value) -> String {
    if let Some(reference) = schema["$ref"].as_str() {
        return link(reference);
    }
    for (member, between) in [("oneOf", " or "), ("anyOf", " or "), ("allOf", " and ")] {
        if let Some(parts) = schema[member].as_array() {
            return parts.iter().map(kind).collect::<Vec<_>>().join(between);
        }
    }
    let mut words = vec![types(schema)];
    if schema["items"].is_object() {
        words.push(format!("of {}", kind(&schema["items"])));
    }
    words.extend(schema["format"].as_str().map(escape));
    words.extend(bounds(schema));
    if let Some(values) = schema["enum"].as_array() {
        let values = values
            .iter()
            .map(|value| format!("<code>{}</code>", plain(value)));
        words.push(format!("one of {}", values.collect::<Vec<_>>().join(", ")));
    }
    words.extend(
        schema["pattern"]
            .as_str()
            .map(|pattern| format!("matches <code>{}</code>", escape(pattern))),
    );
    words.join(", ").replace(", of ", " of ")
}

/// A link to the schema that a reference names.
fn link(reference: &str) -> String {
    let name = reference.rsplit('/').next().unwrap_or_default();
    format!("<a href=\"#schema-{}\">{}</a>", slug(name), escape(name))
}

fn fields(schema: &Value) -> String {
    if schema["$ref"].is_string() {
        return format!("<tr><td colspan=\"3\">All of {}</td></tr>\n", kind(schema));
    }
    let required: Vec<&str> = schema["required"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let properties = schema["properties"].as_object().into_iter().flatten();
    let rows = properties.map(|(name, property)| {
        let needed = if required.contains(&name.as_str()) {
            " <span class=\"needed\">required</span>"
        } else {
            ""
        };
        let old = if property["deprecated"] == true {
            " <span class=\"old\">deprecated</span>"
        } else {
            ""
        };
        format!(
            "<tr><td><code>{}</code>{needed}{old}</td><td>{}</td><td>{}</td></tr>\n",
            escape(name),
            kind(property),
            markdown::render(property["description"].as_str().unwrap_or_default())
        )
    });
    rows.collect()
}

fn types(schema: &Value) -> String {
    match &schema["type"] {
        Value::String(one) => escape(one),
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
    value.as_str().map_or_else(|| escape(&value.to_string()), escape)
}
