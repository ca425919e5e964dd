//! What was said.

use js_sys::{Array, JSON, Reflect};
use ori_shared::call::CallView;
use wasm_bindgen::JsValue;

use crate::ui::el::{El, el};

/// The transcript: turn by turn where it is a list of turns, else as it is.
#[must_use]
pub fn transcript(call: &CallView) -> El {
    let part = el("section")
        .class("call-part")
        .child(el("h3").text("Transcript"));
    let said = call
        .details
        .as_ref()
        .and_then(|details| details.transcript.as_deref());
    match said {
        None => part.child(el("p").class("help").text("There is no transcript.")),
        Some(text) => match turns(text) {
            Some(turns) => part.child(el("ol").class("turns").children(turns)),
            None => part.child(el("p").class("said").text(text)),
        },
    }
}

/// The browser reads the JSON: it has a reader already.
fn turns(text: &str) -> Option<Vec<El>> {
    let parsed = JSON::parse(text).ok()?;
    if !Array::is_array(&parsed) {
        return None;
    }
    Array::from(&parsed)
        .iter()
        .map(|turn| Some(line(&who(&turn), &words(&turn)?)))
        .collect()
}

fn line(who: &str, words: &str) -> El {
    el("li").child(el("b").text(who)).child(el("span").text(words))
}

fn who(turn: &JsValue) -> String {
    field(turn, &["role", "speaker", "from"]).unwrap_or_default()
}

fn words(turn: &JsValue) -> Option<String> {
    turn.as_string()
        .or_else(|| field(turn, &["text", "content", "message"]))
}

fn field(turn: &JsValue, names: &[&str]) -> Option<String> {
    names
        .iter()
        .find_map(|name| Reflect::get(turn, &(*name).into()).ok()?.as_string())
}
