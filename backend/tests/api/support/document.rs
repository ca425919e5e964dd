use ori_backend::openapi::Document;
use reqwest::Method;
use serde_json::Value;
use utoipa::OpenApi as _;

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
        self.path.replace("{id}", id)
    }
}

/// Every operation of the document.
pub(crate) fn operations() -> Vec<Operation> {
    let document = serde_json::to_value(Document::openapi()).unwrap();
    let paths = document["paths"].as_object().unwrap();
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
