//! One form for each JSON value, however it is written.

use std::borrow::Cow;
use std::collections::BTreeMap;

use ori_shared::call::VARIABLE_DEPTH_MAX;
use serde_json::value::RawValue;

/// The canonical form of a variable's text: objects in the order of their names, without spaces, and numbers without
/// superfluous digits. A text that is not JSON is its own form.
pub(super) fn of(text: &str) -> Cow<'_, str> {
    let is_plain = !text.starts_with(['{', '[', '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
    if is_plain {
        return text.into();
    }
    serde_json::from_str::<&RawValue>(text)
        .ok()
        .and_then(|value| canonical(value.get(), VARIABLE_DEPTH_MAX))
        .map_or(text.into(), Cow::Owned)
}

/// `None` if the value is nested deeper than that.
fn canonical(json: &str, depth: usize) -> Option<String> {
    match json.as_bytes().first()? {
        b'{' => {
            let fields: BTreeMap<String, &RawValue> = serde_json::from_str(json).ok()?;
            let below = depth.checked_sub(1)?;
            let fields = fields.into_iter().map(|(name, value)| {
                let name = serde_json::to_string(&name).ok()?;
                Some(format!("{name}:{}", canonical(value.get(), below)?))
            });
            Some(format!("{{{}}}", fields.collect::<Option<Vec<_>>>()?.join(",")))
        }
        b'[' => {
            let items: Vec<&RawValue> = serde_json::from_str(json).ok()?;
            let below = depth.checked_sub(1)?;
            let items = items.into_iter().map(|item| canonical(item.get(), below));
            Some(format!("[{}]", items.collect::<Option<Vec<_>>>()?.join(",")))
        }
        b'"' => serde_json::to_string(&serde_json::from_str::<String>(json).ok()?).ok(),
        b'-' | b'0'..=b'9' => Some(number(json)),
        _ => Some(json.to_owned()),
    }
}

/// The number with an exponent only if it is not whole: `50000.0`, `5e4` and `50000` are one. No digit is lost.
fn number(json: &str) -> String {
    let (mantissa, exponent) = json.split_once(['e', 'E']).unwrap_or((json, "0"));
    let (sign, mantissa) = mantissa
        .strip_prefix('-')
        .map_or(("", mantissa), |rest| ("-", rest));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = [whole, fraction].concat();
    let significant = digits.trim_start_matches('0').trim_end_matches('0');
    if significant.is_empty() {
        return "0".to_owned();
    }
    let dropped = digits.len() - digits.trim_end_matches('0').len();
    let Some(exponent) = exponent.parse::<i64>().ok().and_then(|exponent| {
        exponent.checked_add(i64::try_from(dropped).ok()? - i64::try_from(fraction.len()).ok()?)
    }) else {
        return json.to_owned();
    };
    match usize::try_from(exponent) {
        Ok(zeros) if zeros <= ZEROS_MAX => format!("{sign}{significant}{}", "0".repeat(zeros)),
        _ => format!("{sign}{significant}e{exponent}"),
    }
}

/// Maximum number of zeros that are written out.
const ZEROS_MAX: usize = 30;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_means_the_same_has_one_form() {
        for same in [
            &[
                "50000",
                "50000.0",
                "50000.000",
                "5e4",
                "5E+4",
                "0.5e5",
                "500000e-1",
            ][..],
            &["0", "-0", "0.0", "0e9"],
            &["-1.5", "-1.50", "-15e-1", "-0.15E1"],
            &[
                r#"{"a":1,"b":2}"#,
                r#"{"b":2,"a":1}"#,
                r#"{ "b" : 2.0, "a": 1e0 }"#,
                "{\"a\":1,\n\"b\":2}",
            ],
            &[r#"[{"x":"\u00e9"}]"#, r#"[ {"x": "é"} ]"#],
            &["[true,null]", "[ true , null ]"],
        ] {
            for text in same {
                assert_eq!(of(text), of(same[0]), "{text}");
            }
        }
    }

    #[test]
    fn what_means_something_else_has_another_form() {
        let all = [
            "1",
            "10",
            "-1",
            "0.1",
            "1e31",
            "1e99999999999999999999",
            "123456789012345678901234567890",
            "123456789012345678901234567891",
            "[1,2]",
            "[2,1]",
            "[12]",
            r#"["1"]"#,
            "[]",
            "{}",
            r#"{"a":1}"#,
            r#"{"a":"1"}"#,
            r#"{"b":1}"#,
            "true",
            "null",
            "007",
            "1.",
            "Rajesh",
            "[1,",
            "",
        ];
        for (at, one) in all.iter().enumerate() {
            for other in &all[at + 1..] {
                assert_ne!(of(one), of(other));
            }
        }
    }

    #[test]
    fn a_plain_text_and_a_plain_number_are_their_own_form() {
        for text in [
            "",
            "Rajesh",
            "50000",
            "-7",
            "0.5x",
            "007",
            "{",
            "[[",
            &"[".repeat(100_000),
        ] {
            assert_eq!(of(text), text);
        }
    }

    proptest! {
        #[test]
        fn a_form_is_its_own_form(text in r#"[-0-9.eE+]{0,12}|[\[\]{},:"a0-9. ]{0,16}"#) {
            let form = of(&text).into_owned();
            prop_assert_eq!(of(&form), form.clone());
        }
    }
}
