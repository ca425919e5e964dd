//! Changes of a schema that break users of the previous one.

use std::collections::BTreeSet;

use serde_json::Value;

use super::compare::{items, members, text};

/// The party that writes the described value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    /// A client: what was taken must still be.
    Sent,
    /// We: what was promised must still hold.
    Answered,
}

/// The schemas of both documents.
pub(super) struct Schemas<'a> {
    old: &'a Value,
    new: &'a Value,
}

/// Bounds that what is sent must keep to: whether a larger one is the narrower.
const BOUNDS: [(&str, bool); 8] = [
    ("minimum", true),
    ("minLength", true),
    ("minItems", true),
    ("minProperties", true),
    ("maximum", false),
    ("maxLength", false),
    ("maxItems", false),
    ("maxProperties", false),
];

impl<'a> Schemas<'a> {
    pub(super) fn new(old: &'a Value, new: &'a Value) -> Self {
        Self { old, new }
    }

    /// Each break, in a line.
    pub(super) fn breaks(&self, place: &str, old: &Value, new: &Value, direction: Direction) -> Vec<String> {
        let mut found = Vec::new();
        self.compare(place, old, new, direction, &mut Vec::new(), &mut found);
        found
    }

    fn compare(
        &self,
        place: &str,
        old: &Value,
        new: &Value,
        direction: Direction,
        within: &mut Vec<String>,
        found: &mut Vec<String>,
    ) {
        // A schema that holds itself is compared once.
        let reference = text(&old["$ref"]).to_owned();
        if !reference.is_empty() && within.contains(&reference) {
            return;
        }
        within.push(reference);
        let (old, new) = (resolve(self.old, old), resolve(self.new, new));
        found.extend(own(old, new, direction).map(|what| format!("{place}: {what}")));
        for (name, property) in members(&old["properties"]) {
            let at = format!("{place}/{name}");
            match new["properties"].get(name) {
                Some(now) => self.compare(&at, property, now, direction, within, found),
                None => found.push(format!("{at}: is gone")),
            }
        }
        for part in ["items", "additionalProperties", "propertyNames"] {
            if old[part].is_object() && new[part].is_object() {
                self.compare(
                    &format!("{place}/{part}"),
                    &old[part],
                    &new[part],
                    direction,
                    within,
                    found,
                );
            }
        }
        for part in ["allOf", "oneOf", "anyOf"] {
            self.alternatives(place, (&old[part], &new[part]), direction, within, found);
        }
        within.pop();
    }

    fn alternatives(
        &self,
        place: &str,
        (old, new): (&Value, &Value),
        direction: Direction,
        within: &mut Vec<String>,
        found: &mut Vec<String>,
    ) {
        let (before, now) = (items(old).count(), items(new).count());
        let breaks = match direction {
            Direction::Sent => now < before,
            Direction::Answered => now > before && before > 0,
        };
        if breaks {
            found.push(format!("{place}: has {now} alternatives, not {before}"));
        }
        for (old, new) in items(old).zip(items(new)) {
            self.compare(place, old, new, direction, within, found);
        }
    }
}

fn resolve<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    let pointer = text(&schema["$ref"]).trim_start_matches('#');
    if pointer.is_empty() {
        return schema;
    }
    document.pointer(pointer).unwrap_or(schema)
}

/// Breaking changes outside the parts of a schema.
fn own(old: &Value, new: &Value, direction: Direction) -> impl Iterator<Item = String> {
    let mut found = Vec::new();
    let (before, now) = (types(old), types(new));
    let narrower = match direction {
        Direction::Sent => !before.is_subset(&now) && !now.is_empty(),
        Direction::Answered => !now.is_subset(&before) && !before.is_empty(),
    };
    if narrower {
        found.push(format!("is {now:?}, not {before:?}"));
    }
    if old["format"] != new["format"] {
        found.push("has another format".to_owned());
    }
    match direction {
        Direction::Sent => sent(old, new, &mut found),
        Direction::Answered => {
            let still = strings(&new["required"]);
            let lost = strings(&old["required"])
                .into_iter()
                .filter(|name| !still.contains(name));
            found.extend(lost.map(|name| format!("{name} may be missing")));
        }
    }
    found.into_iter()
}

fn sent(old: &Value, new: &Value, found: &mut Vec<String>) {
    let known = strings(&old["required"]);
    let added = strings(&new["required"])
        .into_iter()
        .filter(|name| !known.contains(name));
    found.extend(added.map(|name| format!("{name} is required now")));
    if new["enum"].is_array() {
        let taken: Vec<&Value> = items(&new["enum"]).collect();
        let lost = items(&old["enum"]).filter(|value| !taken.contains(value));
        found.extend(lost.map(|value| format!("{value} is no longer taken")));
        if !old["enum"].is_array() {
            found.push("takes a few values only".to_owned());
        }
    }
    for (bound, larger_is_narrower) in BOUNDS {
        let narrower = match (old[bound].as_f64(), new[bound].as_f64()) {
            (_, None) => false,
            (None, Some(_)) => true,
            (Some(before), Some(now)) => before != now && (now > before) == larger_is_narrower,
        };
        if narrower {
            found.push(format!("{bound} is narrower"));
        }
    }
    for rule in ["pattern", "not"] {
        if !new[rule].is_null() && old[rule] != new[rule] {
            found.push(format!("{rule} is another"));
        }
    }
    if new["additionalProperties"] == false && old["additionalProperties"] != false {
        found.push("takes no unknown fields".to_owned());
    }
}

fn types(schema: &Value) -> BTreeSet<String> {
    match &schema["type"] {
        Value::String(one) => BTreeSet::from([one.clone()]),
        several => strings(several),
    }
}

fn strings(list: &Value) -> BTreeSet<String> {
    items(list).filter_map(Value::as_str).map(str::to_owned).collect()
}
