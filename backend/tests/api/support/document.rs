use ori_backend::openapi::document;
use ori_backend::router::endpoints;
use std::sync::LazyLock;

use reqwest::Method;
use serde_json::Value;

/// An operation of the OpenAPI document.
#[derive(Clone, Debug)]
pub(crate) struct Operation {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) takes_body: bool,
    tags: Vec<String>,
}

impl Operation {
    /// Whether it is for people in the console.
    pub(crate) fn is_for_people(&self) -> bool {
        self.tags.iter().any(|tag| tag == "console")
    }

    pub(crate) fn changes_something(&self) -> bool {
        !self.method.is_safe()
    }

    /// Its address, with that id where one belongs.
    pub(crate) fn address(&self, id: &str) -> String {
        self.path.replace("{id}", id).replace("{code}", id)
    }
}

static DOCUMENT: LazyLock<Value> = LazyLock::new(|| serde_json::to_value(document(endpoints())).unwrap());

/// What was answered is in the document: the status, and the code of the problem where it is one.
///
/// An address that is none of the document's, and a method that an address does not take, are described as a whole.
pub(crate) fn check_documented(method: &Method, path: &str, status: u16, code: Option<&str>) {
    let paths = DOCUMENT["paths"].as_object().unwrap();
    let Some((pattern, item)) = paths.iter().find(|(pattern, _)| is_at(pattern, path)) else {
        return;
    };
    let method = if method == Method::HEAD {
        &Method::GET
    } else {
        method
    };
    let Some(operation) = item.get(method.as_str().to_lowercase()) else {
        assert_eq!(code, Some("method_not_allowed"), "{method} {pattern}");
        return;
    };
    let answer = &operation["responses"][status.to_string()];
    assert!(
        answer.is_object(),
        "{method} {pattern} answered {status}, which is not documented"
    );
    if let Some(code) = code {
        let shown = &answer["content"]["application/problem+json"]["examples"][code];
        assert!(
            shown.is_object(),
            "{method} {pattern} answered {status} {code}, which is not documented"
        );
    }
}

fn is_at(pattern: &str, path: &str) -> bool {
    let (mut pattern, mut path) = (pattern.split('/'), path.split('/'));
    loop {
        match (pattern.next(), path.next()) {
            (None, None) => return true,
            (Some(expected), Some(part))
                if expected == part || (expected.starts_with('{') && !part.is_empty()) => {}
            _ => return false,
        }
    }
}

/// Every operation of the document.
pub(crate) fn operations() -> Vec<Operation> {
    let paths = DOCUMENT["paths"].as_object().unwrap();
    let mut all = Vec::new();
    for (path, item) in paths {
        for (method, operation) in item.as_object().unwrap() {
            // A path has other members than its methods.
            if let Ok(method) = method.to_uppercase().parse()
                && operation.get("responses").is_some()
            {
                all.push(read(method, path, operation));
            }
        }
    }
    all
}

fn read(method: Method, path: &str, operation: &Value) -> Operation {
    Operation {
        method,
        path: path.to_owned(),
        takes_body: operation.get("requestBody").is_some(),
        tags: serde_json::from_value(operation["tags"].clone()).unwrap(),
    }
}
