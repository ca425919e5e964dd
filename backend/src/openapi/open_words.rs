//! Words that a response may gain later.
//!
//! An `enum` in a response breaks generated clients on the first value that they do not know. So the response schemas
//! list their known values as `x-extensible-enum`. What a client sends has a closed `enum`.

use serde_json::Value;
use utoipa::Modify;
use utoipa::openapi::extensions::Extensions;
use utoipa::openapi::{Object, OpenApi as Tree, RefOr, Schema};

use super::operations;

/// Opens the `enum` of each named schema and header, and closes it again in the parameters that refer to one.
pub(super) struct OpenWords;

impl Modify for OpenWords {
    fn modify(&self, document: &mut Tree) {
        let components = document.components.get_or_insert_default();
        let closed = components.schemas.clone();
        let headers = components.headers.values_mut().filter_map(|header| match header {
            RefOr::T(header) => header.schema.as_mut(),
            RefOr::Ref(_) => None,
        });
        for schema in components.schemas.values_mut().chain(headers) {
            if let RefOr::T(Schema::Object(object)) = schema {
                open(object);
            }
        }
        for (_, operation) in operations(document) {
            for parameter in operation.parameters.iter_mut().flatten() {
                if let RefOr::T(parameter) = parameter
                    && let Some(schema) = &mut parameter.schema
                    && let RefOr::Ref(reference) = &*schema
                    && let Some(name) = reference.ref_location.strip_prefix("#/components/schemas/")
                    && let Some(original) = closed.get(name)
                {
                    *schema = original.clone();
                }
            }
        }
    }
}

fn open(object: &mut Object) {
    if let Some(values) = object.enum_values.take() {
        let extensions = object.extensions.get_or_insert_default();
        extensions.merge(Extensions::from_iter([(
            "x-extensible-enum",
            Value::Array(values),
        )]));
        let description = object.description.get_or_insert_default();
        if !description.ends_with(NEW_ONES) {
            description.push_str(NEW_ONES);
        }
    }
}

const NEW_ONES: &str = " New ones may come.";
