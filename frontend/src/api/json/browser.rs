//! JSON as the browser reads it.

use js_sys::{Array, JSON, Object, Reflect};
use wasm_bindgen::JsValue;

/// A value, or nothing.
pub struct Json(JsValue);

impl From<&str> for Json {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

impl From<bool> for Json {
    fn from(truth: bool) -> Self {
        Self(truth.into())
    }
}

impl Json {
    /// Nothing.
    pub const NOTHING: Self = Self(JsValue::UNDEFINED);

    /// Reads a text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        JSON::parse(text).ok().map(Self)
    }

    /// Whether it is `null`, or nothing.
    #[must_use]
    pub fn is_null(&self) -> bool {
        self.0.is_null() || self.0.is_undefined()
    }

    /// What it says, where it is a text.
    #[must_use]
    pub fn text(&self) -> Option<String> {
        self.0.as_string()
    }

    /// What it says, where it is a number.
    #[must_use]
    pub fn number(&self) -> Option<f64> {
        self.0.as_f64()
    }

    /// What it says, where it is `true` or `false`.
    #[must_use]
    pub fn truth(&self) -> Option<bool> {
        self.0.as_bool()
    }

    /// What is in it, where it is a list.
    #[must_use]
    pub fn items(&self) -> Option<Vec<Self>> {
        Array::is_array(&self.0).then(|| Array::from(&self.0).iter().map(Self).collect())
    }

    /// The names of its fields, where it is an object.
    #[must_use]
    pub fn names(&self) -> Option<Vec<String>> {
        let object = Object::try_from(&self.0)?;
        Object::keys(object).iter().map(|name| name.as_string()).collect()
    }

    /// The JSON as text.
    #[must_use]
    pub fn to_text(&self) -> String {
        JSON::stringify(&self.0).map(String::from).unwrap_or_default()
    }

    /// An object. A field that is nothing is left out.
    #[must_use]
    pub fn object<const N: usize>(fields: [(&str, Self); N]) -> Self {
        let object = Object::new();
        for (name, Self(value)) in fields {
            let _ = Reflect::set(&object, &name.into(), &value);
        }
        Self(object.into())
    }

    pub(super) fn get(&self, name: &str) -> Self {
        Self(Reflect::get(&self.0, &name.into()).unwrap_or(JsValue::UNDEFINED))
    }
}
