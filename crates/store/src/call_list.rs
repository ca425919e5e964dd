//! Access paths of the call log's pages. The cost of a page does not depend on the number of calls.
//!
//! A page is read along one access path: an index that has the calls in the order of the list. Other conditions are tested
//! call by call, and a page looks through a limited number of calls: it returns how far it has come, and the next page
//! continues there. The engines follow one plan, each through its own indexes.

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use ori_shared::call::CallSearch;
use uuid::Uuid;

use crate::export::Value;
use crate::{Call, CallQuery, Result, cut, lowest_call_id};

/// If a page has to pass over calls, it looks through this many, wherever in the log they are,
pub const LOOKED_THROUGH_CALLS: u32 = 2_000;
/// or through this many neighbours.
const LOOKED_THROUGH_LOG: u32 = 40_000;
/// If a search finds at most this many calls, all of them are sorted.
const MATCHES_SORTED: u32 = 20_000;

/// A condition on a column.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// The column of `calls`.
    pub column: &'static str,
    /// `=`, `>=` or `<`.
    pub operator: &'static str,
    /// Value of the comparison.
    pub value: Value,
}

/// The texts of a column that begin with one: they are a range, which an index serves.
pub type Beginning = [Comparison; 2];

/// Access path of a page.
#[derive(Clone, Debug, PartialEq)]
pub struct CallScan {
    /// If not empty, the access path is the union of the indexes of these columns.
    pub matches: Vec<Beginning>,
    /// The conditions that the access path serves.
    pub range: Vec<Comparison>,
    /// The conditions that are tested call by call.
    pub residual: Vec<Comparison>,
    /// If not empty, one of these is to hold. They are tested call by call.
    pub any_of: Vec<Beginning>,
    /// The most calls that are looked through.
    pub look_through: u32,
    /// The most calls that are returned.
    pub limit: u32,
}

/// Executes scans within one snapshot.
#[async_trait]
pub trait CallReader: Send {
    /// Counts the calls that `matches` and `range` find, each as often as it is found, up to that limit.
    async fn count_matches(&mut self, scan: &CallScan, limit: u32) -> Result<u32>;

    /// Returns the id of the last of the calls that are looked through, if there are so many.
    async fn last_looked_through(&mut self, scan: &CallScan) -> Result<Option<Uuid>>;

    /// Returns the newest calls that meet all conditions.
    async fn newest(&mut self, scan: &CallScan) -> Result<Vec<Call>>;
}

/// Returns a page of calls, and the call that the next page begins behind, if there may be more.
///
/// # Errors
/// Returns the error of the reader.
pub async fn list_calls(
    reader: &mut impl CallReader,
    query: &CallQuery,
) -> Result<(Vec<Call>, Option<Uuid>)> {
    let finds_few = match &query.search {
        Some(CallSearch::Prefix { .. }) if query.reference.is_none() => {
            let scan = AccessPath::Matches.scan(query);
            reader.count_matches(&scan, MATCHES_SORTED + 1).await? <= MATCHES_SORTED
        }
        _ => false,
    };
    let path = AccessPath::of(query, finds_few);
    let mut scan = path.scan(query);
    let mut floor = None;
    if path.may_pass_over(query) {
        floor = reader.last_looked_through(&scan).await?;
        scan.range
            .extend(floor.map(|floor| compare("id", ">=", id(floor))));
    } else {
        scan.look_through = scan.limit;
    }
    let mut calls = reader.newest(&scan).await?;
    let is_more = cut(&mut calls, query.limit);
    let last = calls.last().map(|call| call.id);
    Ok((calls, if is_more { last } else { floor }))
}

/// Calls that an index has in the order of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum AccessPath {
    /// The one call that is searched for.
    Id,
    /// The calls that the search finds, if they are few.
    Matches,
    Reference,
    Key,
    Bot,
    Status,
    /// All calls.
    Log,
}

impl AccessPath {
    /// Chooses the path that the fewest calls are on, as a rule.
    fn of(query: &CallQuery, search_finds_few: bool) -> Self {
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

    /// Returns whether a page on this path may have to pass over many calls.
    fn may_pass_over(self, query: &CallQuery) -> bool {
        let filters = [
            (query.search.is_some(), Self::Matches),
            (query.reference.is_some(), Self::Reference),
            (query.key.is_some(), Self::Key),
            (query.bot.is_some(), Self::Bot),
            (query.status.is_some(), Self::Status),
        ];
        // The time range has ends within a millisecond; of matches, only as many are sorted as are wanted.
        let has_ends = self == Self::Matches && (query.from.is_some() || query.until.is_some());
        has_ends || self != Self::Id && filters.iter().any(|(is_set, path)| *is_set && *path != self)
    }

    fn scan(self, query: &CallQuery) -> CallScan {
        let mut scan = CallScan {
            matches: Vec::new(),
            range: id_range(query),
            residual: Vec::new(),
            any_of: Vec::new(),
            look_through: match self {
                Self::Log => LOOKED_THROUGH_LOG,
                _ => LOOKED_THROUGH_CALLS,
            },
            limit: query.limit + 1,
        };
        let mut filter = |path, column, value: Option<Value>| {
            let filters = match path == self {
                true => &mut scan.range,
                false => &mut scan.residual,
            };
            filters.extend(value.map(|value| compare(column, "=", value)));
        };
        let text = |text: Option<String>| text.map(|text| Value::Text(Some(text)));
        filter(Self::Reference, "call_reference", text(query.reference.clone()));
        filter(Self::Key, "key_id", query.key.map(id));
        filter(Self::Bot, "bot_id", text(query.bot.clone()));
        let status = query.status.map(|status| status.as_str().to_owned());
        filter(Self::Status, "status", text(status));
        let at = |at| Value::Instant(Some(at));
        let from = query.from.map(|from| compare("created_at", ">=", at(from)));
        let until = query.until.map(|until| compare("created_at", "<", at(until)));
        scan.residual.extend(from.into_iter().chain(until));
        match &query.search {
            Some(CallSearch::Id(call)) => scan.range.push(compare("id", "=", id(*call))),
            Some(CallSearch::Prefix { number, texts }) if self == Self::Matches => {
                scan.matches = beginnings(number.as_deref(), texts);
            }
            Some(CallSearch::Prefix { number, texts }) => scan.any_of = beginnings(number.as_deref(), texts),
            None => {}
        }
        scan
    }
}

fn id(id: Uuid) -> Value {
    Value::Id(Some(id))
}

fn compare(column: &'static str, operator: &'static str, value: Value) -> Comparison {
    Comparison {
        column,
        operator,
        value,
    }
}

/// Conditions of a search.
fn beginnings(number: Option<&str>, texts: &[String]) -> Vec<Beginning> {
    let of = |column| texts.iter().map(move |text| beginning(column, text));
    let number = number.map(|number| beginning("to_number", number));
    of("call_reference").chain(of("bot_id")).chain(number).collect()
}

/// No text of ours sorts behind the last character that there is.
fn beginning(column: &'static str, text: &str) -> Beginning {
    let end = format!("{text}{}", char::MAX);
    [
        compare(column, ">=", Value::Text(Some(text.to_owned()))),
        compare(column, "<", Value::Text(Some(end))),
    ]
}

/// The part of the log between those times and behind that call, by the ids alone, to the millisecond.
fn id_range(query: &CallQuery) -> Vec<Comparison> {
    let behind = |until: DateTime<Utc>| {
        until
            .checked_add_signed(TimeDelta::milliseconds(1))
            .unwrap_or(until)
    };
    let after = query.after.map(|after| compare("id", "<", id(after)));
    let from = query
        .from
        .map(|from| compare("id", ">=", id(lowest_call_id(from))));
    let until = query
        .until
        .map(|until| compare("id", "<", id(lowest_call_id(behind(until)))));
    [after, from, until].into_iter().flatten().collect()
}
