//! Our own Markdown as HTML.

use pulldown_cmark::{CowStr, Event, HeadingLevel, Options, Parser, Tag, TagEnd, html};

use super::html::{escape, slug};

/// The text as HTML. Each heading can be led to.
pub(super) fn render(text: &str) -> String {
    let mut events: Vec<Event> = parser(text).collect();
    let names: Vec<String> = headings(text).map(|(_, title)| slug(&title)).collect();
    let mut names = names.into_iter();
    for event in &mut events {
        if let Event::Start(Tag::Heading { id, .. }) = event {
            *id = names.next().map(CowStr::from);
        }
    }
    let mut rendered = String::new();
    html::push_html(&mut rendered, events.into_iter());
    rendered
}

/// A list of links to the headings of the second level.
pub(super) fn contents(text: &str) -> String {
    let second = headings(text).filter(|(level, _)| *level == HeadingLevel::H2);
    let items =
        second.map(|(_, title)| format!("<li><a href=\"#{}\">{}</a></li>\n", slug(&title), escape(&title)));
    format!("<ul>\n{}</ul>\n", items.collect::<String>())
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
