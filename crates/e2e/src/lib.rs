//! Whole-system tests. The library is empty: see `tests/browser` and `tests/api_clients`.
