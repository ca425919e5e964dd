//! The search rule of the key list, the same on the page and in the database.

/// Folds text so that two texts that differ only in case become equal.
///
/// Upper case first, then lower case: `ß` meets `SS`, and both small sigmas meet.
#[must_use]
pub fn fold(text: &str) -> String {
    text.chars()
        .flat_map(char::to_uppercase)
        .flat_map(char::to_lowercase)
        .collect()
}

/// What a key is found by: its folded name and its folded masked prefix, on a line each.
///
/// A name holds no line break, so no query can match across the two.
#[must_use]
pub fn haystack(name: &str, masked_prefix: &str) -> String {
    fold(&format!("{name}\n{masked_prefix}"))
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
        assert!(finds("ΟΔΥΣΣΕΥΣ", "οδυσσευς"));
        assert!(finds("Ünïted ÇRM", "ünÏTED çrm"));
        assert!(finds("ПРОДАЖИ", "продажи"));
    }

    #[test]
    fn a_query_does_not_match_across_name_and_prefix() {
        assert!(!finds("crm", "crmori"));
        assert!(!finds("crm", "crm ori"));
    }

    proptest! {
        #[test]
        fn every_part_of_a_name_finds_it(name in "[^\\p{C}]{1,40}", start in 0usize..40, len in 0usize..40) {
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
