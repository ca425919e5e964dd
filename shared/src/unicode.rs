//! Unicode normalization (UAX #15). Keyboards, file systems and spreadsheets encode the same text differently, such as
//! `é` as one code point (NFC) or as two (NFD).

use std::borrow::Cow;

/// Returns the text in Normalization Form C.
#[must_use]
pub fn nfc(text: &str) -> Cow<'_, str> {
    normalized(text, Form::Composed)
}

/// Returns the text in Normalization Form D.
#[must_use]
pub fn nfd(text: &str) -> Cow<'_, str> {
    normalized(text, Form::Decomposed)
}

#[derive(Clone, Copy)]
enum Form {
    Composed,
    Decomposed,
}

fn normalized(text: &str, form: Form) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    Cow::Owned(convert(text, form))
}

#[cfg(not(target_arch = "wasm32"))]
fn convert(text: &str, form: Form) -> String {
    use unicode_normalization::UnicodeNormalization as _;
    match form {
        Form::Composed => text.nfc().collect(),
        Form::Decomposed => text.nfd().collect(),
    }
}

#[cfg(target_arch = "wasm32")]
fn convert(text: &str, form: Form) -> String {
    let form = match form {
        Form::Composed => "NFC",
        Form::Decomposed => "NFD",
    };
    js_sys::JsString::from(text).normalize(form).into()
}
