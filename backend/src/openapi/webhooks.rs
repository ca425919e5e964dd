//! Events that this server sends to a CRM.

use serde_json::json;
use utoipa::Modify;
use utoipa::openapi::example::Example;
use utoipa::openapi::path::{
    HttpMethod, Operation, OperationBuilder, Parameter, ParameterBuilder, ParameterIn,
};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{
    ContentBuilder, OpenApi as Tree, PathItem, Paths, Ref, Required, ResponseBuilder, Responses,
};

use super::samples;

/// Describes the events.
pub(super) struct Webhooks;

impl Modify for Webhooks {
    fn modify(&self, document: &mut Tree) {
        let mut paths = Paths::default();
        let item = PathItem::new(HttpMethod::Post, call_event());
        paths.paths.insert("callEvent".to_owned(), item);
        document.webhooks = Some(paths);
    }
}

const ABOUT: &str = "Sent to the webhook of the key that a call was made with when the call has ended, and when a later result \
     changes it. By [Standard Webhooks](https://www.standardwebhooks.com), whose libraries check the signature: do that before you \
     believe a word of the body.\n\nAn event is sent until it is answered with 2xx within 15 seconds, for more than three days, after \
     pauses that grow. It may come twice, so tell events apart by `webhook-id`; and events may overtake each other, so keep the \
     call with the later `data.updated_at`.";

fn call_event() -> Operation {
    let example = Example::builder()
        .summary("A conversation that ended")
        .value(Some(samples::event()))
        .build();
    let content = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name("CallEventPayload")))
        .examples_from_iter([("a_conversation_that_ended", example)])
        .build();
    let body = RequestBodyBuilder::new()
        .content("application/json", content)
        .required(Some(Required::True))
        .build();
    OperationBuilder::new()
        .tag("crm")
        .operation_id(Some("receiveCallEvent"))
        .summary(Some("A call has ended"))
        .description(Some(ABOUT))
        .parameters(Some(headers()))
        .request_body(Some(body))
        .responses(answers())
        .securities(Some([]))
        .build()
}

fn headers() -> [Parameter; 3] {
    let id = samples::DELIVERY_ID.to_string();
    let signature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
    [
        header(
            "webhook-id",
            "The event's id: the same in each attempt and each replay.",
            Type::String,
            json!(id),
        ),
        header(
            "webhook-timestamp",
            "When this attempt was made, in seconds since 1970. Refuse what is older than five minutes.",
            Type::Integer,
            json!(1_795_435_320),
        ),
        header(
            "webhook-signature",
            "One or more signatures, separated by spaces: `v1,` and the base64 of HMAC-SHA256 over `id.timestamp.body`. During the \
             24 hours after a rotation there is one by each secret.",
            Type::String,
            json!(signature),
        ),
    ]
}

fn header(name: &str, about: &str, kind: Type, example: serde_json::Value) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Header)
        .required(Required::True)
        .description(Some(about))
        .schema(Some(ObjectBuilder::new().schema_type(kind)))
        .example(Some(example))
        .build()
}

fn answers() -> Responses {
    let answer = |about: &str| ResponseBuilder::new().description(about).build();
    Responses::from_iter([
        ("2XX", answer("Taken. The body of the answer is not read.")),
        (
            "410",
            answer("Wanted no more: the webhook is switched off until its address is set again."),
        ),
        (
            "4XX",
            answer("Not taken; it is tried again. With 429, `Retry-After` is heeded."),
        ),
        (
            "5XX",
            answer("Not taken; it is tried again. With 503, `Retry-After` is heeded."),
        ),
    ])
}
