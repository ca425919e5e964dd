//! Rows that stay the same rows.

use uuid::Uuid;

use super::{El, Inside};
use crate::reactive::*;

impl El {
    /// With an element for each id, in that order. One whose id stays is not touched: focus and selection in it stay,
    /// too.
    #[must_use]
    pub fn each(self, ids: impl Fn() -> Vec<Uuid> + 'static, make: impl Fn(Uuid) -> Self + 'static) -> Self {
        self.follow_ids(Box::new(ids), Box::new(make))
    }

    fn follow_ids(self, ids: Box<dyn Fn() -> Vec<Uuid>>, make: Box<dyn Fn(Uuid) -> Self>) -> Self {
        let parent = self.0.element.clone();
        let owner = Owner::current().unwrap_or_default();
        let mut before: Vec<Uuid> = Vec::new();
        self.follow(Box::new(move |inside: Option<Inside>| {
            let ids = ids();
            let mut there: Vec<(Uuid, Self)> = before.drain(..).zip(inside.unwrap_or_default().0).collect();
            there.retain(|(id, row)| {
                let stays = ids.contains(id);
                if !stays {
                    row.0.element.remove();
                }
                stays
            });
            // Made in the table's name, not in this run's: the next run would end what this one made.
            let make = |id| owner.with(|| untrack(|| make(id)));
            let mut rows = Vec::with_capacity(ids.len());
            let mut next = parent.first_element_child();
            for id in &ids {
                let known = there.iter().position(|(there, _)| there == id);
                let row = match known {
                    Some(place) => there.remove(place).1,
                    None => make(*id),
                };
                if next.as_ref() == Some(&row.0.element) {
                    next = row.0.element.next_element_sibling();
                } else {
                    let _ = parent.insert_before(&row.0.element, next.as_ref().map(AsRef::as_ref));
                }
                rows.push(row);
            }
            before = ids;
            Inside(rows)
        }))
    }
}
