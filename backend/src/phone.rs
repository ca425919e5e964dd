//! Phone numbers of calls: E.164 (ITU-T), by the rules and the metadata of libphonenumber.
//!
//! Numbering plans change before the metadata does, so a number does not have to lie in a known range: its country code
//! and its length have to fit. If the digits that would be dialled are not exactly the digits that were sent, the number
//! has to be a known valid one.

use ori_shared::phone::RAW_MAX;
use rlibphonenumber::{
    NumberLengthType, PHONE_NUMBER_UTIL, ParseError, PhoneNumber, PhoneNumberFormat, PhoneNumberType,
    ValidationError,
};

/// The country of numbers that begin with `91` and have no `+` (platform, section 2).
const INDIA: &str = "91";
/// The most digits of a number in E.164.
const MAX_DIGITS: usize = 15;
/// The fewest digits behind the country code of a number that is in no known range. Shorter ones are mostly short codes.
const MIN_NATIONAL_DIGITS: usize = 7;

/// The given number in E.164.
///
/// Spaces, dashes, dots, slashes and brackets between the digits are dropped, full-width digits become ASCII, and a
/// trunk prefix behind the country code (`+44 (0)20 …`) is removed. `91…` without `+` is read as an Indian number.
///
/// # Errors
/// The reason, as a sentence for the sender. It does not repeat the number.
pub fn normalize(raw: &str) -> Result<String, &'static str> {
    if raw.chars().count() > RAW_MAX {
        return Err("Give a number of at most 64 characters.");
    }
    if is_decimal(raw) {
        return Err("Give the number as text, without a decimal point, such as +919876543210.");
    }
    let sent = without_separators(raw)?;
    let with_plus = match sent.strip_prefix('+') {
        Some(_) => sent.clone(),
        None if sent.starts_with(INDIA) => format!("+{sent}"),
        None => return Err(NO_COUNTRY_CODE),
    };
    let digits = &with_plus[1..];
    if digits.is_empty() || digits.contains('+') {
        return Err("Give one number of digits only, such as +919876543210.");
    }
    if digits.starts_with('0') {
        return Err("Give the number with its country code, which does not start with 0.");
    }
    let number = PHONE_NUMBER_UTIL
        .parse(&with_plus, None)
        .map_err(|error| unreadable(&error))?;
    let dialled = PHONE_NUMBER_UTIL
        .format(&number, PhoneNumberFormat::E164)
        .into_owned();
    if dialled.len() > MAX_DIGITS + 1 {
        return Err(TOO_LONG);
    }
    if PHONE_NUMBER_UTIL.is_valid_number(&number) {
        return Ok(dialled);
    }
    check_length(&number)?;
    match () {
        () if with_plus != sent => Err(NO_COUNTRY_CODE),
        () if dialled != with_plus => {
            Err("Give the number as it is dialled from abroad, without a trunk prefix.")
        }
        () => Ok(dialled),
    }
}

const NO_COUNTRY_CODE: &str = "Give the number with its country code, such as +919876543210.";
const UNKNOWN_COUNTRY: &str = "Give a country code that exists, such as +91.";
const TOO_SHORT: &str = "The number has too few digits for its country.";
const TOO_LONG: &str = "The number has too many digits for its country.";

/// Whether the text is a decimal number, as spreadsheets make of phone numbers: its only dot has one digit behind it, or
/// nothing but zeros.
fn is_decimal(raw: &str) -> bool {
    let Some((before, after)) = raw.trim_end().rsplit_once(['.', '\u{ff0e}']) else {
        return false;
    };
    let zeros = !before.contains('.') && after.chars().all(|c| c == '0');
    zeros || after.chars().count() <= 1
}

/// The digits and `+` of the number, in ASCII.
fn without_separators(raw: &str) -> Result<String, &'static str> {
    let kept = raw.chars().filter(|c| !is_separator(*c));
    kept.map(|c| match c {
        '0'..='9' | '+' => Ok(c),
        '\u{ff10}'..='\u{ff19}' => char::from_digit(u32::from(c) - 0xff10, 10).ok_or(NOT_DIGITS),
        '\u{ff0b}' => Ok('+'),
        _ => Err(NOT_DIGITS),
    })
    .collect()
}

const NOT_DIGITS: &str =
    "Give the number with digits only, without letters or an extension, such as +919876543210.";

/// Whether the character is one that people write between digits (libphonenumber: `VALID_PUNCTUATION`), or an invisible
/// mark of direction that address books put around a number.
fn is_separator(c: char) -> bool {
    c == '\t'
        || matches!(c, ' ' | '-' | '.' | '/' | '(' | ')' | '[' | ']')
        || matches!(c, '\u{a0}' | '\u{ad}' | '\u{2000}'..='\u{200f}' | '\u{2010}'..='\u{2015}')
        || matches!(c, '\u{202a}'..='\u{202f}' | '\u{2060}' | '\u{2066}'..='\u{2069}' | '\u{2212}' | '\u{3000}')
        || matches!(
            c,
            '\u{feff}' | '\u{ff08}' | '\u{ff09}' | '\u{ff0d}' | '\u{ff0e}' | '\u{ff0f}'
        )
}

fn unreadable(error: &ParseError) -> &'static str {
    match error {
        ParseError::InvalidCountryCode => UNKNOWN_COUNTRY,
        ParseError::TooLongNsn => TOO_LONG,
        ParseError::TooShortAfterIdd | ParseError::TooShortNsn | ParseError::NotANumber(_) => TOO_SHORT,
    }
}

/// Checks that fixed lines or mobile phones of the country have numbers of this length.
fn check_length(number: &PhoneNumber) -> Result<(), &'static str> {
    if number.get_national_significant_number().len() < MIN_NATIONAL_DIGITS {
        return Err(TOO_SHORT);
    }
    let of = |kind| PHONE_NUMBER_UTIL.is_possible_number_for_type_with_reason(number, kind);
    match of(PhoneNumberType::FixedLineOrMobile) {
        Ok(NumberLengthType::IsPossible) => Ok(()),
        Ok(_) | Err(ValidationError::TooShort) => Err(TOO_SHORT),
        Err(ValidationError::InvalidCountryCode) => Err(UNKNOWN_COUNTRY),
        Err(ValidationError::TooLong) => Err(TOO_LONG),
        Err(ValidationError::InvalidLength) => Err("No number of that country has so many digits."),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Real forms of real numbers; those of a country are libphonenumber's examples.
    const ACCEPTED: &[(&str, &str)] = &[
        // Forms that people write.
        ("+919876543210", "+919876543210"),
        ("919876543210", "+919876543210"),
        ("+91 98765-43210", "+919876543210"),
        ("91 (98765) 43210", "+919876543210"),
        ("+91 098765 43210", "+919876543210"),
        ("+44 (0)20 7946 0018", "+442079460018"),
        ("+44 020 7946 0018", "+442079460018"),
        ("(+44) 20 7946 0018", "+442079460018"),
        ("+49 (0) 30 / 123 45 67", "+49301234567"),
        ("+33 (0)1 42 68 53 00", "+33142685300"),
        ("+33.1.42.68.53.00", "+33142685300"),
        ("+1 (415) 555-0100", "+14155550100"),
        ("+1.415.555.0100", "+14155550100"),
        ("+1.415.555.0000", "+14155550000"),
        ("+7 800 555 35 35", "+78005553535"),
        ("+7 8 (495) 123-45-67", "+74951234567"),
        ("+375 800 111 111", "+375800111111"),
        ("+39 06 6982", "+39066982"),
        ("+54 11 15 2345 6789", "+5491123456789"),
        (
            "\u{ff0b}\u{ff19}\u{ff11} \u{ff19}\u{ff18}765 43210",
            "+919876543210",
        ),
        ("\u{202a}+91\u{a0}98765\u{2011}43210\u{202c}", "+919876543210"),
        // Not in a known range, but of the right length.
        ("+911234567890", "+911234567890"),
        ("+914444444444", "+914444444444"),
        ("+15550001111", "+15550001111"),
        ("+12025550123", "+12025550123"),
        ("+4915100000001", "+4915100000001"),
        ("+442079460018", "+442079460018"),
        // One each from the numbering plans of the world.
        ("+97142345678", "+97142345678"),
        ("+971501234567", "+971501234567"),
        ("+541123456789", "+541123456789"),
        ("+431234567890", "+431234567890"),
        ("+61412345678", "+61412345678"),
        ("+8801812345678", "+8801812345678"),
        ("+32470123456", "+32470123456"),
        ("+5511961234567", "+5511961234567"),
        ("+12042345678", "+12042345678"),
        ("+41781234567", "+41781234567"),
        ("+8613123456789", "+8613123456789"),
        ("+573211234567", "+573211234567"),
        ("+420601123456", "+420601123456"),
        ("+4915123456789", "+4915123456789"),
        ("+4532123456", "+4532123456"),
        ("+201001234567", "+201001234567"),
        ("+34612345678", "+34612345678"),
        ("+358412345678", "+358412345678"),
        ("+33612345678", "+33612345678"),
        ("+447400123456", "+447400123456"),
        ("+306912345678", "+306912345678"),
        ("+85251234567", "+85251234567"),
        ("+62812345678", "+62812345678"),
        ("+353850123456", "+353850123456"),
        ("+972502345678", "+972502345678"),
        ("+390212345678", "+390212345678"),
        ("+393123456789", "+393123456789"),
        ("+819012345678", "+819012345678"),
        ("+254712123456", "+254712123456"),
        ("+821020000000", "+821020000000"),
        ("+94712345678", "+94712345678"),
        ("+522221234567", "+522221234567"),
        ("+60123456789", "+60123456789"),
        ("+2348021234567", "+2348021234567"),
        ("+31612345678", "+31612345678"),
        ("+4740612345", "+4740612345"),
        ("+9779841234567", "+9779841234567"),
        ("+6421123456", "+6421123456"),
        ("+923012345678", "+923012345678"),
        ("+48512345678", "+48512345678"),
        ("+351912345678", "+351912345678"),
        ("+966512345678", "+966512345678"),
        ("+46701234567", "+46701234567"),
        ("+6581234567", "+6581234567"),
        ("+66812345678", "+66812345678"),
        ("+905012345678", "+905012345678"),
        ("+84912345678", "+84912345678"),
        ("+27711234567", "+27711234567"),
        // Small plans, and those without a country.
        ("+6834002", "+6834002"),
        ("+29051234", "+29051234"),
        ("+80012345678", "+80012345678"),
        ("+881612345678", "+881612345678"),
    ];

    const REFUSED: &[&str] = &[
        "",
        " ",
        "+",
        "++",
        "++91",
        "91",
        "911",
        "112",
        "100",
        "+12",
        "+91",
        "+911",
        "+91x",
        "+91112",
        "+1911",
        "+1 911",
        "+44999",
        "+44 112",
        "+49110",
        "+49 116117",
        "+49 11833",
        "+86110",
        "+61000",
        // Other digits than those that were meant.
        "919876543210.0",
        "+919876543210.0",
        "919876543210.00",
        "919876543210.5",
        "+919876543210.",
        "9.19876543210E+11",
        "919,876,543,210",
        "9123456789",
        "91 0123456789",
        "9876543210",
        "09876543210",
        "00919876543210",
        "+0123456789",
        "+91 0 01234 56789",
        // Lengths that the country does not have.
        "+9198765432",
        "+91987654321",
        "+9198765432100",
        "+4420794600181",
        "+1415555010",
        "+141555501000",
        "+9876543210123456",
        "+1234567890123456",
        "+123456789012345",
        "+493012345678901234",
        // Country codes that do not exist.
        "+999123456789",
        "+2101234567890",
        "+8891234567",
        // More than a number.
        "tel:+919876543210",
        "tel:+91-98765-43210;phone-context=example.com",
        "+919876543210;ext=5",
        "+919876543210 x12",
        "+919876543210 ext. 12",
        "+919876543210#12",
        "+919876543210,,12",
        "+1 800 FLOWERS",
        "+91 98765 4321O",
        "+919876543210+919876543211",
        "+919876543210 / +919876543211",
        "sip:bob@example.com",
        "*21*+919876543210#",
        "+\u{0661}\u{0662}\u{0663}",
        "\0",
        "+91987654\n3210",
    ];

    #[test]
    fn what_people_write_becomes_the_number_that_is_meant() {
        for (raw, number) in ACCEPTED {
            assert_eq!(normalize(raw).as_deref(), Ok(*number), "{raw}");
        }
    }

    #[test]
    fn what_is_no_number_that_can_be_dialled_is_refused_with_a_reason() {
        let accepted: Vec<_> = REFUSED.iter().filter(|raw| normalize(raw).is_ok()).collect();
        assert!(accepted.is_empty(), "{accepted:?}");
    }

    #[test]
    fn no_emergency_number_is_dialled_behind_any_country_code() {
        let emergency = [
            "000", "10", "100", "101", "102", "103", "104", "108", "110", "111", "112", "113", "115", "117",
            "118", "119", "120", "122", "133", "144", "15", "155", "17", "18", "190", "191", "192", "193",
            "197", "199", "911", "990", "991", "992", "993", "995", "997", "998", "999", "1669", "1122",
        ];
        for country in 1..1000 {
            for number in emergency {
                let raw = format!("+{country}{number}");
                // Some are a whole number of a shorter country code, such as `+683` with four digits.
                let dialled = normalize(&raw);
                let is_known = dialled.as_deref() == Ok(&raw)
                    && PHONE_NUMBER_UTIL
                        .parse(&raw, None)
                        .is_ok_and(|number| PHONE_NUMBER_UTIL.is_valid_number(&number));
                assert!(dialled.is_err() || is_known, "{raw}");
            }
        }
    }

    proptest! {
        #[test]
        fn a_number_in_e164_stays_as_it_is(raw in "\\PC{0,24}|[+ ()0-9.-]{0,24}|\\+[1-9][0-9]{5,15}") {
            if let Ok(number) = normalize(&raw) {
                prop_assert_eq!(normalize(&number), Ok(number.clone()));
                prop_assert!((2..=16).contains(&number.len()));
            }
        }
    }
}
