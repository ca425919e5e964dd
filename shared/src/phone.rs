//! Phone numbers in E.164 (ITU-T), as they are shown and searched for. Which numbers are accepted is decided by the
//! server alone: the metadata of all numbering plans is too large for the page.

/// The longest text that is read as a number, in characters.
pub const RAW_MAX: usize = 64;

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
    use super::*;

    #[test]
    fn a_masked_number_keeps_its_country_and_its_end() {
        assert_eq!(masked("+919876543210"), "+919•••••••10");
        assert_eq!(masked("+12"), "+12");
    }
}
