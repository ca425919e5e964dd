//! State of open dialogs.

use leptos::prelude::*;

/// Number of open dialogs. While there is one, everything else is inert.
#[derive(Clone, Copy)]
pub struct OpenDialogs {
    count: RwSignal<usize>,
}

impl OpenDialogs {
    /// Provides the context.
    pub fn provide() {
        provide_context(Self {
            count: RwSignal::new(0),
        });
    }

    /// Returns whether a dialog is open.
    #[must_use]
    pub fn any(self) -> bool {
        self.count.get() > 0
    }

    /// Registers a dialog for as long as its component exists. Returns its level; the topmost one has the highest.
    #[must_use]
    pub fn enter(self) -> usize {
        self.count.update(|count| *count += 1);
        on_cleanup(move || self.count.update(|count| *count = count.saturating_sub(1)));
        self.count.get_untracked()
    }

    /// Returns whether the dialog of this level is the topmost one.
    #[must_use]
    pub fn is_top(self, level: usize) -> bool {
        self.count.get_untracked() == level
    }
}

/// Returns the context of [`OpenDialogs::provide`].
#[must_use]
pub fn use_open_dialogs() -> OpenDialogs {
    expect_context()
}
