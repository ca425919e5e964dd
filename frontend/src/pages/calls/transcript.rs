//! Transcript of a call.

use leptos::prelude::*;
use serde_json::Value;

/// Transcript: turn by turn if it is a list of turns, or else unchanged.
#[component]
pub fn Transcript(text: Option<String>) -> impl IntoView {
    let content = match text {
        None => view! { <p class="help">"No transcript"</p> }.into_any(),
        Some(text) => match turns(&text) {
            Some(turns) => {
                let lines = turns
                    .into_iter()
                    .map(|Turn { speaker, words }| {
                        view! {
                            <li>
                                <b>{speaker}</b>
                                <span dir="auto">{words}</span>
                            </li>
                        }
                    })
                    .collect_view();
                view! { <ol class="turns">{lines}</ol> }.into_any()
            }
            None => view! { <p class="transcript-text" dir="auto">{text}</p> }.into_any(),
        },
    };
    view! {
        <section class="call-part">
            <h3>"Transcript"</h3>
            {content}
        </section>
    }
}

#[derive(Debug, PartialEq)]
struct Turn {
    speaker: String,
    words: String,
}

/// Parses a list of turns. Workers name the fields differently. Returns `None` for anything else.
fn turns(text: &str) -> Option<Vec<Turn>> {
    let turns: Vec<Value> = serde_json::from_str(text).ok()?;
    let turn = |turn: &Value| {
        let field = |names: &[&str]| names.iter().find_map(|name| turn.get(name)?.as_str());
        let words = turn.as_str().or_else(|| field(&["text", "content", "message"]))?;
        Some(Turn {
            speaker: field(&["role", "speaker", "from"]).unwrap_or_default().to_owned(),
            words: words.to_owned(),
        })
    };
    turns.iter().map(turn).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_are_read_whatever_their_fields_are_called() {
        let read = |text| {
            turns(text).map(|turns| {
                turns
                    .into_iter()
                    .map(|turn| format!("{}: {}", turn.speaker, turn.words))
                    .collect::<Vec<_>>()
            })
        };
        for (text, words) in [
            (
                r#"[{"role": "bot", "text": "Good day."}]"#,
                Some("bot: Good day."),
            ),
            (r#"[{"speaker": "user", "content": "Yes?"}]"#, Some("user: Yes?")),
            (r#"["Hello"]"#, Some(": Hello")),
            (r#"[{"role": "bot"}]"#, None),
            (r#"{"role": "bot"}"#, None),
            ("Good day.", None),
        ] {
            assert_eq!(read(text), words.map(|words| vec![words.to_owned()]), "{text}");
        }
    }
}
