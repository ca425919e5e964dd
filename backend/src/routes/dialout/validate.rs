//! Validation of dialouts.

use ori_shared::call::{BOT_ID_MAX, PlaceCall, REFERENCE_MAX, stringify};
use ori_shared::error_code::ErrorCode;
use ori_shared::problem::FieldError;
use ori_shared::text::is_blank;
use ori_store::{Answer, CallOrder, IdempotencyRecord};
use sha2::{Digest as _, Sha256};

use super::canonical;
use crate::error::{ApiError, ApiResult};
use crate::phone;

/// Validates a dialout and reports all errors at once.
pub(super) fn check(sent: PlaceCall) -> ApiResult<CallOrder> {
    let mut faults = Faults::default();
    faults.check(
        "/bot_id",
        length(
            &sent.bot_id,
            BOT_ID_MAX,
            "Give a bot_id of 1 to 200 characters that is not blank.",
        ),
    );
    let to_number = faults.check("/to_number", phone::normalize(&sent.to_number));
    let from_number = sent
        .from_number
        .as_deref()
        .and_then(|raw| faults.check("/from_number", phone::normalize(raw)));
    if let Some(reference) = &sent.call_reference {
        faults.check(
            "/call_reference",
            length(
                reference,
                REFERENCE_MAX,
                "Give a call_reference of 1 to 255 characters that is not blank.",
            ),
        );
    }
    let (place, variables) = match (sent.variables, sent.connected_event) {
        (Some(_), Some(_)) => {
            faults.add(
                "/connected_event",
                "Give either variables or connected_event: they are the same.",
            );
            ("/variables", None)
        }
        (None, Some(event)) => ("/connected_event", Some(event)),
        (variables, None) => ("/variables", variables),
    };
    let variables = stringify(variables.unwrap_or_default()).map_err(|(name, fault)| {
        let name = name.replace('~', "~0").replace('/', "~1");
        faults.add(&format!("{place}/{name}"), fault);
    });
    match (to_number, variables) {
        (Some(to_number), Ok(variables)) if faults.0.is_empty() => Ok(CallOrder {
            bot_id: sent.bot_id,
            to_number,
            to_number_raw: sent.to_number,
            from_number,
            from_number_raw: sent.from_number,
            variables,
            call_reference: sent.call_reference,
        }),
        _ => Err(ApiError::fields(ErrorCode::ValidationFailed, faults.0)),
    }
}

/// What makes repeating the request safe, with the answer where it is known already: the header, else the caller's own
/// name for the call. The two cannot meet.
pub(super) fn claim(
    header: Option<String>,
    order: &CallOrder,
    answer: Option<Answer>,
) -> Option<IdempotencyRecord> {
    let idempotency_key = match (header, &order.call_reference) {
        (Some(key), _) => format!("header {key}"),
        (None, Some(reference)) => format!("reference {reference}"),
        (None, None) => return None,
    };
    let waits = answer.is_some();
    let variables = order.variables.iter();
    let canonical = variables.map(|(name, value)| (name.as_str(), canonical::of(value)));
    Some(IdempotencyRecord {
        idempotency_key,
        fingerprint: fingerprint(order, canonical, waits),
        // Former releases compared values by their bytes. Of most calls both are the same.
        former_fingerprint: fingerprint(order, order.variables.iter(), waits),
        answer,
    })
}

/// Each part with its length in front, so that no two requests run together into the same bytes.
fn fingerprint<N: AsRef<str>, V: AsRef<str>>(
    order: &CallOrder,
    variables: impl Iterator<Item = (N, V)>,
    waits: bool,
) -> [u8; 32] {
    let mut hash = Sha256::new();
    let mut add = |part: &str| {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    };
    add(if waits { "queued" } else { "at once" });
    add(&order.bot_id);
    add(&order.to_number);
    add(order.from_number.as_deref().unwrap_or_default());
    add(order.call_reference.as_deref().unwrap_or_default());
    for (name, value) in variables {
        add(name.as_ref());
        add(value.as_ref());
    }
    hash.finalize().into()
}

fn length(text: &str, max: usize, fault: &'static str) -> Result<(), &'static str> {
    let fits = text.chars().count() <= max && !is_blank(text) && !text.contains(char::is_control);
    fits.then_some(()).ok_or(fault)
}

#[derive(Default)]
struct Faults(Vec<FieldError>);

impl Faults {
    fn add(&mut self, pointer: &str, detail: &str) {
        self.0.push(FieldError {
            pointer: pointer.to_owned(),
            detail: detail.to_owned(),
        });
    }

    fn check<T>(&mut self, pointer: &str, checked: Result<T, &'static str>) -> Option<T> {
        checked.map_err(|detail| self.add(pointer, detail)).ok()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn sent(body: serde_json::Value) -> PlaceCall {
        serde_json::from_value(body).unwrap()
    }

    #[test]
    fn requests_that_mean_the_same_have_the_same_fingerprint_and_others_do_not() {
        let base = json!({"bot_id": "b", "to_number": "+919876543210", "variables": {"a": "1", "c": "2"}});
        let print = |body| {
            let order = check(sent(body)).ok().unwrap();
            claim(Some("k".to_owned()), &order, None).unwrap().fingerprint
        };
        let same =
            json!({"to_number": "91 98765 43210", "connected_event": {"c": 2, "a": "1"}, "bot_id": "b"});
        assert_eq!(print(base.clone()), print(same));
        for (field, value) in [
            ("bot_id", json!("B")),
            ("to_number", json!("+14155550100")),
            ("variables", json!({"a": "12"})),
        ] {
            let mut other = base.clone();
            other[field] = value;
            assert_ne!(print(base.clone()), print(other), "{field}");
        }
    }

    /// The fingerprints of records that are in databases: a repetition has to match them after an upgrade.
    #[test]
    fn the_fingerprint_of_a_former_release_is_made_as_it_was() {
        let body =
            json!({"bot_id": "b", "to_number": "+919876543210", "variables": {"a": [2.0, 1], "c": "2"}});
        let order = check(sent(body)).ok().unwrap();
        let claim = claim(Some("k".to_owned()), &order, None).unwrap();
        assert_eq!(
            hex(&claim.former_fingerprint),
            "32849a34efeb7fd32fc7c5ad82fe1013b0e1f063ce38161d108d87fd893c314e"
        );
        assert_ne!(claim.fingerprint, claim.former_fingerprint);
    }

    #[test]
    fn a_plain_request_has_the_fingerprint_that_former_releases_gave_it() {
        let body = json!({"bot_id": "b", "to_number": "+919876543210", "variables": {"name": "Rajesh", "due": 50000}});
        let order = check(sent(body)).ok().unwrap();
        let claim = claim(Some("k".to_owned()), &order, None).unwrap();
        assert_eq!(claim.fingerprint, claim.former_fingerprint);
    }

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}
