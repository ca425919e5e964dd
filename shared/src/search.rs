//! The search rule of the key list, the same on the page and in the database.

use crate::unicode::nfc;

/// Folds text so that two texts that differ only in case or in their Unicode normalisation become equal.
///
/// Through lower, upper and lower case: `ß`, `ẞ` and `SS` meet, and so do both small sigmas. Normalised before and after, since
/// folding may leave marks that compose.
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

/// What a key is found by: its folded name and its folded masked prefix, on a line each.
///
/// A name holds no line break, so no query can match across the two.
#[must_use]
pub fn haystack(name: &str, masked_prefix: &str) -> String {
    // No character of a masked prefix has a second form.
    format!("{}\n{}", fold(name), fold_case(masked_prefix))
}

/// What a [`haystack`] has to contain for what was typed. Spaces around the query do not count.
#[must_use]
pub fn needle(query: &str) -> String {
    fold(query.trim())
}

/// Whether a key with that [`haystack`] is listed for what was typed.
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
    fn any_part_of_the_name_or_of_the_masked_prefix_matches_whatever_its_case() {
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
        // Part of a composed character, such as a mark or a letter without its mark, is no part of the name.
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
