//! Short messages.

use leptos::prelude::*;

/// Kind of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ToastKind {
    /// Success. The message closes itself.
    Success,
    /// Failure or unknown outcome. The message stays until it is closed.
    Failure,
}

/// A message.
#[derive(Clone)]
pub struct Toast {
    /// Distinguishes messages with the same text.
    pub id: u64,
    /// Kind of the message.
    pub kind: ToastKind,
    /// Text of the message.
    pub text: String,
    /// Subject, for example the name of a key.
    pub subject: Option<String>,
    /// Reverts the change, if that is possible.
    pub undo: Option<Callback<()>>,
}

/// The messages on screen, oldest first.
#[derive(Clone, Copy)]
pub struct Toasts {
    shown: RwSignal<Vec<Toast>>,
    last_id: StoredValue<u64>,
}

impl Toasts {
    /// Provides the context.
    pub fn provide() {
        provide_context(Self {
            shown: RwSignal::new(Vec::new()),
            last_id: StoredValue::new(0),
        });
    }

    /// Reports a success.
    pub fn success(self, text: impl Into<String>) {
        self.push(ToastKind::Success, text.into(), None, None);
    }

    /// Reports a success with its subject, and a way to revert it.
    pub fn success_of(self, text: &str, subject: &str, undo: Option<Callback<()>>) {
        self.push(
            ToastKind::Success,
            text.to_owned(),
            Some(subject.to_owned()),
            undo,
        );
    }

    /// Reports a failure.
    pub fn failure(self, text: impl Into<String>) {
        self.push(ToastKind::Failure, text.into(), None, None);
    }

    /// Removes a message.
    pub fn close(self, id: u64) {
        self.shown.update(|shown| shown.retain(|toast| toast.id != id));
    }

    /// Returns the messages of a kind, and tracks them.
    #[must_use]
    pub fn of(self, kind: ToastKind) -> Vec<Toast> {
        self.shown
            .with(|shown| shown.iter().filter(|toast| toast.kind == kind).cloned().collect())
    }

    fn push(self, kind: ToastKind, text: String, subject: Option<String>, undo: Option<Callback<()>>) {
        let id = self.last_id.get_value() + 1;
        self.last_id.set_value(id);
        self.shown.update(|shown| {
            // A repeated message replaces the previous one and restarts its timer.
            shown.retain(|toast| toast.kind != kind || toast.text != text || toast.subject != subject);
            shown.push(Toast {
                id,
                kind,
                text,
                subject,
                undo,
            });
        });
    }
}

/// Returns the context of [`Toasts::provide`].
#[must_use]
pub fn use_toasts() -> Toasts {
    expect_context()
}
