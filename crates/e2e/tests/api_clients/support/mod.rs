//! Test support: the built server with a simulated voice host, and the installed tools.

mod admin;
#[path = "../../browser/support/environment.rs"]
#[expect(dead_code, reason = "the browser tests also take screenshots")]
mod environment;
#[path = "../../browser/support/process.rs"]
#[expect(dead_code, reason = "the browser tests also hold a server still")]
mod process;
mod server;
mod tools;
mod webhook_receiver;

pub(crate) use admin::Admin;
pub(crate) use process::Running;
pub(crate) use server::{EMAIL, PASSWORD, Server, client};
pub(crate) use tools::{description, node, node_program, node_tools, passes, python, source};
pub(crate) use webhook_receiver::{WebhookReceiver, free_port, until_open};
