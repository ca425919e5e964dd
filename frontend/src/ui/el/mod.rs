//! Elements that are all of one type.
//!
//! What Leptos' `view!` makes has a type that names all that is in it, and its code is compiled anew for each such type. That is
//! fast and well checked, and was a third of the page. The page is built from these instead: they follow signals as any view does, but
//! their code is there once. For that, whatever takes a closure boxes it and hands it on to a function that is not generic.
//!
//! A part of the page is a function that makes one; what is optional about a part is told by the methods of a value that becomes one,
//! as a [`Button`](super::button::Button) does. A function reads no signals while it makes its element: what it shows follows them.

mod each;

use send_wrapper::SendWrapper;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, Event, HtmlElement, Node};

use crate::reactive::*;

const SVG: &str = "http://www.w3.org/2000/svg";

/// An element, with what keeps it up to date.
///
/// Boxed, because it is handed on by each of its methods: a pointer is handed on in a word of code, and there are a thousand such calls.
pub struct El(Box<Parts>);

struct Parts {
    element: Element,
    kept: Vec<Kept>,
}

/// What an element needs for as long as it is there; the field is never read, only dropped.
enum Kept {
    /// Follows signals.
    Effect {
        #[expect(dead_code, reason = "it works until it is dropped")]
        effect: RenderEffect<Inside>,
    },
}

/// What an effect leaves behind for its next run.
#[derive(Default)]
struct Inside(Vec<El>);

/// An element of that name.
#[must_use]
pub fn el(name: &str) -> El {
    El::from(document().create_element(name))
}

/// An element of a drawing.
#[must_use]
pub fn svg(name: &str) -> El {
    El::from(document().create_element_ns(Some(SVG), name))
}

impl El {
    fn from(made: Result<Element, JsValue>) -> Self {
        let Ok(element) = made else {
            unreachable!("an element's name is a plain word of this program");
        };
        Self(Box::new(Parts {
            element,
            kept: Vec::new(),
        }))
    }

    /// The element itself.
    #[must_use]
    pub fn element(&self) -> &Element {
        &self.0.element
    }

    /// Another one like it, with all that is in it, but without what follows signals or listens. Where many are alike this is far
    /// cheaper than to make each from its parts.
    #[must_use]
    pub fn copy(&self) -> Self {
        let copy = self.element().clone_node_with_deep(true);
        Self::from(copy.map(JsCast::unchecked_into))
    }

    /// The first element in it that this selector means.
    #[must_use]
    pub fn part(&self, selector: &str) -> Element {
        let Ok(Some(part)) = self.element().query_selector(selector) else {
            unreachable!("who made an element knows what is in it");
        };
        part
    }

    /// Runs now and whenever signals change that it reads, as long as the element is there.
    #[must_use]
    pub fn following(self, run: impl Fn() + 'static) -> Self {
        self.follow(Box::new(move |_| {
            run();
            Inside::default()
        }))
    }

    /// With that class.
    #[must_use]
    pub fn class(self, class: &str) -> Self {
        self.attr("class", class)
    }

    /// With that attribute.
    #[must_use]
    pub fn attr(self, name: &str, value: impl AsRef<str>) -> Self {
        let _ = self.0.element.set_attribute(name, value.as_ref());
        self
    }

    /// With that style. Not by the attribute, which the page's Content-Security-Policy refuses.
    #[must_use]
    pub fn style(self, name: &str, value: &str) -> Self {
        if let Some(element) = self.0.element.dyn_ref::<HtmlElement>() {
            let _ = element.style().set_property(name, value);
        }
        self
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
            let _ = js_sys::Reflect::set(&element, &name.into(), &value());
            Inside::default()
        }))
    }

    /// With that text.
    #[must_use]
    pub fn text(self, text: impl AsRef<str>) -> Self {
        self.append(&document().create_text_node(text.as_ref()));
        self
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

    /// With another element in it.
    #[must_use]
    pub fn child(self, child: impl Into<Self>) -> Self {
        self.hold(child.into())
    }

    fn hold(mut self, mut child: Self) -> Self {
        self.append(&child.0.element);
        self.0.kept.append(&mut child.0.kept);
        self
    }

    /// With other elements in it.
    #[must_use]
    pub fn children(self, children: impl IntoIterator<Item = Self>) -> Self {
        children.into_iter().fold(self, Self::child)
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

    /// Calls `then` at each event of that name. Not from within a component: take what it needs from there beforehand.
    #[must_use]
    pub fn on(self, event: &str, then: impl FnMut(Event) + 'static) -> Self {
        self.listen(event, Box::new(then))
    }

    fn listen(self, event: &str, then: Box<dyn FnMut(Event)>) -> Self {
        let listener = Closure::wrap(then).into_js_value();
        let _ = self
            .0
            .element
            .add_event_listener_with_callback(event, listener.unchecked_ref());
        self
    }

    fn follow(mut self, run: Box<dyn FnMut(Option<Inside>) -> Inside>) -> Self {
        let effect = RenderEffect::new(run);
        self.0.kept.push(Kept::Effect { effect });
        self
    }

    fn append(&self, node: &Node) {
        let _ = self.0.element.append_child(node);
    }
}
