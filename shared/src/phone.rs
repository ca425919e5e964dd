//! Display and search of phone numbers in E.164 (ITU-T). Only the server validates numbers, because the metadata of all
//! numbering plans is too large for the console.

/// Maximum length of a text that is parsed as a number, in characters.
pub const RAW_MAX: usize = 64;

/// Parses the beginning of a number in E.164 from a search text. Returns `None` if it cannot be one.
#[must_use]
pub fn prefix(typed: &str) -> Option<String> {
    let typed = without_separators(typed);
    let digits = typed.strip_prefix('+').unwrap_or(&typed);
    let is_number = !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit());
    is_number.then(|| format!("+{digits}"))
}

/// Masks a number except its first three and last two digits, for people who need not know it.
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
    fn a_masked_number_shows_its_country_and_its_end() {
        assert_eq!(masked("+919876543210"), "+919•••••••10");
        assert_eq!(masked("+12"), "+12");
    }
}
