//! The OpenAPI document is what the server does.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use ori_backend::openapi::{document, to_yaml};
use ori_backend::router::endpoints;
use ori_shared::error_code::ErrorCode;
use ori_shared::problem::Problem;
use reqwest::Method;
use serde_json::{Value, json};

use ori_fixtures::{ADMIN_EMAIL, ADMIN_PASSWORD, Caller as _, TestApp, operations, send};

#[test]
fn the_written_document_is_fresh() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../openapi.yaml");
    let written = fs::read_to_string(path).unwrap_or_default();
    assert!(
        written == to_yaml(&document(endpoints())).unwrap(),
        "openapi.yaml is stale: run `cargo xtask openapi`"
    );
}

#[tokio::test]
async fn the_server_serves_the_same_document() {
    let app = TestApp::start().await;
    let yaml = app.anonymous().get("/openapi.yaml").await;
    assert_eq!(yaml.text(), to_yaml(&document(endpoints())).unwrap());
    let json = app.anonymous().get("/openapi.json").await;
    assert_eq!(json.value(), serde_json::to_value(document(endpoints())).unwrap());
}

#[test]
fn what_is_served_is_documented_and_what_is_documented_is_served() {
    let served: BTreeSet<String> = endpoints()
        .iter()
        .flat_map(|endpoint| {
            endpoint
                .paths()
                .map(|path| format!("{} {path}", endpoint.method()))
        })
        .collect();
    let documented: BTreeSet<String> = operations()
        .iter()
        .map(|operation| format!("{} {}", operation.method, operation.path))
        .collect();
    assert_eq!(served, documented);
}

#[test]
fn every_operation_says_what_it_is_and_for_whom() {
    let document = serde_json::to_value(document(endpoints())).unwrap();
    let tags: BTreeSet<&str> = document["tags"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tag| tag["name"].as_str().unwrap())
        .collect();
    let mut ids = BTreeSet::new();
    for operation in operations() {
        let told = &document["paths"][&operation.path][operation.method.as_str().to_lowercase()];
        for member in ["summary", "description", "operationId"] {
            assert!(
                told[member].as_str().is_some_and(|text| !text.is_empty()),
                "{operation:?} {member}"
            );
        }
        assert!(ids.insert(told["operationId"].to_string()), "{operation:?}");
        assert!(told["security"].is_array(), "{operation:?}");
        let audience = told["tags"].as_array().unwrap();
        assert!(
            audience.len() == 1 && tags.contains(audience[0].as_str().unwrap()),
            "{operation:?}"
        );
        assert_eq!(
            told["x-console-only"] == true,
            operation.is_for_people(),
            "{operation:?}"
        );
        for (status, answer) in told["responses"].as_object().unwrap() {
            if let Some(content) = answer["content"]["application/json"].as_object()
                && operation.path.starts_with("/api/")
            {
                assert!(content.contains_key("examples"), "{operation:?} {status}");
            }
        }
        if operation.takes_body {
            let body = &told["requestBody"]["content"]["application/json"];
            assert!(body["examples"].is_object(), "{operation:?}");
        }
    }
}

/// Invalid bodies, each with its sender and address.
fn refused() -> [(Method, &'static str, Value); 13] {
    const DIALOUT: &str = "/api/v1/sip/dialout";
    const SESSION: &str = "/api/v1/session";
    const SETUP: &str = "/api/v1/setup";
    const KEYS: &str = "/api/v1/api-keys";
    const KEY: &str = "/api/v1/api-keys/{id}";
    const WEBHOOK: &str = "/api/v1/api-keys/{id}/webhook";
    const SETTINGS: &str = "/api/v1/settings";
    let (post, patch, put) = (Method::POST, Method::PATCH, Method::PUT);
    [
        (post.clone(), DIALOUT, json!({"bot_id": "b", "to_number": "12"})),
        (post.clone(), DIALOUT, json!({"to_number": "+919876543210"})),
        (post.clone(), SESSION, json!({"email": "ada", "password": "x"})),
        (post.clone(), SESSION, json!({"password": "x"})),
        (
            post.clone(),
            SETUP,
            json!({"email": "ada@example.com", "password": "x"}),
        ),
        (post.clone(), KEYS, json!({"name": " "})),
        (post, KEYS, json!({"expires_at": null})),
        (patch.clone(), KEY, json!({"expires_at": "2020-01-01T00:00:00Z"})),
        (patch.clone(), KEY, json!({"is_active": "yes"})),
        (patch.clone(), SETTINGS, json!({"timezone": "Mars/Olympus"})),
        (patch, SETTINGS, json!({"timezone": 7})),
        (put.clone(), WEBHOOK, json!({"url": "https://127.0.0.1/"})),
        (put, WEBHOOK, json!({})),
    ]
}

#[tokio::test]
async fn the_faults_of_the_examples_are_those_that_the_server_finds() {
    let app = TestApp::with("fleet_urls = 'http://127.0.0.1:9'\nfleet_secret = 'shared-by-the-fleet'").await;
    let admin = app.admin().await;
    let created = admin.create_key("CRM").await;
    let document = serde_json::to_value(document(endpoints())).unwrap();
    for (method, path, body) in refused() {
        let id = created.view.id.to_string();
        let request = admin
            .request(method.clone(), &path.replace("{id}", &id))
            .json(&body);
        let request = request
            .header("x-api-key", &created.key)
            .header("x-fleet-secret", "shared");
        let answer = send(request).await;
        assert_eq!(answer.status, 422, "{method} {path} {}", answer.text());
        let problem: Problem = answer.json();
        let examples = &document["paths"][path][method.as_str().to_lowercase()]["responses"]["422"]["content"]
            ["application/problem+json"]["examples"];
        let example: Problem =
            serde_json::from_value(examples[problem.code.as_str()]["value"].clone()).unwrap();
        assert_eq!(
            (example.detail, example.errors),
            (problem.detail, problem.errors),
            "{method} {path}"
        );
    }
}

#[tokio::test]
async fn another_method_than_the_documented_ones_is_refused_with_the_true_list_of_them() {
    let app = TestApp::start().await;
    let mut documented: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for operation in operations() {
        let methods = documented.entry(operation.address("1")).or_default();
        methods.insert(operation.method.to_string());
        if operation.method == Method::GET {
            methods.insert(Method::HEAD.to_string());
            let get = send(app.anonymous().request(Method::GET, &operation.address("1"))).await;
            let head = send(app.anonymous().request(Method::HEAD, &operation.address("1"))).await;
            assert_eq!(
                (head.status, head.text().as_str()),
                (get.status, ""),
                "HEAD {}",
                operation.address("1")
            );
        }
    }
    for (path, methods) in documented {
        let answer = send(app.anonymous().request(Method::TRACE, &path)).await;
        answer.problem(ErrorCode::MethodNotAllowed);
        let allow: BTreeSet<String> = answer
            .header("allow")
            .unwrap()
            .split(", ")
            .map(str::to_owned)
            .collect();
        assert_eq!(allow, methods, "{path}");
    }
}

#[test]
fn the_yaml_has_visible_characters_only_and_means_the_same_as_the_json() {
    let yaml = to_yaml(&document(endpoints())).unwrap();
    for c in [
        '\u{a0}', '\u{200b}', '\u{200e}', '\u{202e}', '\u{2066}', '\u{3000}', '\u{feff}',
    ] {
        assert!(!yaml.contains(c), "{}", c.escape_unicode());
    }
    let read: Value = yaml_serde::from_str(&yaml).unwrap();
    assert_eq!(read, serde_json::to_value(document(endpoints())).unwrap());
}

#[tokio::test]
async fn the_served_document_and_reference_name_the_cookie_and_the_header_that_this_server_uses() {
    const FLEET: &str = "fleet_urls = 'http://127.0.0.1:9'\nfleet_secret = 'shared-by-the-fleet'\n";
    for (options, cookie, header) in [
        ("", "ori_session", "X-Fleet-Secret"),
        ("public_url = 'http://ori.lan'", "ori_session", "X-Fleet-Secret"),
        (
            "public_url = 'https://ori.example.com'",
            "__Host-ori_session",
            "X-Fleet-Secret",
        ),
        // Cookies are shared by the ports of a host: two consoles there must not sign each other out.
        (
            "public_url = 'http://ori.lan:8081'",
            "ori_session_8081",
            "X-Fleet-Secret",
        ),
        (
            "public_url = 'https://ori.lan:8443'",
            "__Host-ori_session_8443",
            "X-Fleet-Secret",
        ),
        (
            "fleet_secret_header = 'X-VoxCore-Secret'",
            "ori_session",
            "x-voxcore-secret",
        ),
    ] {
        let app = TestApp::with(&format!("{FLEET}{options}")).await;
        let document = app.anonymous().get("/openapi.json").await.value();
        let yaml: Value = yaml_serde::from_str(&app.anonymous().get("/openapi.yaml").await.text()).unwrap();
        assert_eq!(yaml, document, "{options}");
        let schemes = &document["components"]["securitySchemes"];
        assert_eq!(schemes["session"]["name"], cookie, "{options}");
        assert_eq!(schemes["fleet_secret"]["name"], header, "{options}");
        let about = schemes["session"]["description"].as_str().unwrap();
        assert!(
            about.contains("`ori_session`") && about.contains("`__Host-ori_session`"),
            "{about}"
        );
        let signed_in = app.anonymous().sign_in(ADMIN_EMAIL, ADMIN_PASSWORD).await;
        assert!(!signed_in.cookie(cookie).value().is_empty());
        let reference = app.anonymous().get("/docs").await.text();
        let commands: BTreeSet<&str> = reference
            .split("-b &quot;")
            .skip(1)
            .map(|rest| rest.split('=').next().unwrap())
            .collect();
        assert_eq!(commands, BTreeSet::from([cookie]), "{options}");
        assert!(
            reference.contains(&format!("-H &quot;{header}: $ORI_FLEET_SECRET&quot;")),
            "{options}"
        );
    }
}

/// Calls that function with each schema in a part of the document, and its place. References are followed once.
fn each_schema(
    part: &Value,
    document: &Value,
    seen: &mut BTreeSet<String>,
    place: &str,
    check: &mut dyn FnMut(&str, &Value),
) {
    check(place, part);
    match part {
        Value::Object(members) => {
            for (name, member) in members {
                // Examples are data, and `not` says what is no value.
                if !matches!(name.as_str(), "example" | "examples" | "not") {
                    each_schema(member, document, seen, &format!("{place}/{name}"), check);
                }
            }
            let reference = part["$ref"]
                .as_str()
                .and_then(|reference| reference.strip_prefix('#'));
            if let Some(pointer) = reference.filter(|pointer| seen.insert((*pointer).to_owned())) {
                each_schema(document.pointer(pointer).unwrap(), document, seen, pointer, check);
            }
        }
        Value::Array(items) => {
            for (number, item) in items.iter().enumerate() {
                each_schema(item, document, seen, &format!("{place}/{number}"), check);
            }
        }
        _ => {}
    }
}

#[test]
fn responses_may_gain_words_and_requests_may_not() {
    let document = serde_json::to_value(document(endpoints())).unwrap();
    let (mut opened, mut closed) = (BTreeSet::new(), BTreeSet::new());
    let (mut received, mut sent) = (BTreeSet::new(), BTreeSet::new());
    for (member, is_sent_by_us) in [("paths", false), ("webhooks", true)] {
        for (path, item) in document[member].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                let place = format!("{method} {path}");
                let request = json!([operation["parameters"], operation["requestBody"]]);
                let response = &operation["responses"];
                let (from_client, from_us) = if is_sent_by_us {
                    (response, &request)
                } else {
                    (&request, response)
                };
                each_schema(from_us, &document, &mut received, &place, &mut |place, schema| {
                    assert!(
                        !schema["enum"].is_array(),
                        "{place} has a closed enum in what a client reads"
                    );
                    opened.extend(schema["x-extensible-enum"].as_array().map(|_| place.to_owned()));
                });
                each_schema(from_client, &document, &mut sent, &place, &mut |place, schema| {
                    let is_open = schema["x-extensible-enum"].is_array();
                    assert!(!is_open, "{place} has an open enum in what a client sends");
                    closed.extend(schema["enum"].as_array().map(|_| place.to_owned()));
                });
            }
        }
    }
    assert!(opened.contains("/components/schemas/CallStatus"), "{opened:?}");
    assert!(opened.len() > 5 && closed.len() > 2, "{opened:?} {closed:?}");
    let calls = &document["paths"]["/api/v1/calls"]["get"]["parameters"];
    let status = calls
        .as_array()
        .unwrap()
        .iter()
        .find(|parameter| parameter["name"] == "status")
        .unwrap();
    let known = &document["components"]["schemas"]["CallStatus"]["x-extensible-enum"];
    assert_eq!(&status["schema"]["enum"], known);
}

/// Returns why a pattern is not portable between RE2 (Go), Rust, ECMAScript, Java and Python.
fn portability(pattern: &str) -> Result<(), String> {
    regex::Regex::new(pattern).map_err(|error| error.to_string())?;
    let mut rest = pattern;
    while let Some((_, after)) = rest.split_once('\\') {
        let hex = |text: &str| text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        rest = match after.chars().next() {
            Some('x') if after.get(1..3).is_some_and(hex) => &after[3..],
            Some(c) if c.is_ascii_punctuation() => &after[1..],
            other => return Err(format!("escape {other:?}")),
        };
    }
    let operators = ["(?", "&&", "--", "~~", "||", "[["];
    match operators.iter().find(|operator| pattern.contains(*operator)) {
        Some(operator) => Err(format!("{operator} is not portable")),
        None => Ok(()),
    }
}

#[test]
fn every_pattern_is_portable() {
    for (pattern, is_portable) in [
        ("^[^\\x00-\\x1f]+$", true),
        ("^[ !#-\\[\\]-~]$", true),
        ("^(?!a$)b", false),
        ("^(?:a)$", false),
        ("^[^\\u0000]$", false),
        ("^\\p{L}$", false),
        ("^\\d$", false),
        ("(", false),
    ] {
        assert_eq!(portability(pattern).is_ok(), is_portable, "{pattern}");
    }
    let document = serde_json::to_value(document(endpoints())).unwrap();
    let mut patterns = BTreeMap::new();
    each_schema(
        &document,
        &document,
        &mut BTreeSet::new(),
        "",
        &mut |place, schema| {
            if let Some(pattern) = schema["pattern"].as_str() {
                patterns.insert(place.to_owned(), pattern.to_owned());
            }
        },
    );
    assert!(patterns.len() > 10, "{patterns:?}");
    for (place, pattern) in &patterns {
        assert_eq!(portability(pattern), Ok(()), "{place}: {pattern}");
    }
}

#[test]
fn the_patterns_of_a_key_name_and_of_a_variable_accept_what_the_server_does() {
    let document = serde_json::to_value(document(endpoints())).unwrap();
    let schemas = &document["components"]["schemas"];
    let pattern = |schema: &Value| regex::Regex::new(schema["pattern"].as_str().unwrap()).unwrap();
    for schema in ["CreateApiKey", "PatchApiKey"] {
        let name = pattern(&schemas[schema]["properties"]["name"]);
        for c in (0..=0xffff).filter_map(char::from_u32) {
            for text in [format!("{c}"), format!("a{c}a")] {
                let expected = ori_shared::api_key::clean_name(&text).is_ok();
                assert_eq!(
                    name.is_match(&text),
                    expected,
                    "{schema} {}",
                    text.escape_unicode()
                );
            }
        }
    }
    let names = &schemas["PlaceCall"]["properties"]["variables"]["propertyNames"];
    let reserved = names["not"]["enum"].as_array().unwrap();
    for name in [
        "a",
        "_a",
        "a_",
        "é",
        "sip_candidate_headers",
        "sip_candidate_headers2",
        "ori_call_id",
        "ori",
    ] {
        let value = serde_json::value::RawValue::from_string("1".to_owned()).unwrap();
        let expected = ori_shared::call::stringify(BTreeMap::from([(name.to_owned(), value)])).is_ok();
        let described = pattern(names).is_match(name) && !reserved.contains(&json!(name));
        assert_eq!(described, expected, "{name}");
    }
}
