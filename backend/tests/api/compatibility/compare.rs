//! Changes of a document that break clients of the previous one.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::schema::{Direction, Schemas};

/// Each change that breaks somebody, in a line.
pub(super) fn breaks(old: &Value, new: &Value) -> Vec<String> {
    let mut comparison = Comparison {
        schemas: Schemas::new(old, new),
        found: Vec::new(),
    };
    comparison.schemes(old, new);
    for (member, ours) in [("paths", false), ("webhooks", true)] {
        for (path, item) in members(&old[member]) {
            for (method, operation) in
                members(item).filter(|(_, operation)| operation["responses"].is_object())
            {
                let place = format!("{} {path}", method.to_uppercase());
                match new[member][path].get(method) {
                    Some(now) => comparison.operation(&place, operation, now, ours),
                    None => comparison.tell(&place, "is gone"),
                }
            }
        }
    }
    comparison.found
}

struct Comparison<'a> {
    schemas: Schemas<'a>,
    found: Vec<String>,
}

impl Comparison<'_> {
    fn tell(&mut self, place: &str, what: &str) {
        self.found.push(format!("{place}: {what}"));
    }

    fn schemes(&mut self, old: &Value, new: &Value) {
        for (name, scheme) in members(&old["components"]["securitySchemes"]) {
            let now = &new["components"]["securitySchemes"][name];
            if ["type", "in", "name", "scheme"]
                .iter()
                .any(|part| scheme[part] != now[part])
            {
                self.tell(name, "the proof is another");
            }
        }
    }

    /// `ours`: this server sends the request.
    fn operation(&mut self, place: &str, old: &Value, new: &Value, ours: bool) {
        if old["operationId"] != new["operationId"] {
            self.tell(place, "operationId is another");
        }
        let proofs = requirements(new);
        if requirements(old).iter().any(|proof| !proofs.contains(proof)) {
            self.tell(place, "a proof is no longer taken");
        }
        self.parameters(place, old, new, ours);
        self.body(place, old, new, ours);
        if !ours {
            self.responses(place, old, new);
        }
    }

    fn parameters(&mut self, place: &str, old: &Value, new: &Value, ours: bool) {
        let find = |all: &Value, one: &Value| {
            let mut all = items(all);
            all.find(|other| other["name"] == one["name"] && other["in"] == one["in"])
                .cloned()
        };
        for parameter in items(&old["parameters"]) {
            let at = format!("{place} parameter {}", text(&parameter["name"]));
            match find(&new["parameters"], parameter) {
                Some(now) => {
                    if !ours && parameter["required"] != true && now["required"] == true {
                        self.tell(&at, "is required now");
                    }
                    self.schema(&at, &parameter["schema"], &now["schema"], direction(!ours));
                }
                None => self.tell(&at, "is gone"),
            }
        }
        for parameter in items(&new["parameters"]).filter(|parameter| !ours && parameter["required"] == true)
        {
            if find(&old["parameters"], parameter).is_none() {
                let at = format!("{place} parameter {}", text(&parameter["name"]));
                self.tell(&at, "is new and required");
            }
        }
    }

    fn body(&mut self, place: &str, old: &Value, new: &Value, ours: bool) {
        let (old, new) = (&old["requestBody"], &new["requestBody"]);
        if !ours && old["required"] != true && new["required"] == true {
            self.tell(place, "a body is required now");
        }
        self.content(
            &format!("{place} body"),
            &old["content"],
            &new["content"],
            direction(!ours),
        );
    }

    fn responses(&mut self, place: &str, old: &Value, new: &Value) {
        for (status, answer) in members(&old["responses"]) {
            let at = format!("{place} {status}");
            let now = &new["responses"][status];
            if !now.is_object() {
                self.tell(&at, "is gone");
                continue;
            }
            for (header, _) in members(&answer["headers"]) {
                if now["headers"].get(header).is_none() {
                    self.tell(&at, &format!("header {header} is gone"));
                }
            }
            self.content(&at, &answer["content"], &now["content"], Direction::Answered);
            let problems = |answer: &Value| answer["content"]["application/problem+json"]["examples"].clone();
            for (code, _) in members(&problems(answer)) {
                if problems(now).get(code).is_none() {
                    self.tell(&at, &format!("code {code} is gone"));
                }
            }
        }
    }

    fn content(&mut self, place: &str, old: &Value, new: &Value, direction: Direction) {
        for (kind, content) in members(old) {
            match new.get(kind) {
                Some(now) => self.schema(place, &content["schema"], &now["schema"], direction),
                None => self.tell(place, &format!("{kind} is gone")),
            }
        }
    }

    fn schema(&mut self, place: &str, old: &Value, new: &Value, direction: Direction) {
        self.found.extend(self.schemas.breaks(place, old, new, direction));
    }
}

fn direction(is_sent: bool) -> Direction {
    if is_sent {
        Direction::Sent
    } else {
        Direction::Answered
    }
}

fn requirements(operation: &Value) -> BTreeSet<String> {
    let listed: BTreeSet<String> = items(&operation["security"]).map(Value::to_string).collect();
    if listed.is_empty() {
        // No credentials are required.
        return BTreeSet::from(["{}".to_owned()]);
    }
    listed
}

/// The members of an object, or none.
pub(super) fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flat_map(Map::iter)
}

/// The items of a list, or none.
pub(super) fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

pub(super) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
