//! One operation: request, parameters, body, and responses.

use maud::{Markup, html};
use serde_json::Value;

use super::reference::text;
use super::{markdown, schema};

/// Renders an operation, or a webhook that the server sends.
pub(super) fn render(document: &Value, path: &str, method: &str, operation: &Value) -> Markup {
    let is_webhook = document["webhooks"].get(path).is_some();
    html! {
        article id=(text(&operation["operationId"])) {
            h3 { (text(&operation["summary"])) }
            p.facts {
                span class={ "method " (method) } { (method.to_uppercase()) }
                " "
                code { @if is_webhook { "your address" } @else { (path) } }
                @if operation["x-console-only"] == true { " " span.mark { "console only" } }
                @if operation["deprecated"] == true { " " span.old { "deprecated" } }
            }
            (markdown::render(text(&operation["description"])))
            @if !is_webhook { (authentication(operation)) }
            (parameters(operation))
            (body(operation))
            @if !is_webhook {
                h4 { "Try it" }
                pre { code { (curl(document, path, method, operation)) } }
            }
            (responses(document, operation))
        }
    }
}

fn authentication(operation: &Value) -> Markup {
    let schemes: Vec<Markup> = schemes(operation)
        .map(|scheme| match scheme {
            "api_key" => html! { code { "X-API-Key" } },
            "bearer" => html! { code { "Authorization: Bearer" } },
            "session" => html! { "a console session" },
            "fleet_secret" => html! { "the fleet's secret" },
            other => html! { (other) },
        })
        .collect();
    html! {
        p {
            "Authentication: "
            @if schemes.is_empty() { "none" }
            @for (index, scheme) in schemes.iter().enumerate() {
                @if index > 0 { ", or " }
                (scheme)
            }
            "."
        }
    }
}

fn schemes(operation: &Value) -> impl Iterator<Item = &str> {
    let requirements = operation["security"].as_array().into_iter().flatten();
    requirements
        .filter_map(Value::as_object)
        .flat_map(|requirement| requirement.keys().map(String::as_str))
}

fn parameters(operation: &Value) -> Markup {
    let Some(parameters) = operation["parameters"].as_array().filter(|all| !all.is_empty()) else {
        return Markup::default();
    };
    html! {
        h4 { "Parameters" }
        table.rows {
            thead { tr { th { "Name" } th { "Type" } th { "What it is" } } }
            tbody {
                @for parameter in parameters {
                    tr {
                        td {
                            code { (text(&parameter["name"])) }
                            @if parameter["required"] == true { " " span.needed { "required" } }
                            br;
                            (text(&parameter["in"]))
                        }
                        td { (schema::kind(&parameter["schema"])) }
                        td { (markdown::render(text(&parameter["description"]))) }
                    }
                }
            }
        }
    }
}

fn body(operation: &Value) -> Markup {
    let content = &operation["requestBody"]["content"]["application/json"];
    if content.is_null() {
        return Markup::default();
    }
    html! {
        h4 { "Body" }
        p { (schema::kind(&content["schema"])) }
        (examples(&content["examples"]))
    }
}

fn examples(examples: &Value) -> Markup {
    let all = examples.as_object().into_iter().flatten();
    let structured = all.filter(|(_, example)| example["value"].is_object() || example["value"].is_array());
    html! {
        @for (_, example) in structured {
            figure {
                figcaption { (text(&example["summary"])) }
                pre { code { (serde_json::to_string_pretty(&example["value"]).unwrap_or_default()) } }
            }
        }
    }
}

fn responses(document: &Value, operation: &Value) -> Markup {
    let responses = operation["responses"].as_object();
    html! {
        h4 { "Answers" }
        @for (status, response) in responses.into_iter().flatten() {
            (one_response(document, status, response))
        }
    }
}

fn one_response(document: &Value, status: &str, response: &Value) -> Markup {
    let headers = headers(document, response);
    let problems = &response["content"]["application/problem+json"]["examples"];
    if let Some(codes) = problems.as_object() {
        return html! {
            p {
                span.status { (status) } " "
                @for (index, code) in codes.keys().enumerate() {
                    @if index > 0 { ", " }
                    a href={ "/problems/" (code) } { code { (code) } }
                }
                (headers)
            }
        };
    }
    let content = &response["content"]["application/json"];
    html! {
        p {
            span class="status good" { (status) } " " (text(&response["description"]))
            @if content["schema"].is_object() { ": " (schema::kind(&content["schema"])) }
            (headers)
        }
        (examples(&content["examples"]))
    }
}

/// Renders the headers of a response, except the one that every response has.
fn headers(document: &Value, response: &Value) -> Markup {
    let named = response["headers"].as_object().into_iter().flatten();
    html! {
        @for (name, _) in named.filter(|(name, _)| *name != "X-Request-Id") {
            br;
            code { (name) } " "
            (text(&document["components"]["headers"][name.as_str()]["description"]))
        }
    }
}

/// Returns the request as a shell command. Secrets come from environment variables.
fn curl(document: &Value, path: &str, method: &str, operation: &Value) -> String {
    let mut words = vec![format!("curl \"$ORI_URL{}\"", with_examples(path, operation))];
    if method != "get" {
        words.push(format!("-X {}", method.to_uppercase()));
    }
    let named = |scheme| text(&document["components"]["securitySchemes"][scheme]["name"]);
    words.extend(schemes(operation).next().and_then(|scheme| match scheme {
        "api_key" => Some(format!("-H \"{}: $ORI_KEY\"", named(scheme))),
        "session" => Some(format!("-b \"{}=$ORI_SESSION\"", named(scheme))),
        "fleet_secret" => Some(format!("-H \"{}: $ORI_FLEET_SECRET\"", named(scheme))),
        _ => None,
    }));
    let examples = operation["requestBody"]["content"]["application/json"]["examples"].as_object();
    if let Some(example) = examples.and_then(|examples| examples.values().next()) {
        words.push("-H \"Content-Type: application/json\"".to_owned());
        words.push(format!("-d '{}'", example["value"]));
    }
    words.join(" \\\n  ")
}

/// Returns the path with the example of each of its parameters filled in.
fn with_examples(path: &str, operation: &Value) -> String {
    let all = operation["parameters"].as_array().into_iter().flatten();
    all.filter(|parameter| parameter["in"] == "path")
        .fold(path.to_owned(), |path, parameter| {
            let name = text(&parameter["name"]);
            let example = parameter["example"].as_str().unwrap_or(name);
            path.replace(&format!("{{{name}}}"), example)
        })
}
