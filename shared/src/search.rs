//! Search rule of the key list, shared by the console and the database.
//!
//! # Examples
//!
//! ```
//! use ori_shared::search::{haystack, matches};
//!
//! let haystack = haystack("CRM Straße", "ori_2x8...••••");
//!
//! assert!(matches(&haystack, "crm"));
//! assert!(matches(&haystack, " STRASSE "));
//! assert!(matches(&haystack, "2X8"));
//! assert!(!matches(&haystack, "sales"));
//! ```

use crate::unicode::nfc;

/// Folds text, so that texts that differ only in case or Unicode normalization become equal.
///
/// Converts to lower, upper and lower case, which makes `ß`, `ẞ` and `SS` equal, and both small sigmas. Normalizes before
/// and after, because folding may leave marks that compose.
#[must_use]
pub fn fold(text: &str) -> String {
    nfc(&fold_case(&nfc(text))).into_owned()
}

fn fold_case(text: &str) -> String {
    text.chars()
        .flat_map(char::to_lowercase)
        .flat_map(char::to_uppercase)
        .flat_map(char::to_lowercase)
        .collect()
}

/// Returns the search text of a key: its folded name and its folded masked prefix, on a line each.
///
/// A name contains no line break, so no query can match across the two.
#[must_use]
pub fn haystack(name: &str, masked_prefix: &str) -> String {
    // No character of a masked prefix has a second normalization form.
    format!("{}\n{}", fold(name), fold_case(masked_prefix))
}

/// Returns the text that a [`haystack`] must contain to match the query. Surrounding spaces are ignored.
#[must_use]
pub fn needle(query: &str) -> String {
    fold(query.trim())
}

/// Returns whether a [`haystack`] matches the query.
#[must_use]
pub fn matches(haystack: &str, query: &str) -> bool {
    haystack.contains(&needle(query))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn finds(name: &str, query: &str) -> bool {
        matches(&haystack(name, "ori_2x8...••••"), query)
    }

    #[test]
    fn any_part_of_the_name_or_of_the_masked_prefix_matches_ignoring_case() {
        assert!(finds("CRM Integration", "integ"));
        assert!(finds("CRM Integration", "CRM I"));
        assert!(finds("CRM Integration", "ORI_2X8"));
        assert!(finds("CRM Integration", "2x8...••••"));
        assert!(finds("CRM Integration", ""));
        assert!(finds("CRM Integration", "  crm "));
        assert!(!finds("CRM Integration", "crm-"));
    }

    #[test]
    fn case_is_folded_beyond_ascii() {
        assert!(finds("Straße", "STRASSE"));
        assert!(finds("STRAẞE", "strasse"));
        assert!(finds("ΟΔΥΣΣΕΥΣ", "οδυσσευς"));
        assert!(finds("Ünïted ÇRM", "ünÏTED çrm"));
        assert!(finds("ПРОДАЖИ", "продажи"));
    }

    #[test]
    fn normalisation_makes_no_difference() {
        for (composed, decomposed) in [
            ("Caf\u{e9}", "Cafe\u{301}"),
            ("\u{c5}ngstr\u{f6}m", "A\u{30a}ngstro\u{308}m"),
            ("\u{1ec7}", "e\u{323}\u{302}"),
            ("\u{1ec7}", "e\u{302}\u{323}"),
            (
                "\u{d55c}\u{ad6d}",
                "\u{1112}\u{1161}\u{11ab}\u{1100}\u{116e}\u{11a8}",
            ),
            ("\u{212b}", "\u{e5}"),
            ("\u{1f0}", "J\u{30c}"),
        ] {
            for (name, query) in [(composed, decomposed), (decomposed, composed)] {
                assert!(finds(name, query), "{name:?} {query:?}");
                assert!(
                    finds(&format!("a {name} b"), &query.to_uppercase()),
                    "{name:?} {query:?}"
                );
            }
        }
        assert!(!finds("Caf\u{e9}", "Caf\u{e8}"));
    }

    #[test]
    fn a_query_does_not_match_across_name_and_prefix() {
        assert!(!finds("crm", "crmori"));
        assert!(!finds("crm", "crm ori"));
    }

    proptest! {
        // A part of a composed character, such as a mark or a letter without its mark, does not match.
        #[test]
        fn every_part_of_a_name_finds_it(name in "[^\\p{C}\\p{M}]{1,40}", start in 0usize..40, len in 0usize..40) {
            let name = nfc(&name);
            let part: String = name.chars().skip(start).take(len).collect();
            prop_assert!(finds(&name, &part));
            prop_assert!(finds(&name, &part.to_uppercase()));
        }

        #[test]
        fn folding_twice_changes_nothing(text in "\\PC{0,40}") {
            prop_assert_eq!(fold(&fold(&text)), fold(&text));
        }
    }
}
