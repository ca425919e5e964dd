//! Buttons.

use super::el::{El, el};
use super::icon::{Icon, glyph};
use crate::reactive::*;

/// How much a button wants to be pressed.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub enum Look {
    /// The one thing to do in this view.
    Primary,
    /// Anything else.
    #[default]
    Plain,
    /// A quiet one, in a row.
    Quiet,
    /// Destroys something; only inside the confirmation.
    Danger,
}

impl Look {
    const fn class(self) -> &'static str {
        match self {
            Self::Primary => "button button-primary",
            Self::Plain => "button",
            Self::Quiet => "button button-quiet",
            Self::Danger => "button button-danger",
        }
    }
}

/// A button, until it is put where it stands.
pub struct Button {
    label: &'static str,
    kind: &'static str,
    look: Look,
    icon: Option<Icon>,
    busy: Option<(RwSignal<bool>, &'static str)>,
    disabled: Option<Box<dyn Fn() -> bool>>,
    id: Option<&'static str>,
    on_press: Option<Box<dyn Fn()>>,
}

/// A button with that word on it.
#[must_use]
pub const fn button(label: &'static str) -> Button {
    Button {
        label,
        kind: "button",
        look: Look::Plain,
        icon: None,
        busy: None,
        disabled: None,
        id: None,
        on_press: None,
    }
}

/// The button that sends its form, which is the one thing to do there.
#[must_use]
pub const fn submit(label: &'static str) -> Button {
    let mut button = button(label);
    button.kind = "submit";
    button.look = Look::Primary;
    button
}

impl Button {
    /// What it does.
    #[must_use]
    pub fn on_press(mut self, then: impl Fn() + 'static) -> Self {
        self.on_press = Some(Box::new(then));
        self
    }

    /// How it looks.
    #[must_use]
    pub const fn look(mut self, look: Look) -> Self {
        self.look = look;
        self
    }

    /// With an icon before the word.
    #[must_use]
    pub const fn icon(mut self, icon: Icon) -> Self {
        self.icon = Some(icon);
        self
    }

    /// While that holds it is disabled, and says so in that word. It keeps its width: both words are there, one of them
    /// unseen.
    #[must_use]
    pub const fn busy(mut self, busy: RwSignal<bool>, label: &'static str) -> Self {
        self.busy = Some((busy, label));
        self
    }

    /// It cannot be pressed while that holds.
    #[must_use]
    pub fn disabled(mut self, when: impl Fn() -> bool + 'static) -> Self {
        self.disabled = Some(Box::new(when));
        self
    }

    /// By which id focus comes back to it.
    #[must_use]
    pub const fn id(mut self, id: &'static str) -> Self {
        self.id = Some(id);
        self
    }
}

impl From<Button> for El {
    fn from(button: Button) -> Self {
        let Button {
            label,
            kind,
            look,
            icon,
            busy,
            disabled,
            id,
            on_press,
        } = button;
        let mut drawn = el("button").attr("type", kind).class(look.class());
        if let Some(id) = id {
            drawn = drawn.attr("id", id);
        }
        if let Some(on_press) = on_press {
            drawn = drawn.on("click", move |_| on_press());
        }
        if busy.is_some() || disabled.is_some() {
            drawn = drawn.live_attr("disabled", move || {
                let is_busy = busy.is_some_and(|(busy, _)| busy.get());
                let is_disabled = disabled.as_ref().is_some_and(|disabled| disabled());
                (is_busy || is_disabled).then(String::new)
            });
        }
        drawn.children(icon.map(glyph)).child(words(label, busy))
    }
}

fn words(label: &str, busy: Option<(RwSignal<bool>, &str)>) -> El {
    let words = el("span").class("words");
    match busy {
        Some((busy, busy_label)) => words
            .child(word(label, move || busy.get()))
            .child(word(busy_label, move || !busy.get())),
        None => words.child(el("span").text(label)),
    }
}

fn word(label: &str, is_unseen: impl Fn() -> bool + 'static) -> El {
    el("span")
        .text(label)
        .live_attr("class", move || is_unseen().then(|| "unseen".to_owned()))
}
