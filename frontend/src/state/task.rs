//! Work that takes a while.
//!
//! Each task is boxed, so that what starts it is in the page once rather than once a task.

use std::pin::Pin;

use leptos::reactive::computed::ScopedFuture;
use leptos::task::{spawn_local, spawn_local_scoped_with_cancellation};

type Task = Pin<Box<dyn Future<Output = ()>>>;

/// Starts something that is seen through even if the page is left: what changes things on the server.
pub fn start(task: impl Future<Output = ()> + 'static) {
    let task: Task = Box::pin(task);
    spawn_local(ScopedFuture::new(task));
}

/// Starts something that is dropped with the owner who asks: what only reads.
pub fn start_here(task: impl Future<Output = ()> + 'static) {
    let task: Task = Box::pin(task);
    spawn_local_scoped_with_cancellation(task);
}
