//! Installs Valgrind, which counts the instructions of a request.

use super::apt::Package;
use crate::cmd;

pub(super) static PACKAGE: Package = Package {
    names: &["valgrind"],
    is_here: || cmd::find("valgrind").is_some(),
    by_hand: "Valgrind",
};
