//! What the page uses of Leptos.

pub use leptos::ev;
pub use leptos::prelude::*;
pub use leptos::reactive::effect::RenderEffect;

/// Does that, and does it again whenever the signals change that it reads. Boxed, so that its code is in the page once.
pub fn follow(run: impl Fn() + 'static) {
    let run: Box<dyn Fn()> = Box::new(run);
    Effect::new(run);
}
