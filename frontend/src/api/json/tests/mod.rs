//! What serde has written is read as it was, and the other way round.

mod sent;
mod told;

use std::fmt::Debug;

use chrono::{DateTime, Utc};
use ori_shared::api_key::{ApiKeyView, KeyStatus};
use ori_shared::error_code::ErrorCode;
use ori_shared::problem::{FieldError, Problem};
use serde::Serialize;
use uuid::Uuid;

use super::{Json, Read};

fn read<T: Read>(text: &str) -> Option<T> {
    T::read(&Json::parse(text)?)
}

fn survives<T: Serialize + Read + PartialEq + Debug>(value: &T) {
    let text = serde_json::to_string(value).unwrap();
    assert_eq!(read(&text).as_ref(), Some(value), "{text}");
}

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000 + seconds, 123_456_000).unwrap()
}

fn id(number: u128) -> Uuid {
    Uuid::from_u128(number << 100 | number)
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn key(last_used_at: Option<DateTime<Utc>>, created_by: Option<String>) -> ApiKeyView {
    ApiKeyView {
        id: id(1),
        name: "“CRM”\n😀".to_owned(),
        key_prefix: "ori_2x8".to_owned(),
        status: KeyStatus::Expired,
        is_active: true,
        expires_at: last_used_at,
        last_used_at,
        created_at: at(0),
        updated_at: at(1),
        created_by,
    }
}

#[test]
fn problems() {
    for code in ErrorCode::ALL {
        let errors = vec![FieldError {
            pointer: "/name".to_owned(),
            detail: "Wrong.".to_owned(),
        }];
        let problem = |errors, call_id| Problem {
            kind: format!("/problems/{}", code.as_str()),
            title: code.title().to_owned(),
            status: code.status(),
            code: *code,
            detail: "D".to_owned(),
            request_id: "r".to_owned(),
            errors,
            call_id,
        };
        survives(&problem(errors, Some(id(5))));
        survives(&problem(Vec::new(), None));
    }
}

#[test]
fn what_is_of_another_shape_is_refused() {
    let good = serde_json::to_value(key(None, None)).unwrap();
    for (field, wrong) in [
        ("id", "7".into()),
        ("name", 7.into()),
        ("status", "sleeping".into()),
        ("is_active", "true".into()),
        ("created_at", "yesterday".into()),
        ("created_by", false.into()),
    ] {
        let mut bad = good.clone();
        bad[field] = wrong;
        assert_eq!(read::<ApiKeyView>(&bad.to_string()), None, "{field}");
    }
    for wrong in ["-1", "0.5", "65536", "\"1\"", "null", "[1]"] {
        assert_eq!(read::<u16>(wrong), None, "{wrong}");
    }
    assert_eq!(read::<ApiKeyView>("[]"), None);
    assert_eq!(read::<Vec<String>>("{}"), None);
}
