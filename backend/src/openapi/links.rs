//! Where an answer leads: what it names can be asked for.

use utoipa::Modify;
use utoipa::openapi::link::Link;
use utoipa::openapi::{OpenApi as Tree, RefOr};

use super::{name, operations};

/// Adds the links.
pub(super) struct Links;

/// From the answer of that operation with that status, where the id stands, to other operations.
const LINKS: [(&str, &str, &str, &[&str]); 4] = [
    ("placeCall", "200", "$response.body#/call_id", &["showCall"]),
    ("placeCall", "202", "$response.body#/call_id", &["showCall"]),
    (
        "createApiKey",
        "201",
        "$response.body#/id",
        &["showApiKey", "changeApiKey", "deleteApiKey", "setWebhook"],
    ),
    (
        "setWebhook",
        "201",
        "$request.path.id",
        &["showWebhook", "rotateWebhookSecret", "removeWebhook"],
    ),
];

impl Modify for Links {
    fn modify(&self, document: &mut Tree) {
        for (_, operation) in operations(document) {
            let name = name(operation).to_owned();
            for (_, status, id, targets) in LINKS.iter().filter(|(from, ..)| *from == name) {
                let Some(RefOr::T(response)) = operation.responses.responses.get_mut(*status) else {
                    continue;
                };
                for target in *targets {
                    let link = Link::builder().operation_id(*target).parameter("id", *id).build();
                    response.links.insert((*target).to_owned(), RefOr::T(link));
                }
            }
        }
    }
}
