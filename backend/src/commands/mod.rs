//! Commands of `ori` other than `serve`.

pub mod import;
pub mod import_keys;
pub mod migrate;
pub mod purge;

/// Result of a command.
pub type Outcome = Result<(), Box<dyn std::error::Error>>;

/// Returns the cause of a store's error, for the operator.
fn told(error: &ori_store::StoreError) -> String {
    use std::error::Error as _;
    error
        .source()
        .map_or_else(|| error.to_string(), ToString::to_string)
}
