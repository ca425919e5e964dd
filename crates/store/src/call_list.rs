//! How a page of the call log is found. The engines go the same way, each through its own indexes.

use ori_shared::call::CallSearch;

use crate::CallQuery;

/// Where a page has to pass calls over, it looks at so many and no more, wherever in the log they lie,
pub const LOOKED_THROUGH_CALLS: u32 = 2_000;
/// or at so many that lie one beside the other.
const LOOKED_THROUGH_LOG: u32 = 40_000;
/// Where a search finds so many calls or fewer, they are all sorted.
pub const MATCHES_SORTED: u32 = 20_000;

/// Returns each column that a search looks at with each beginning that it accepts there.
pub fn beginnings<'a>(
    columns: [&'static str; 2],
    number_column: &'static str,
    number: Option<&'a str>,
    texts: &'a [String],
) -> impl Iterator<Item = (&'static str, &'a str)> {
    columns
        .into_iter()
        .flat_map(move |column| texts.iter().map(move |text| (column, text.as_str())))
        .chain(number.map(|number| (number_column, number)))
}

/// What a page goes along: calls that are at hand in the order of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Along {
    /// The one call that is searched for.
    Id,
    /// The calls that the search finds, where they are few.
    Matches,
    /// The calls of a reference.
    Reference,
    /// The calls of a key.
    Key,
    /// The calls of a bot.
    Bot,
    /// The calls that stand there.
    Status,
    /// All calls.
    Log,
}

impl Along {
    /// Whether it has to be known if the search finds few calls.
    #[must_use]
    pub fn needs_count(query: &CallQuery) -> bool {
        query.reference.is_none() && matches!(query.search, Some(CallSearch::Prefix { .. }))
    }

    /// What a page of that is best to go along: that which the fewest calls have, as a rule.
    #[must_use]
    pub fn of(query: &CallQuery, search_finds_few: bool) -> Self {
        if let Some(CallSearch::Id(_)) = query.search {
            Self::Id
        } else if query.reference.is_some() {
            Self::Reference
        } else if search_finds_few {
            Self::Matches
        } else if query.key.is_some() {
            Self::Key
        } else if query.bot.is_some() {
            Self::Bot
        } else if query.status.is_some() {
            Self::Status
        } else {
            Self::Log
        }
    }

    /// How many of these a page looks at, at most.
    #[must_use]
    pub fn looked_through(self) -> u32 {
        if self == Self::Log {
            LOOKED_THROUGH_LOG
        } else {
            LOOKED_THROUGH_CALLS
        }
    }

    /// Whether a page that goes along these may have to pass many of them over.
    #[must_use]
    pub fn passes_over(self, query: &CallQuery) -> bool {
        let asked = [
            (query.search.is_some(), Self::Matches),
            (query.reference.is_some(), Self::Reference),
            (query.key.is_some(), Self::Key),
            (query.bot.is_some(), Self::Bot),
            (query.status.is_some(), Self::Status),
        ];
        // The time that is asked for has ends within a millisecond; of matches, only as many are sorted as are wanted.
        let has_ends = self == Self::Matches && (query.from.is_some() || query.until.is_some());
        has_ends || self != Self::Id && asked.iter().any(|(is_asked, other)| *is_asked && *other != self)
    }
}
