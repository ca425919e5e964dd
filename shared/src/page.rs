//! Pagination.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::timestamp;

/// Default number of rows on a page.
pub const DEFAULT_LIMIT: u32 = 100;
/// Maximum number of rows on a page.
pub const MAX_LIMIT: u32 = 1000;

/// One page of a list, newest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Page<T> {
    /// The rows of this page.
    pub items: Vec<T>,
    /// How many rows there are on all pages together; at least so many, where that would take long to count.
    pub total: u64,
    /// Whether there are no more than `total`.
    pub total_is_exact: bool,
    /// Hand this back as `cursor` to read on; `null` on the last page. A page that is searched for may hold fewer rows than
    /// asked for, even none, and not be the last.
    pub next_cursor: Option<String>,
    /// The server's clock when the page was read: status and relative times are told by it.
    #[serde(serialize_with = "timestamp::serialize")]
    pub server_time: DateTime<Utc>,
}
