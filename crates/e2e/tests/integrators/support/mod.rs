//! What the tests stand on: the built server with a simulated voice host, and other people's tools.

#[path = "../../browser/support/environment.rs"]
#[expect(dead_code, reason = "the browser tests also take screenshots")]
mod environment;
mod operator;
#[path = "../../browser/support/process.rs"]
#[expect(dead_code, reason = "the browser tests also hold a server still")]
mod process;
mod receiver;
mod server;
mod tools;

pub(crate) use operator::Operator;
pub(crate) use process::Running;
pub(crate) use receiver::{Catcher, free_port, until_open};
pub(crate) use server::{EMAIL, PASSWORD, Server, client};
pub(crate) use tools::{description, node, node_program, node_tools, passes, python, source};
