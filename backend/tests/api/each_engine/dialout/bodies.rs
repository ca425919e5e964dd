//! Bodies and queries that a CRM's tools send in their own way.

use ori_fixtures::DIALOUT;
use reqwest::header::{CONTENT_ENCODING, CONTENT_TYPE};

use super::*;
use ori_shared::call::CallPage;
use ori_shared::error_code::ErrorCode;

const PLAIN: &str = r#"{"bot_id":"bot","to_number":"+919876543210"}"#;

#[tokio::test]
async fn a_byte_order_mark_is_skipped() {
    let stage = Stage::with_workers(2).await;
    let answer = stage.key.post_text(DIALOUT, format!("\u{feff}{PLAIN}")).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let twice = stage
        .key
        .post_text(DIALOUT, format!("\u{feff}\u{feff}{PLAIN}"))
        .await;
    twice.problem(ErrorCode::MalformedJson);
}

#[tokio::test]
async fn a_body_with_a_content_coding_is_refused_whatever_it_holds() {
    let stage = Stage::with_workers(2).await;
    let post = async |coding: &'static str, body: Vec<u8>| {
        let request = stage.key.request(Method::POST, DIALOUT);
        let request = request
            .header(CONTENT_TYPE, "application/json")
            .header(CONTENT_ENCODING, coding);
        send(request.body(body)).await
    };
    let gzip = b"\x1f\x8b\x08\0\0\0\0\0\0\x03\xab\xae\x05\0\x43\xbf\xa6\xa3\x02\0\0\0";
    for (coding, body) in [
        ("gzip", gzip.to_vec()),
        ("gzip", PLAIN.into()),
        ("br", PLAIN.into()),
        ("identity, gzip", PLAIN.into()),
    ] {
        let answer = post(coding, body).await;
        answer.problem(ErrorCode::UnsupportedEncoding);
        assert_eq!(answer.header("accept-encoding"), Some("identity"), "{coding}");
    }
    assert_eq!(post("identity", PLAIN.into()).await.status, 200);
    assert_eq!(stage.host.dialled().len(), 1);
}

#[tokio::test]
async fn a_variable_that_is_given_twice_is_refused_by_name() {
    let stage = Stage::with_workers(2).await;
    for place in ["variables", "connected_event"] {
        let body = format!(
            r#"{{"bot_id":"bot","to_number":"+919876543210","{place}":{{"due":1,"name":"Rajesh","due":2}}}}"#
        );
        let problem = stage
            .key
            .post_text(DIALOUT, body)
            .await
            .problem(ErrorCode::InvalidBody);
        assert_eq!(problem.detail, "The field `due` stands there twice.");
        assert!(problem.errors[0].pointer.starts_with(&format!("/{place}")));
    }
    assert!(stage.host.dialled().is_empty());
}

#[tokio::test]
async fn a_variable_that_is_null_is_left_out() {
    let stage = Stage::with_workers(2).await;
    let mut body = body();
    body["variables"] = json!({"name": "Rajesh", "due": null, "plan": [null]});
    let placed: PlacedCall = stage.place(body).await.json();
    let variables = stage.call(placed.call_id).await.details.unwrap().variables;
    let given: Vec<_> = variables
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    assert_eq!(given, [("name", "Rajesh"), ("plan", "[null]")]);
}

#[tokio::test]
async fn an_instant_that_no_engine_can_store_is_refused_and_any_other_is_read() {
    let stage = Stage::with_workers(1).await;
    for name in ["from", "until"] {
        for (time, verdict) in [
            ("0000-01-01T00:00:00Z", "200"),
            ("9999-12-31T23:59:59Z", "200"),
            ("2026-11-23T12:00:00%2B05:30", "200"),
            ("-10000-01-01T00:00:00Z", "422 validation_failed"),
            ("%2B12345-01-01T00:00:00Z", "422 validation_failed"),
            ("2026-11-23T12:00:00+05:30", "400 malformed_query"),
        ] {
            let answer = stage.key.get(&format!("/api/v1/calls?{name}={time}")).await;
            assert_eq!(answer.verdict(), verdict, "{name}={time}");
        }
    }
}

/// Characters that are invisible in every script.
const BLANKS: [&str; 8] = [
    "",
    " ",
    "\u{a0}",
    "\u{3000}",
    "\u{200b}",
    "\u{feff}\u{2060}",
    "\u{3164}",
    "\u{ad} \u{fe0f}",
];

#[tokio::test]
async fn a_blank_text_is_refused_in_every_field_of_every_request() {
    let stage = Stage::with_workers(1).await;
    let key = format!("/api/v1/api-keys/{}", stage.key_id);
    let hook = format!("{key}/webhook");
    for blank in BLANKS {
        for (pointer, field) in [
            ("/bot_id", json!({"bot_id": blank})),
            ("/call_reference", json!({"call_reference": blank})),
            ("/to_number", json!({"to_number": blank})),
            ("/from_number", json!({"from_number": blank})),
        ] {
            let mut call = body();
            call.as_object_mut()
                .unwrap()
                .extend(field.as_object().unwrap().clone());
            refused(&stage.place(call).await, pointer, blank);
        }
        for variables in ["variables", "connected_event"] {
            let mut call = body();
            call[variables] = json!({blank: "x"});
            refused(&stage.place(call).await, &format!("/{variables}/{blank}"), blank);
        }
        let created = stage.admin.post("/api/v1/api-keys", json!({"name": blank})).await;
        refused(&created, "/name", blank);
        refused(
            &stage.admin.patch(&key, json!({"name": blank})).await,
            "/name",
            blank,
        );
        refused(
            &stage.admin.put(&hook, json!({"url": blank})).await,
            "/url",
            blank,
        );
        let timezone = stage
            .admin
            .patch("/api/v1/settings", json!({"timezone": blank}))
            .await;
        refused(&timezone, "/timezone", blank);
    }
    for blank in ["", " ", "\"\"", "\"  \""] {
        let answer = stage.place_as(blank, &body()).await;
        assert_eq!(answer.status, 400 + 22, "{blank:?}");
    }
    assert_eq!(stage.host.dialled().len(), 0);
    let calls: CallPage = stage.admin.get("/api/v1/calls").await.json();
    assert_eq!(calls.items, []);
}

#[tokio::test]
async fn the_first_admin_has_no_blank_email_or_password() {
    let app = TestApp::new_install().await;
    let token = app
        .setup_url
        .as_deref()
        .unwrap()
        .split_once('#')
        .unwrap()
        .1
        .to_owned();
    for blank in BLANKS {
        let set_up = async |email: &str, password: &str| {
            let body = json!({"token": token, "email": email, "password": password});
            app.anonymous().post("/api/v1/setup", body).await
        };
        let long = blank.repeat(8);
        refused(&set_up(blank, "correct horse battery").await, "/email", blank);
        refused(&set_up("ada@example.com", &long).await, "/password", blank);
    }
}

fn refused(answer: &Answer, pointer: &str, blank: &str) {
    let problem = answer.problem(ErrorCode::ValidationFailed);
    let pointers: Vec<&str> = problem
        .errors
        .iter()
        .map(|error| error.pointer.as_str())
        .collect();
    assert_eq!(pointers, [pointer], "{blank:?}");
}
