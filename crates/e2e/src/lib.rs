//! Whole-system tests. There is nothing here but them: see `tests/browser` and `tests/api_clients`.
