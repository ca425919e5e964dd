//! A server to ask, people to ask it, and what they are answered.

mod answer;
mod app;
mod caller;
mod clock;
mod document;
mod process;

pub(crate) use answer::Answer;
pub(crate) use app::{ADMIN_EMAIL, ADMIN_PASSWORD, TestApp};
pub(crate) use caller::{Anonymous, Caller, KeyHolder, Place, SignedIn, http_client, send};
pub(crate) use document::{Operation, check_documented, operations};
pub(crate) use process::{Disk, Process, Settings};
