//! Buttons.

use leptos::prelude::*;

use super::el::{El, el};
use super::icon::{Icon, glyph};

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

/// A button. While it is busy it is disabled, says so, and keeps its width: both words are there, one of them unseen.
#[component]
pub fn Button(
    /// Its word.
    #[prop(into)]
    label: String,
    /// Its word while it is busy.
    #[prop(optional, into)]
    busy_label: String,
    /// Whether it is busy.
    #[prop(optional, into)]
    busy: Signal<bool>,
    /// Whether it cannot be pressed for another reason.
    #[prop(optional, into)]
    disabled: Signal<bool>,
    /// How it looks.
    #[prop(optional)]
    look: Look,
    /// What stands before the word.
    #[prop(optional)]
    icon: Option<Icon>,
    /// Whether it sends its form.
    #[prop(optional)]
    submits: bool,
    /// By which id focus comes back to it.
    #[prop(optional)]
    id: Option<&'static str>,
    /// What it does.
    #[prop(optional)]
    on_press: Option<Callback<()>>,
) -> impl IntoView {
    let word = el("span").text(label);
    let words = el("span").class("words");
    let words = if busy_label.is_empty() {
        words.child(word)
    } else {
        words
            .child(unseen(word, move || busy.get()))
            .child(unseen(el("span").text(busy_label), move || !busy.get()))
    };
    let button = el("button")
        .attr("type", if submits { "submit" } else { "button" })
        .class(look.class())
        .live_attr("disabled", move || {
            (busy.get() || disabled.get()).then(String::new)
        })
        .on("click", move |_| {
            if let Some(on_press) = on_press {
                on_press.run(());
            }
        });
    let button = match id {
        Some(id) => button.attr("id", id),
        None => button,
    };
    button.children(icon.map(glyph)).child(words)
}

fn unseen(word: El, hides: impl Fn() -> bool + 'static) -> El {
    word.live_attr("class", move || hides().then(|| "unseen".to_owned()))
}
