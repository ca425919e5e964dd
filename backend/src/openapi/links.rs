//! Links from a response to the operations on the resource that it names.

use utoipa::Modify;
use utoipa::openapi::link::Link;
use utoipa::openapi::{OpenApi as Tree, RefOr};

use super::{endpoint_of, operations};
use crate::endpoint::Endpoint;

/// Adds the links of the endpoints.
pub(super) struct Links<'a>(pub(super) &'a [Endpoint]);

impl Modify for Links<'_> {
    fn modify(&self, document: &mut Tree) {
        for (_, operation) in operations(document) {
            let links = endpoint_of(self.0, operation).map_or(&[][..], |endpoint| &endpoint.links);
            for link in links {
                let status = link.status.to_string();
                let Some(RefOr::T(response)) = operation.responses.responses.get_mut(&status) else {
                    continue;
                };
                for target in link.operations {
                    let to = Link::builder()
                        .operation_id(*target)
                        .parameter("id", link.id)
                        .build();
                    response.links.insert((*target).to_owned(), RefOr::T(to));
                }
            }
        }
    }
}
