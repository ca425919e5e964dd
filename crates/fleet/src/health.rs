//! Validation of health responses (platform, section 3).

use ori_shared::fleet::WorkerStatus;
use serde_json::{Map, Value};

use crate::sanitize;

/// A valid health response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Health {
    pub(crate) calls: u64,
    pub(crate) max: u64,
    pub(crate) available: u64,
    pub(crate) simulated: bool,
    pub(crate) workers: Vec<WorkerStatus>,
    /// Number drawn before the request, if other consoles assign calls to the same hosts.
    pub(crate) number: Option<i64>,
}

impl Health {
    /// Parses the body of a 2xx response.
    ///
    /// # Errors
    /// Returns the violated rule. The text repeats nothing of the body.
    pub(crate) fn read(body: &[u8]) -> Result<Self, String> {
        let Ok(Value::Object(answer)) = serde_json::from_slice(body) else {
            return Err("the health response is not a JSON object".to_owned());
        };
        if answer.get("status").and_then(Value::as_str) != Some("ok") {
            return Err("the health response does not have the status \"ok\"".to_owned());
        }
        let health = Self {
            calls: whole(&answer, "fleet_calls")?,
            max: whole(&answer, "fleet_max")?,
            available: whole(&answer, "fleet_available")?,
            simulated: answer.get("simulated") == Some(&Value::Bool(true)),
            workers: workers(&answer)?,
            number: None,
        };
        if health.available > health.max {
            return Err("the health response has fleet_available greater than fleet_max".to_owned());
        }
        Ok(health)
    }
}

fn whole(answer: &Map<String, Value>, name: &str) -> Result<u64, String> {
    answer
        .get(name)
        .and_then(Value::as_u64)
        .ok_or_else(|| format!("the health response has no non-negative integer {name}"))
}

/// Returns the required list of workers. Invalid entries are skipped, because they are only displayed.
fn workers(answer: &Map<String, Value>) -> Result<Vec<WorkerStatus>, String> {
    match answer.get("workers") {
        Some(Value::Array(entries)) => Ok(entries.iter().filter_map(worker).collect()),
        _ => Err("the health response has no list of workers".to_owned()),
    }
}

fn worker(entry: &Value) -> Option<WorkerStatus> {
    let port = entry.get("port")?.as_u64()?;
    let status = entry.get("status").and_then(Value::as_str);
    Some(WorkerStatus {
        port: port.try_into().ok()?,
        calls: entry.get("calls").and_then(Value::as_u64),
        status: status.and_then(sanitize::single_line),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn answer() -> Value {
        json!({"status": "ok", "fleet_calls": 8, "fleet_max": 20, "fleet_available": 12,
               "workers": [{"port": 8001, "calls": 3, "pid": 1}, {"port": 8002, "status": "unreachable"}]})
    }

    fn read(answer: &Value) -> Result<Health, String> {
        Health::read(answer.to_string().as_bytes())
    }

    fn with(field: &str, value: Value) -> Result<Health, String> {
        let mut answer = answer();
        answer[field] = value;
        read(&answer)
    }

    #[test]
    fn a_valid_response_is_parsed_completely() {
        let health = read(&answer()).unwrap();
        assert_eq!((health.calls, health.max, health.available), (8, 20, 12));
        assert!(!health.simulated);
        let workers: Vec<_> = health
            .workers
            .iter()
            .map(|w| (w.port, w.calls, w.status.as_deref()))
            .collect();
        assert_eq!(
            workers,
            [(8001, Some(3), None), (8002, None, Some("unreachable"))]
        );
    }

    #[test]
    fn unknown_fields_are_allowed_and_a_simulated_host_is_recognized() {
        assert!(with("region", json!("eu")).is_ok());
        assert!(with("simulated", json!(true)).unwrap().simulated);
        assert!(!with("simulated", json!("true")).unwrap().simulated);
    }

    #[test]
    fn each_violated_rule_invalidates_the_response() {
        for status in [json!("OK"), json!("degraded"), json!(true), json!(null)] {
            assert!(with("status", status).is_err());
        }
        for count in ["fleet_calls", "fleet_max", "fleet_available"] {
            for wrong in [
                json!(-1),
                json!(8.0),
                json!(1.5),
                json!("8"),
                json!(null),
                json!([1]),
            ] {
                assert!(with(count, wrong.clone()).is_err(), "{count} {wrong}");
            }
        }
        assert!(with("fleet_available", json!(21)).is_err());
        for list in [json!({}), json!("none"), json!(null), json!(2)] {
            assert!(with("workers", list).is_err());
        }
        for field in ["status", "fleet_calls", "fleet_max", "fleet_available", "workers"] {
            let mut answer = answer();
            answer.as_object_mut().unwrap().remove(field);
            assert!(read(&answer).is_err(), "{field}");
        }
        for body in ["", "ok", "[]", "null", "{\"status\":\"ok\"", "\u{feff}{}"] {
            assert!(Health::read(body.as_bytes()).is_err(), "{body}");
        }
    }

    #[test]
    fn invalid_workers_are_skipped() {
        let health = with(
            "workers",
            json!([1, null, {"port": 70000}, {"port": "8001"}, {"port": 8001}]),
        );
        assert_eq!(health.unwrap().workers.len(), 1);
    }

    #[test]
    fn an_error_names_the_field_without_its_value() {
        let why = with("fleet_max", json!("s3cret")).unwrap_err();
        assert!(why.contains("fleet_max") && !why.contains("s3cret"), "{why}");
    }

    proptest! {
        #[test]
        fn a_valid_response_never_has_more_available_than_its_maximum(calls: u64, max: u64, available: u64) {
            let health = read(&json!({"status": "ok", "fleet_calls": calls, "fleet_max": max,
                                      "fleet_available": available, "workers": []}));
            prop_assert_eq!(health.is_ok(), available <= max);
        }

        #[test]
        fn no_body_makes_the_parser_panic(body: Vec<u8>) {
            let _ = Health::read(&body);
        }
    }
}
