//! The OpenAPI document is what the server does.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use ori_backend::openapi::Document;
use ori_shared::error_code::ErrorCode;
use reqwest::Method;
use utoipa::OpenApi as _;

use crate::support::{Caller as _, TestApp, operations, send};

#[test]
fn the_written_document_is_fresh() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../openapi.yaml");
    let written = fs::read_to_string(path).unwrap_or_default();
    assert!(
        written == Document::openapi().to_yaml().unwrap(),
        "openapi.yaml is stale: run `cargo xtask openapi`"
    );
}

#[tokio::test]
async fn the_server_serves_the_same_document() {
    let app = TestApp::start().await;
    let yaml = app.anonymous().get("/openapi.yaml").await;
    assert_eq!(yaml.text(), Document::openapi().to_yaml().unwrap());
    let json = app.anonymous().get("/openapi.json").await;
    assert_eq!(json.value(), serde_json::to_value(Document::openapi()).unwrap());
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
