use ori_store::{Acceptance, CallResult, CallStep, NewCall, Result, StoreError};
use tokio::sync::oneshot;
use uuid::Uuid;

/// A change that waits to be written.
pub(super) enum Change {
    Accept(Pending<NewCall, Acceptance>),
    Step(Pending<CallStep, bool>),
    Result(Pending<CallResult, Option<Uuid>>),
    /// Whatever is late is to be written.
    CatchUp(Pending<(), ()>),
}

/// A change, and who is to be told what became of it.
pub(super) struct Pending<C, T> {
    pub(super) change: C,
    pub(super) reply: oneshot::Sender<Result<T>>,
}

/// What became of each change, kind by kind.
#[derive(Default)]
pub(super) struct Outcomes {
    pub(super) accepted: Vec<Acceptance>,
    /// `None` where that is not known: the call was not moved without a look where it stands.
    pub(super) moved: Vec<Option<bool>>,
    pub(super) added: Vec<Option<Uuid>>,
}

impl Change {
    pub(super) fn call(&self) -> Option<&NewCall> {
        match self {
            Self::Accept(call) => Some(&call.change),
            _ => None,
        }
    }

    pub(super) fn step(&self) -> Option<&CallStep> {
        match self {
            Self::Step(step) => Some(&step.change),
            _ => None,
        }
    }

    pub(super) fn result(&self) -> Option<&CallResult> {
        match self {
            Self::Result(result) => Some(&result.change),
            _ => None,
        }
    }

    pub(super) fn is_catch_up(&self) -> bool {
        matches!(self, Self::CatchUp(_))
    }

    pub(super) fn fail(self, error: StoreError) {
        match self {
            Self::Accept(call) => call.tell(Err(error)),
            Self::Step(step) => step.tell(Err(error)),
            Self::Result(result) => result.tell(Err(error)),
            Self::CatchUp(all) => all.tell(Err(error)),
        }
    }
}

impl Outcomes {
    /// Tells them; returns the changes of which nothing is known.
    pub(super) fn tell(self, changes: Vec<Change>) -> Vec<Change> {
        let mut accepted = self.accepted.into_iter();
        let mut moved = self.moved.into_iter();
        let mut added = self.added.into_iter();
        let mut unknown = Vec::new();
        for change in changes {
            match change {
                Change::Accept(call) => call.tell_next(&mut accepted),
                Change::Step(step) => match moved.next().flatten() {
                    Some(moved) => step.tell(Ok(moved)),
                    None => unknown.push(Change::Step(step)),
                },
                Change::Result(result) => result.tell_next(&mut added),
                Change::CatchUp(all) => all.tell(Ok(())),
            }
        }
        unknown
    }
}

impl<C, T> Pending<C, T> {
    fn tell_next(self, outcomes: &mut impl Iterator<Item = T>) {
        if let Some(outcome) = outcomes.next() {
            self.tell(Ok(outcome));
        }
    }

    fn tell(self, outcome: Result<T>) {
        // Whoever has gone away is not told.
        drop(self.reply.send(outcome));
    }
}
