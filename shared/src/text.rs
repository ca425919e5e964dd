//! Rule for blank text, which applies to every text in a request.

/// Returns whether the text is empty or consists of [invisible](is_invisible) characters.
#[must_use]
pub fn is_blank(text: &str) -> bool {
    text.chars().all(is_invisible)
}

/// Returns whether the character is invisible by itself: it has the property `White_Space` or
/// `Default_Ignorable_Code_Point` (Unicode 16). Some, such as joiners, are valid inside words.
#[must_use]
pub fn is_invisible(c: char) -> bool {
    c.is_whitespace() || is_default_ignorable(c)
}

/// `DerivedCoreProperties.txt` of Unicode 16.
fn is_default_ignorable(c: char) -> bool {
    matches!(
        c,
        '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fff8}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_of_invisible_characters_is_blank() {
        for blank in [
            "",
            " ",
            "\t\r\n",
            "\u{85}",
            "\u{a0}",
            "\u{ad}",
            "\u{3000}",
            "\u{200b}",
            "\u{feff}",
            " \u{200d}\u{2060} ",
            "\u{3164}",
            "\u{fe0f}",
            "\u{e0020}",
        ] {
            assert!(is_blank(blank), "{blank:?}");
        }
        for seen in [
            "a",
            " a ",
            "\u{200b}a",
            "0",
            ".",
            "\u{e9}",
            "\u{915}\u{94d}\u{200d}\u{937}",
            "\u{1f600}",
            "\u{301}",
            "\0",
        ] {
            assert!(!is_blank(seen), "{seen:?}");
        }
    }
}
