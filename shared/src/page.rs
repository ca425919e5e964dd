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
    /// Number of rows on all pages, or a lower bound of it if counting would take long.
    pub total: u64,
    /// Whether `total` is exact.
    pub total_is_exact: bool,
    /// Send this as `cursor` to read the next page; `null` on the last page. A page of a search may have fewer rows than
    /// `limit`, even none, without being the last.
    pub next_cursor: Option<String>,
    /// The server's clock when the page was read, the base of status and relative times.
    #[serde(serialize_with = "timestamp::serialize")]
    pub server_time: DateTime<Utc>,
}
