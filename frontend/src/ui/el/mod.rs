//! Elements that are all of one type.
//!
//! What Leptos' `view!` makes has a type that names all that is in it, and its code is compiled anew for each such
//! type. That is fast and well checked, and was a sixth of the page. The page is built from these instead: they follow
//! signals as any view does, but their code is there once. For that, whatever takes a closure boxes it and hands it on
//! to a function that is not generic.
//!
//! A part of the page is a function that makes one; what is optional about a part is told by the methods of a value
//! that becomes one, as a [`Button`](super::button::Button) does. A function reads no signals while it makes its
//! element: what it shows follows them.

mod each;
mod live;

use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, Event, HtmlElement, Node};

use crate::reactive::*;

const SVG: &str = "http://www.w3.org/2000/svg";

/// An element, with what keeps it up to date.
///
/// Boxed, because it is handed on by each of its methods: a pointer is handed on in a word of code, and there are a
/// thousand such calls.
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

    /// Another one like it, with all that is in it, but without what follows signals or listens. Where many are alike
    /// this is far cheaper than to make each from its parts.
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

    /// With that text.
    #[must_use]
    pub fn text(self, text: impl AsRef<str>) -> Self {
        self.append(&document().create_text_node(text.as_ref()));
        self
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

    fn append(&self, node: &Node) {
        let _ = self.0.element.append_child(node);
    }
}
