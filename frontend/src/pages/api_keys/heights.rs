//! How high rows are, and which of them are near what can be seen.

use std::ops::Range;

use uuid::Uuid;

/// A row of the table, as long as none has been measured.
const GUESS: f64 = 44.0;

/// How high each row is, in pixels. Most are as high as any other; as cards, some have a name of several lines.
#[derive(Debug, Default)]
pub struct Heights {
    usual: Option<f64>,
    /// By id, in order.
    others: Vec<(Uuid, f64)>,
}

/// Some of the rows, and how much room those take that stand before and after them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Span {
    /// Their places in the list.
    pub rows: Range<usize>,
    /// The room before them, in pixels.
    pub above: f64,
    /// The room after them, in pixels.
    pub below: f64,
}

impl Heights {
    /// How high that row is, as far as is known.
    #[must_use]
    pub fn of(&self, id: Uuid) -> f64 {
        let usual = self.usual.unwrap_or(GUESS);
        self.find(id).map_or(usual, |other| self.others[other].1)
    }

    /// Where a height is told that is not the usual one, or would be.
    fn find(&self, id: Uuid) -> Result<usize, usize> {
        self.others.binary_search_by(|(other, _)| other.cmp(&id))
    }

    /// The rows that take up some of the room between two distances from the list's start.
    #[must_use]
    pub fn span(&self, ids: impl Iterator<Item = Uuid>, from: f64, to: f64) -> Span {
        let (mut span, mut at) = (Span::default(), 0.0);
        for (place, id) in ids.enumerate() {
            let next = at + self.of(id);
            if next <= from {
                span.rows = place + 1..place + 1;
                span.above = next;
            } else if at < to {
                span.rows.end = place + 1;
            } else {
                span.below += next - at;
            }
            at = next;
        }
        span
    }

    /// Takes over what was measured; says whether that is news.
    pub fn learn(&mut self, measured: &[(Uuid, f64)]) -> bool {
        let lowest = measured.iter().map(|(_, height)| *height).min_by(f64::total_cmp);
        let Some(usual) = self.usual.or(lowest) else {
            return false;
        };
        // Where nothing is as it was, the style has come late, or letters have another size.
        let is_strange = measured.len() > 2 && measured.iter().all(|(_, height)| differ(*height, usual));
        if is_strange {
            self.forget();
            return self.learn(measured) || is_strange;
        }
        let mut is_news = self.usual.is_none() && differ(usual, GUESS);
        self.usual = Some(usual);
        for (id, height) in measured {
            if differ(self.of(*id), *height) {
                match self.find(*id) {
                    Ok(known) => self.others[known].1 = *height,
                    Err(place) => self.others.insert(place, (*id, *height)),
                }
                is_news = true;
            }
        }
        is_news
    }

    /// The room has changed: nothing is known any more.
    pub fn forget(&mut self) {
        *self = Self::default();
    }
}

fn differ(a: f64, b: f64) -> bool {
    (a - b).abs() > 0.01
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(count: u128) -> impl Iterator<Item = Uuid> {
        (0..count).map(Uuid::from_u128)
    }

    fn usual(height: f64) -> Heights {
        let mut heights = Heights::default();
        heights.learn(&[(Uuid::from_u128(0), height)]);
        heights
    }

    #[test]
    fn what_stands_between_two_heights_is_in_and_all_room_is_accounted_for() {
        let mut heights = usual(40.0);
        assert_eq!(
            heights.span(ids(100), 100.0, 200.0),
            Span {
                rows: 2..5,
                above: 80.0,
                below: 95.0 * 40.0
            }
        );
        heights.learn(&[(Uuid::from_u128(1), 100.0)]);
        assert_eq!(
            heights.span(ids(100), 100.0, 200.0),
            Span {
                rows: 1..4,
                above: 40.0,
                below: 96.0 * 40.0
            }
        );
    }

    #[test]
    fn before_the_start_and_behind_the_end_there_is_nothing() {
        let heights = usual(40.0);
        assert_eq!(heights.span(ids(0), -400.0, 900.0), Span::default());
        assert_eq!(heights.span(ids(3), -400.0, 900.0).rows, 0..3);
        let behind = heights.span(ids(3), 1000.0, 2000.0);
        assert_eq!((behind.rows, behind.above, behind.below), (3..3, 120.0, 0.0));
    }

    #[test]
    fn the_lowest_row_is_the_usual_one_and_only_news_is_news() {
        let mut heights = Heights::default();
        let measured = [(Uuid::from_u128(1), 240.0), (Uuid::from_u128(2), 200.0)];
        assert!(heights.learn(&measured));
        assert!(!heights.learn(&measured));
        assert_eq!(heights.of(Uuid::from_u128(7)), 200.0);
        assert_eq!(heights.of(Uuid::from_u128(1)), 240.0);
        heights.forget();
        assert_eq!(heights.of(Uuid::from_u128(1)), GUESS);
    }

    #[test]
    fn rows_that_all_have_another_height_are_measured_anew() {
        let mut heights = usual(23.0);
        let measured = [1, 2, 3].map(|id| (Uuid::from_u128(id), 45.0));
        assert!(heights.learn(&measured));
        assert!(!heights.learn(&measured));
        assert_eq!(heights.of(Uuid::from_u128(7)), 45.0);
    }
}
