//! Phone numbers: E.164 (ITU-T), as the voice fleet dials them.

/// The longest text that is read as a number, in characters.
pub const RAW_MAX: usize = 64;

/// The number in E.164: `+`, a first digit from 1 to 9, at most 15 digits.
///
/// Spaces, dashes, dots and brackets are dropped; `91…` without `+` gets one (platform, section 2).
///
/// # Errors
/// A sentence for whoever sent it. It does not repeat the number.
pub fn normalize(raw: &str) -> Result<String, &'static str> {
    if raw.chars().count() > RAW_MAX {
        return Err("Give a number of at most 64 characters.");
    }
    let mut number = without_separators(raw);
    if number.starts_with("91") {
        number.insert(0, '+');
    }
    let digits = number
        .strip_prefix('+')
        .ok_or("Give the number with its country code, such as +919876543210.")?;
    if !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return Err("Give a number of digits only, such as +919876543210.");
    }
    match (digits.bytes().next(), digits.len()) {
        (Some(b'1'..=b'9'), 2..=15) => Ok(number),
        (Some(b'0'), _) => Err("Give the number with its country code, which does not start with 0."),
        _ => Err("Give a number of at most 15 digits, such as +919876543210."),
    }
}

/// The beginning of a number in E.164, from what a person typed of it; `None` where that is no number.
#[must_use]
pub fn prefix(typed: &str) -> Option<String> {
    let typed = without_separators(typed);
    let digits = typed.strip_prefix('+').unwrap_or(&typed);
    let is_number = !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit());
    is_number.then(|| format!("+{digits}"))
}

/// The number as it is shown to people who need not know it: all but the first three and the last two digits hidden.
#[must_use]
pub fn masked(number: &str) -> String {
    let length = number.chars().count();
    number
        .chars()
        .enumerate()
        .map(|(at, c)| if at < 4 || at + 2 >= length { c } else { '•' })
        .collect()
}

fn without_separators(raw: &str) -> String {
    raw.chars()
        .filter(|c| !matches!(c, ' ' | '-' | '.' | '(' | ')' | '[' | ']' | '\u{a0}'))
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_people_write_becomes_e164() {
        for (raw, number) in [
            ("+919876543210", "+919876543210"),
            ("919876543210", "+919876543210"),
            ("+91 98765-43210", "+919876543210"),
            ("+1 (415) 555-0100", "+14155550100"),
            ("91 (98765) 43210", "+919876543210"),
            ("+123456789012345", "+123456789012345"),
        ] {
            assert_eq!(normalize(raw).as_deref(), Ok(number), "{raw}");
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for raw in [
            "",
            "+",
            "9876543210",
            "+0123456789",
            "+1234567890123456",
            "+91x",
            "++91",
            "tel:+91",
            "+９１",
            "0091",
            "+1;ext=5",
        ] {
            assert!(normalize(raw).is_err(), "{raw}");
        }
    }

    #[test]
    fn a_masked_number_keeps_its_country_and_its_end() {
        assert_eq!(masked("+919876543210"), "+919•••••••10");
        assert_eq!(masked("+12"), "+12");
    }

    proptest! {
        #[test]
        fn a_normal_number_stays_as_it_is(raw in "\\PC{0,24}") {
            if let Ok(number) = normalize(&raw) {
                prop_assert_eq!(normalize(&number), Ok(number.clone()));
                prop_assert!(number.len() <= 16);
            }
        }
    }
}
