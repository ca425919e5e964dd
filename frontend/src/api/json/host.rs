//! JSON where there is no browser: in the tests.

use serde_json::Value;

/// A value, or nothing, for which `null` stands: we say `null` nowhere.
pub struct Json(Value);

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
    pub const NOTHING: Self = Self(Value::Null);

    /// Reads a text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok().map(Self)
    }

    /// Whether it is `null`, or nothing.
    #[must_use]
    pub fn is_null(&self) -> bool {
        self.0.is_null()
    }

    /// What it says, where it is a text.
    #[must_use]
    pub fn text(&self) -> Option<String> {
        self.0.as_str().map(str::to_owned)
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
        Some(self.0.as_array()?.iter().cloned().map(Self).collect())
    }

    /// The names of its fields, where it is an object.
    #[must_use]
    pub fn names(&self) -> Option<Vec<String>> {
        Some(self.0.as_object()?.keys().cloned().collect())
    }

    /// The JSON as text.
    #[must_use]
    pub fn to_text(&self) -> String {
        self.0.to_string()
    }

    /// An object. A field that is nothing is left out.
    #[must_use]
    pub fn object<const N: usize>(fields: [(&str, Self); N]) -> Self {
        let there = fields.into_iter().filter(|(_, value)| !value.is_null());
        Self(
            there
                .map(|(name, Self(value))| (name.to_owned(), value))
                .collect(),
        )
    }

    pub(super) fn get(&self, name: &str) -> Self {
        Self(self.0.get(name).cloned().unwrap_or_default())
    }
}
