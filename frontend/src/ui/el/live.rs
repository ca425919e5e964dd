//! Following signals.

use js_sys::Reflect;
use send_wrapper::SendWrapper;
use wasm_bindgen::JsValue;

use super::{El, Inside, Kept};
use crate::reactive::*;

impl El {
    /// Runs now and whenever signals change that it reads, as long as the element is there.
    #[must_use]
    pub fn following(self, run: impl Fn() + 'static) -> Self {
        self.follow(Box::new(move |_| {
            run();
            Inside::default()
        }))
    }

    /// With an attribute that follows signals. While there is none, it is not there.
    #[must_use]
    pub fn live_attr(self, name: &'static str, value: impl Fn() -> Option<String> + 'static) -> Self {
        self.follow_attr(name, Box::new(value))
    }

    fn follow_attr(self, name: &'static str, value: Box<dyn Fn() -> Option<String>>) -> Self {
        let element = self.0.element.clone();
        self.follow(Box::new(move |_| {
            let _ = match value() {
                Some(value) => element.set_attribute(name, &value),
                None => element.remove_attribute(name),
            };
            Inside::default()
        }))
    }

    /// With a property that follows signals: what is in a field.
    #[must_use]
    pub fn live_prop(self, name: &'static str, value: impl Fn() -> JsValue + 'static) -> Self {
        self.follow_prop(name, Box::new(value))
    }

    fn follow_prop(self, name: &'static str, value: Box<dyn Fn() -> JsValue>) -> Self {
        let element = self.0.element.clone();
        self.follow(Box::new(move |_| {
            let _ = Reflect::set(&element, &name.into(), &value());
            Inside::default()
        }))
    }

    /// With a text that follows signals.
    #[must_use]
    pub fn live_text(self, text: impl Fn() -> String + 'static) -> Self {
        self.follow_text(Box::new(text))
    }

    fn follow_text(self, text: Box<dyn Fn() -> String>) -> Self {
        let node = document().create_text_node("");
        self.append(&node);
        self.follow(Box::new(move |_| {
            node.set_data(&text());
            Inside::default()
        }))
    }

    /// With an element in it that is made anew whenever the signals change that it is made from.
    #[must_use]
    pub fn live(self, child: impl Fn() -> Option<Self> + 'static) -> Self {
        self.follow_child(Box::new(child))
    }

    fn follow_child(self, child: Box<dyn Fn() -> Option<Self>>) -> Self {
        let anchor = document().create_comment("");
        self.append(&anchor);
        self.follow(Box::new(move |before: Option<Inside>| {
            // What the last run made is gone before its successor is there, so that an id is never there twice.
            for child in before.into_iter().flat_map(|inside| inside.0) {
                child.0.element.remove();
            }
            let child = child();
            if let (Some(child), Some(parent)) = (&child, anchor.parent_node()) {
                let _ = parent.insert_before(&child.0.element, Some(&anchor));
            }
            Inside(child.into_iter().collect())
        }))
    }

    /// With an element in it while something holds.
    #[must_use]
    pub fn shown(self, when: impl Fn() -> bool + 'static, child: impl Fn() -> Self + 'static) -> Self {
        let when = SendWrapper::new(Box::new(when) as Box<dyn Fn() -> bool>);
        self.follow_condition(when, Box::new(child))
    }

    fn follow_condition(
        self,
        when: SendWrapper<Box<dyn Fn() -> bool>>,
        child: Box<dyn Fn() -> Self>,
    ) -> Self {
        let holds = Memo::new(move |_| when());
        self.follow_child(Box::new(move || holds.get().then(|| untrack(&child))))
    }

    pub(super) fn follow(mut self, run: Box<dyn FnMut(Option<Inside>) -> Inside>) -> Self {
        let effect = RenderEffect::new(run);
        self.0.kept.push(Kept::Effect { effect });
        self
    }
}
