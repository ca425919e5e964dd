//! Markdown from our own sources as HTML.

use maud::{Markup, PreEscaped, html};
use pulldown_cmark::{CowStr, Event, HeadingLevel, Options, Parser, Tag, TagEnd};

use super::layout::slug;

/// Renders trusted Markdown. Each heading gets a fragment identifier.
pub(super) fn render(text: &str) -> Markup {
    let mut events: Vec<Event> = parser(text).collect();
    let names: Vec<String> = headings(text).map(|(_, title)| slug(&title)).collect();
    let mut names = names.into_iter();
    for event in &mut events {
        if let Event::Start(Tag::Heading { id, .. }) = event {
            *id = names.next().map(CowStr::from);
        }
    }
    let mut rendered = String::new();
    pulldown_cmark::html::push_html(&mut rendered, events.into_iter());
    PreEscaped(rendered)
}

/// Renders a list of links to the headings of the second level.
pub(super) fn contents(text: &str) -> Markup {
    let second = headings(text).filter(|(level, _)| *level == HeadingLevel::H2);
    html! {
        ul {
            @for (_, title) in second {
                li { a href={ "#" (slug(&title)) } { (title) } }
            }
        }
    }
}

fn parser(text: &str) -> Parser<'_> {
    Parser::new_ext(text, Options::ENABLE_TABLES)
}

fn headings(text: &str) -> impl Iterator<Item = (HeadingLevel, String)> {
    let mut open: Option<(HeadingLevel, String)> = None;
    parser(text).filter_map(move |event| match event {
        Event::Start(Tag::Heading { level, .. }) => {
            open = Some((level, String::new()));
            None
        }
        Event::Text(part) | Event::Code(part) => {
            if let Some((_, title)) = &mut open {
                title.push_str(&part);
            }
            None
        }
        Event::End(TagEnd::Heading(_)) => open.take(),
        _ => None,
    })
}
