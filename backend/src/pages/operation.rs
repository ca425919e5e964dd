//! One operation: how to ask, and what may be answered.

use serde_json::Value;

use super::html::escape;
use super::reference::text;
use super::{markdown, schema};

/// The operation as a part of the page.
pub(super) fn render(document: &Value, path: &str, method: &str, operation: &Value) -> String {
    let id = text(&operation["operationId"]);
    let method = method.to_uppercase();
    let sent_by_us = document["webhooks"].get(path).is_some();
    let mut part = format!(
        "<article id=\"{id}\">\n<h3>{}</h3>\n",
        text(&operation["summary"])
    );
    let address = if sent_by_us {
        "your address".to_owned()
    } else {
        escape(path)
    };
    part += &format!(
        "<p class=\"facts\"><span class=\"method {}\">{method}</span> <code>{address}</code>{}</p>\n",
        method.to_lowercase(),
        marks(operation)
    );
    part += &markdown::render(operation["description"].as_str().unwrap_or_default());
    if !sent_by_us {
        part += &proofs(operation);
    }
    part += &parameters(operation);
    part += &body(operation);
    if !sent_by_us {
        part += &format!(
            "<h4>Try it</h4>\n<pre><code>{}</code></pre>\n",
            escape(&curl(path, &method, operation))
        );
    }
    part + &answers(document, operation) + "</article>\n"
}

fn marks(operation: &Value) -> String {
    let mut marks = String::new();
    if operation["x-console-only"] == true {
        marks += " <span class=\"mark\">console only</span>";
    }
    if operation["deprecated"] == true {
        marks += " <span class=\"old\">deprecated</span>";
    }
    marks
}

fn proofs(operation: &Value) -> String {
    let proofs: Vec<&str> = schemes(operation)
        .map(|scheme| match scheme {
            "api_key" => "<code>X-API-Key</code>",
            "bearer" => "<code>Authorization: Bearer</code>",
            "session" => "a console session",
            "fleet_secret" => "the fleet's secret",
            _ => "another proof",
        })
        .collect();
    let proofs = if proofs.is_empty() {
        "nothing to prove".to_owned()
    } else {
        proofs.join(", or ")
    };
    format!("<p>Who asks: {proofs}.</p>\n")
}

fn schemes(operation: &Value) -> impl Iterator<Item = &str> {
    let requirements = operation["security"].as_array().into_iter().flatten();
    requirements
        .filter_map(Value::as_object)
        .flat_map(|requirement| requirement.keys().map(String::as_str))
}

fn parameters(operation: &Value) -> String {
    let all = operation["parameters"].as_array().into_iter().flatten();
    let rows: String = all
        .map(|parameter| {
            let needed = if parameter["required"] == true {
                " <span class=\"needed\">required</span>"
            } else {
                ""
            };
            format!(
                "<tr><td><code>{}</code>{needed}<br>{}</td><td>{}</td><td>{}</td></tr>\n",
                text(&parameter["name"]),
                text(&parameter["in"]),
                schema::kind(&parameter["schema"]),
                markdown::render(parameter["description"].as_str().unwrap_or_default())
            )
        })
        .collect();
    if rows.is_empty() {
        return rows;
    }
    format!(
        "<h4>Parameters</h4>\n<table class=\"rows\">\n<thead><tr><th>Name</th><th>Type</th><th>What it is</th></tr></thead>\n<tbody>\n{rows}</tbody>\n</table>\n"
    )
}

fn body(operation: &Value) -> String {
    let content = &operation["requestBody"]["content"]["application/json"];
    if content.is_null() {
        return String::new();
    }
    format!(
        "<h4>Body</h4>\n<p>{}</p>\n{}",
        schema::kind(&content["schema"]),
        examples(&content["examples"])
    )
}

fn examples(examples: &Value) -> String {
    let all = examples.as_object().into_iter().flatten();
    all.filter(|(_, example)| example["value"].is_object() || example["value"].is_array())
        .map(|(_, example)| {
            let value = serde_json::to_string_pretty(&example["value"]).unwrap_or_default();
            format!(
                "<figure>\n<figcaption>{}</figcaption>\n<pre><code>{}</code></pre>\n</figure>\n",
                text(&example["summary"]),
                escape(&value)
            )
        })
        .collect()
}

fn answers(document: &Value, operation: &Value) -> String {
    let all = operation["responses"].as_object().into_iter().flatten();
    let answers: String = all
        .map(|(status, answer)| one_answer(document, status, answer))
        .collect();
    format!("<h4>Answers</h4>\n{answers}")
}

fn one_answer(document: &Value, status: &str, answer: &Value) -> String {
    let headers = headers(document, answer);
    let problems = &answer["content"]["application/problem+json"]["examples"];
    if let Some(codes) = problems.as_object() {
        let codes = codes.keys().map(|code| {
            let code = escape(code);
            format!("<a href=\"/problems/{code}\"><code>{code}</code></a>")
        });
        let codes = codes.collect::<Vec<_>>().join(", ");
        return format!(
            "<p><span class=\"status\">{}</span> {codes}{headers}</p>\n",
            escape(status)
        );
    }
    let content = &answer["content"]["application/json"];
    let kind = if content["schema"].is_object() {
        format!(": {}", schema::kind(&content["schema"]))
    } else {
        String::new()
    };
    format!(
        "<p><span class=\"status good\">{}</span> {}{kind}{headers}</p>\n{}",
        escape(status),
        text(&answer["description"]),
        examples(&content["examples"])
    )
}

/// The headers of an answer beside those that every answer has.
fn headers(document: &Value, answer: &Value) -> String {
    let named = answer["headers"].as_object().into_iter().flatten();
    let own = named.filter(|(name, _)| *name != "X-Request-Id");
    own.map(|(name, _)| {
        let about = &document["components"]["headers"][name.as_str()]["description"];
        format!("<br><code>{}</code> {}", escape(name), text(about))
    })
    .collect()
}

/// The request as a command; what is secret comes from variables.
fn curl(path: &str, method: &str, operation: &Value) -> String {
    let mut words = vec![format!("curl \"$ORI_URL{}\"", filled(path, operation))];
    if method != "GET" {
        words.push(format!("-X {method}"));
    }
    let proof = match schemes(operation).next() {
        Some("api_key") => Some("-H \"X-API-Key: $ORI_KEY\""),
        Some("session") => Some("-b \"ori_session=$ORI_SESSION\""),
        Some("fleet_secret") => Some("-H \"X-Fleet-Secret: $ORI_FLEET_SECRET\""),
        _ => None,
    };
    words.extend(proof.map(str::to_owned));
    let examples = operation["requestBody"]["content"]["application/json"]["examples"].as_object();
    if let Some(example) = examples.and_then(|examples| examples.values().next()) {
        words.push("-H \"Content-Type: application/json\"".to_owned());
        words.push(format!("-d '{}'", example["value"]));
    }
    words.join(" \\\n  ")
}

/// The address with the example of each of its parameters.
fn filled(path: &str, operation: &Value) -> String {
    let all = operation["parameters"].as_array().into_iter().flatten();
    all.filter(|parameter| parameter["in"] == "path")
        .fold(path.to_owned(), |path, parameter| {
            let name = parameter["name"].as_str().unwrap_or_default();
            let example = parameter["example"].as_str().unwrap_or(name);
            path.replace(&format!("{{{name}}}"), example)
        })
}
