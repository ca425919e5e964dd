//! Short messages that pass.

use uuid::Uuid;

use crate::reactive::*;

/// What kind of message it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Something went well.
    Success,
    /// Something did not.
    Failure,
}

/// A message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Toast {
    /// Tells two of the same text apart.
    pub id: Uuid,
    /// What kind it is.
    pub kind: Kind,
    /// Its one line.
    pub text: String,
}

/// The messages that are shown, oldest first.
#[derive(Clone, Copy)]
pub struct Toasts {
    shown: RwSignal<Vec<Toast>>,
    last_id: StoredValue<u128>,
}

impl Toasts {
    /// Offers itself as context.
    pub fn provide() -> Self {
        let this = Self {
            shown: RwSignal::new(Vec::new()),
            last_id: StoredValue::new(0),
        };
        provide_context(this);
        this
    }

    /// Tells that something went well.
    pub fn success(&self, text: impl Into<String>) {
        self.push(Kind::Success, text.into());
    }

    /// Tells that something did not.
    pub fn failure(&self, text: impl Into<String>) {
        self.push(Kind::Failure, text.into());
    }

    /// Takes a message away.
    pub fn close(&self, id: Uuid) {
        self.shown.update(|shown| shown.retain(|toast| toast.id != id));
    }

    /// The messages of a kind.
    pub fn of(&self, kind: Kind) -> Vec<Toast> {
        self.shown
            .with(|shown| shown.iter().filter(|toast| toast.kind == kind).cloned().collect())
    }

    fn push(&self, kind: Kind, text: String) {
        let number = self.last_id.get_value().wrapping_add(1);
        self.last_id.set_value(number);
        let id = Uuid::from_u128(number);
        self.shown.update(|shown| {
            // The same message twice in a row is one message that starts anew.
            shown.retain(|toast| toast.kind != kind || toast.text != text);
            shown.push(Toast { id, kind, text });
        });
    }
}

/// The context that [`Toasts::provide`] offered.
#[must_use]
pub fn use_toasts() -> Toasts {
    expect_context()
}
