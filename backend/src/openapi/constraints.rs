//! Constraints between the fields of a body, which no attribute of a single field can express.

use serde_json::{Value, json};
use utoipa::Modify;
use utoipa::openapi::extensions::Extensions;
use utoipa::openapi::{OpenApi as Tree, RefOr, Schema};

/// Adds the rules.
pub(super) struct Constraints;

/// Two fields of a body that cannot both be given: the body's schema, the fields, and their type.
const EITHER: [(&str, [&str; 2], &str); 2] = [
    ("PlaceCall", ["variables", "connected_event"], "object"),
    ("CreateApiKey", ["expires_at", "expires_on"], "string"),
];

impl Modify for Constraints {
    fn modify(&self, document: &mut Tree) {
        let schemas = &mut document.components.get_or_insert_default().schemas;
        for (name, fields, kind) in EITHER {
            if let Some(RefOr::T(Schema::Object(object))) = schemas.get_mut(name) {
                // `not` is no extension, but the only member that utoipa has no name for.
                object.extensions = Some(Extensions::from_iter([("not", both(fields, kind))]));
            }
        }
    }
}

fn both(fields: [&str; 2], kind: &str) -> Value {
    let [first, second] = fields;
    json!({"required": fields, "properties": {first: {"type": kind}, second: {"type": kind}}})
}
