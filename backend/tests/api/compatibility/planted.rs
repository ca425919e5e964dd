//! The comparison finds what is planted, and nothing else.

use serde_json::{Value, json};

use super::breaks;
use super::current;

/// The document after a change to the member at that JSON pointer.
fn with(pointer: &str, change: impl FnOnce(&mut Value)) -> Value {
    let mut document = current();
    change(
        document
            .pointer_mut(pointer)
            .unwrap_or_else(|| panic!("no {pointer}")),
    );
    document
}

fn remove(from: &str, member: &str) -> Value {
    with(from, |object| {
        object.as_object_mut().unwrap().remove(member).unwrap();
    })
}

fn set(at: &str, member: &str, value: Value) -> Value {
    with(at, |object| object[member] = value)
}

const DIALOUT: &str = "/paths/~1api~1v1~1sip~1dialout";
const CALLS: &str = "/paths/~1api~1v1~1calls";

#[test]
fn each_planted_break_is_found() {
    let schemas = |name: &str| format!("/components/schemas/{name}");
    let planted = [
        (
            remove("/paths", "/api/v1/auth/whoami"),
            "GET /api/v1/auth/whoami: is gone",
        ),
        (
            remove(&format!("{DIALOUT}/post/responses"), "202"),
            "POST /api/v1/sip/dialout 202: is gone",
        ),
        (
            remove(
                &format!("{DIALOUT}/post/responses/200/headers"),
                "Idempotent-Replayed",
            ),
            "POST /api/v1/sip/dialout 200: header Idempotent-Replayed is gone",
        ),
        (
            remove(
                &format!("{DIALOUT}/post/responses/503/content/application~1problem+json/examples"),
                "no_capacity",
            ),
            "POST /api/v1/sip/dialout 503: code no_capacity is gone",
        ),
        (
            set(&format!("{DIALOUT}/post"), "operationId", json!("call")),
            "POST /api/v1/sip/dialout: operationId is another",
        ),
        (
            set(&format!("{DIALOUT}/post"), "security", json!([{"api_key": []}])),
            "POST /api/v1/sip/dialout: a proof is no longer taken",
        ),
        (
            set("/components/securitySchemes/api_key", "name", json!("X-Key")),
            "api_key: the proof is another",
        ),
        (
            with(&format!("{CALLS}/get/parameters"), |all| {
                all.as_array_mut().unwrap().remove(0);
            }),
            "GET /api/v1/calls parameter limit: is gone",
        ),
        (
            set(&format!("{CALLS}/get/parameters/0"), "required", json!(true)),
            "GET /api/v1/calls parameter limit: is required now",
        ),
        (
            set(&format!("{CALLS}/get/parameters/0/schema"), "maximum", json!(10)),
            "GET /api/v1/calls parameter limit: maximum is narrower",
        ),
        (
            remove(&format!("{}/properties", schemas("PlaceCall")), "call_reference"),
            "POST /api/v1/sip/dialout body/call_reference: is gone",
        ),
        (
            with(&format!("{}/required", schemas("PlaceCall")), |required| {
                required.as_array_mut().unwrap().push(json!("from_number"));
            }),
            "POST /api/v1/sip/dialout body: from_number is required now",
        ),
        (
            set(
                &format!("{}/properties/bot_id", schemas("PlaceCall")),
                "maxLength",
                json!(20),
            ),
            "POST /api/v1/sip/dialout body/bot_id: maxLength is narrower",
        ),
        (
            set(
                &format!("{}/properties/bot_id", schemas("PlaceCall")),
                "type",
                json!("integer"),
            ),
            "POST /api/v1/sip/dialout body/bot_id: is {\"integer\"}, not {\"string\"}",
        ),
        (
            with(&format!("{CALLS}/get/parameters"), |all| {
                let mut all = all.as_array_mut().unwrap().iter_mut();
                let status = all.find(|parameter| parameter["name"] == "status").unwrap();
                let values = status["schema"]["enum"].as_array_mut().unwrap();
                values.retain(|value| value != "queued");
            }),
            "GET /api/v1/calls parameter status: \"queued\" is no longer taken",
        ),
        (
            remove(&format!("{}/properties", schemas("PlacedCall")), "call_id"),
            "POST /api/v1/sip/dialout 200/call_id: is gone",
        ),
        (
            set(&schemas("PlacedCall"), "required", json!(["status"])),
            "POST /api/v1/sip/dialout 200: call_id may be missing",
        ),
        (
            set(
                &format!("{}/properties/name", schemas("WhoAmI")),
                "type",
                json!(["string", "null"]),
            ),
            "GET /api/v1/auth/whoami 200/name: is {\"null\", \"string\"}, not {\"string\"}",
        ),
        (
            remove(&format!("{}/properties", schemas("CallEventPayload")), "data"),
            "POST callEvent body/data: is gone",
        ),
        (remove("/webhooks", "callEvent"), "POST callEvent: is gone"),
    ];
    for (changed, expected) in planted {
        let found = breaks(&current(), &changed);
        assert!(
            found.iter().any(|line| line == expected),
            "{expected}\nfound: {found:#?}"
        );
    }
}

#[test]
fn what_only_adds_or_explains_is_no_break() {
    let additions = [
        current(),
        set(
            "/paths",
            "/api/v2/new",
            json!({"get": {"responses": {"200": {}}}}),
        ),
        set(
            "/components/schemas/PlaceCall/properties",
            "priority",
            json!({"type": "integer"}),
        ),
        set(
            "/components/schemas/PlacedCall/properties",
            "host",
            json!({"type": "string"}),
        ),
        set(
            "/components/schemas/PlaceCall/properties/bot_id",
            "maxLength",
            json!(500),
        ),
        set(
            "/components/schemas/PlaceCall/properties/bot_id",
            "description",
            json!("Who speaks."),
        ),
        set(
            &format!("{DIALOUT}/post/responses"),
            "418",
            json!({"description": "A teapot"}),
        ),
        with("/components/schemas/ErrorCode/x-extensible-enum", |codes| {
            codes.as_array_mut().unwrap().push(json!("new"));
        }),
        with(&format!("{CALLS}/get/parameters"), |all| {
            all.as_array_mut()
                .unwrap()
                .push(json!({"name": "new", "in": "query", "schema": {"type": "string"}}));
        }),
    ];
    for changed in additions {
        assert_eq!(breaks(&current(), &changed), Vec::<String>::new());
    }
}
