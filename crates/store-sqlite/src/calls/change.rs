use ori_store::{Admission, CallResult, CallStep, Result, StoreError};
use tokio::sync::oneshot;
use uuid::Uuid;

use super::accept::Dialout;
use super::step;

/// A change that waits to be written.
pub(super) enum Change {
    Admit(Pending<Box<Dialout>, Admission>),
    Step(Pending<CallStep, bool>),
    Result(Pending<CallResult, Option<Uuid>>),
    /// Whatever is late is to be written.
    CatchUp(Pending<(), ()>),
}

/// A change, and who is to be told what became of it.
pub(super) struct Pending<C, T> {
    pub(super) change: C,
    /// As soon as that is known.
    pub(super) outcome: Option<T>,
    reply: oneshot::Sender<Result<T>>,
}

impl Change {
    /// Whether it may be written on the direct connection.
    pub(super) fn is_direct(&self) -> bool {
        match self {
            Self::Admit(_) | Self::CatchUp(_) => true,
            Self::Step(step) => step::is_plain(&step.change),
            Self::Result(_) => false,
        }
    }

    /// Whether it asks for nothing but that nothing be late.
    pub(super) fn is_catch_up(&self) -> bool {
        matches!(self, Self::CatchUp(_))
    }

    /// Nothing is late any more.
    pub(super) fn catch_up(&mut self) {
        if let Self::CatchUp(all) = self {
            all.outcome = Some(());
        }
    }

    /// Tells the outcome, which is on the disk. Returns the change where there is none yet.
    pub(super) fn tell(self) -> Option<Self> {
        match self {
            Self::Admit(call) => call.tell().map(Self::Admit),
            Self::Step(step) => step.tell().map(Self::Step),
            Self::Result(result) => result.tell().map(Self::Result),
            Self::CatchUp(all) => all.tell().map(Self::CatchUp),
        }
    }

    /// Tells that it failed.
    pub(super) fn fail(self, error: StoreError) {
        match self {
            Self::Admit(call) => call.fail(error),
            Self::Step(step) => step.fail(error),
            Self::Result(result) => result.fail(error),
            Self::CatchUp(all) => all.fail(error),
        }
    }
}

impl<C, T> Pending<C, T> {
    pub(super) fn new(change: C, reply: oneshot::Sender<Result<T>>) -> Self {
        Self {
            change,
            outcome: None,
            reply,
        }
    }

    fn tell(mut self) -> Option<Self> {
        let Some(outcome) = self.outcome.take() else {
            return Some(self);
        };
        // Whoever has gone away is not told.
        drop(self.reply.send(Ok(outcome)));
        None
    }

    fn fail(self, error: StoreError) {
        drop(self.reply.send(Err(error)));
    }
}
