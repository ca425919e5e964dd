//! Whether a history of a switch is linearizable: whether each operation can be given an instant between its start and
//! its end so that every look saw the switch as it stood at its instant.
//!
//! With a single writer whose turns do not overlap, this needs no search. Each turn takes effect at an instant that we
//! choose. The turns are gone through in order, and each is put as late as the looks allow: a later instant never
//! hurts the looks that saw the state before it, and how late is possible is bounded only by those that saw the state
//! after it and cannot have seen it earlier. If even that instant is before the turn began, there is no order that
//! explains the history. A test compares this with a search of every order (Wing & Gong).

/// An instant, in any unit, by a clock that never goes back.
pub(crate) type Instant = u64;

/// The switch was turned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Turn {
    pub(crate) start: Instant,
    pub(crate) end: Instant,
    pub(crate) to: bool,
}

/// The switch was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Look {
    pub(crate) start: Instant,
    pub(crate) end: Instant,
    pub(crate) saw: bool,
    /// How it was looked at, for whoever has to find the fault.
    pub(crate) how: &'static str,
}

/// What happened to one switch.
#[derive(Clone, Debug)]
pub(crate) struct History {
    /// How it stood at first.
    pub(crate) first: bool,
    /// One after the other.
    pub(crate) turns: Vec<Turn>,
    /// In any order.
    pub(crate) looks: Vec<Look>,
}

/// A look that no order explains.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Impossible {
    pub(crate) look: Look,
    /// The turn that would have had to take effect before it, if there was to be one.
    pub(crate) before_turn: Option<Turn>,
}

impl History {
    pub(crate) fn check(&self) -> Result<(), Impossible> {
        self.assert_one_writer();
        // Until when the switch was last the other way round; nothing is before the first turn.
        let mut turned: Option<Instant> = None;
        let mut state = self.first;
        for turn in &self.turns {
            if turn.to == state {
                continue;
            }
            state = turn.to;
            let look = self.earliest(state, turned);
            if let Some(look) = look.filter(|look| look.end < turn.start) {
                return Err(impossible(look, Some(turn)));
            }
            turned = Some(look.map_or(turn.end, |look| look.end.min(turn.end)));
        }
        self.earliest(!state, turned)
            .map_or(Ok(()), |look| Err(impossible(look, None)))
    }

    /// Of the looks that saw that state and began too late to have seen it the last time, the one that ended first.
    fn earliest(&self, state: bool, turned: Option<Instant>) -> Option<&Look> {
        self.looks
            .iter()
            .filter(|look| look.saw == state && turned.is_none_or(|turned| look.start > turned))
            .min_by_key(|look| look.end)
    }

    fn assert_one_writer(&self) {
        let ends_in_order = self.turns.iter().all(|turn| turn.start <= turn.end);
        let apart = self.turns.windows(2).all(|pair| pair[0].end <= pair[1].start);
        assert!(ends_in_order && apart, "turns overlap: {:?}", self.turns);
    }
}

fn impossible(look: &Look, before: Option<&Turn>) -> Impossible {
    Impossible {
        look: look.clone(),
        before_turn: before.cloned(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn turn((start, end): (Instant, Instant), to: bool) -> Turn {
        Turn { start, end, to }
    }

    fn look((start, end): (Instant, Instant), saw: bool) -> Look {
        Look {
            start,
            end,
            saw,
            how: "",
        }
    }

    /// A key that works and is revoked from 10 to 20, and what was seen meanwhile.
    fn revoked(looks: &[((Instant, Instant), bool)]) -> Result<(), Impossible> {
        let history = History {
            first: true,
            turns: vec![turn((10, 20), false)],
            looks: looks.iter().map(|(when, saw)| look(*when, *saw)).collect(),
        };
        history.check()
    }

    #[test]
    fn accepted_before_and_refused_after_is_right() {
        assert_eq!(revoked(&[((1, 5), true), ((25, 30), false)]), Ok(()));
    }

    #[test]
    fn while_it_is_being_revoked_either_may_be_seen() {
        for seen in [true, false] {
            for when in [(5, 15), (12, 18), (15, 25), (5, 25)] {
                assert_eq!(revoked(&[(when, seen)]), Ok(()), "{seen} in {when:?}");
            }
        }
    }

    #[test]
    fn who_began_before_the_answer_may_be_accepted_long_after_it() {
        assert_eq!(revoked(&[((19, 90), true)]), Ok(()));
    }

    #[test]
    fn who_began_after_the_answer_must_not_be_accepted() {
        assert!(revoked(&[((21, 25), true)]).is_err());
    }

    #[test]
    fn nobody_is_refused_before_the_revocation_began() {
        assert!(revoked(&[((1, 9), false)]).is_err());
    }

    #[test]
    fn once_somebody_was_refused_nobody_is_accepted_any_more() {
        assert!(revoked(&[((11, 13), false), ((14, 16), true)]).is_err());
        assert_eq!(revoked(&[((11, 14), false), ((13, 16), true)]), Ok(()));
        assert_eq!(revoked(&[((11, 13), true), ((14, 16), false)]), Ok(()));
    }

    #[test]
    fn a_look_that_spans_two_turns_needs_only_one_of_them_to_fit() {
        let history = |looks| History {
            first: true,
            turns: vec![turn((10, 20), false), turn((30, 40), true)],
            looks,
        };
        let spanning = look((15, 35), true);
        assert_eq!(history(vec![spanning.clone()]).check(), Ok(()));
        let early_refusal = look((11, 14), false);
        let late_refusal = look((36, 39), false);
        for one in [&early_refusal, &late_refusal] {
            assert_eq!(history(vec![spanning.clone(), one.clone()]).check(), Ok(()));
        }
        // Off at 14 at the latest, and on at 36 at the earliest: nobody can have been accepted between.
        assert!(
            history(vec![spanning, early_refusal, late_refusal])
                .check()
                .is_err()
        );
    }

    #[test]
    fn turning_it_to_what_it_is_changes_nothing() {
        let history = History {
            first: true,
            turns: vec![turn((10, 20), true), turn((30, 40), false)],
            looks: vec![look((21, 29), true), look((12, 15), true)],
        };
        assert_eq!(history.check(), Ok(()));
    }

    /// Tries every order that respects which operation ended before which began.
    fn has_an_order(history: &History) -> bool {
        struct Op {
            start: Instant,
            end: Instant,
            turns: bool,
            value: bool,
        }
        fn go(ops: &mut Vec<Op>, state: bool) -> bool {
            let Some(first_end) = ops.iter().map(|op| op.end).min() else {
                return true;
            };
            (0..ops.len()).any(|index| {
                let op = &ops[index];
                // Whoever began after another ended cannot come before it.
                if op.start > first_end || !(op.turns || op.value == state) {
                    return false;
                }
                let op = ops.remove(index);
                let fits = go(ops, if op.turns { op.value } else { state });
                ops.insert(index, op);
                fits
            })
        }
        let turns = history.turns.iter().map(|turn| Op {
            start: turn.start,
            end: turn.end,
            turns: true,
            value: turn.to,
        });
        let looks = history.looks.iter().map(|look| Op {
            start: look.start,
            end: look.end,
            turns: false,
            value: look.saw,
        });
        go(&mut turns.chain(looks).collect(), history.first)
    }

    prop_compose! {
        fn histories()(
            first: bool,
            steps in prop::collection::vec((1u64..4, 0u64..6, any::<bool>()), 1..4),
            looks in prop::collection::vec((0u64..24, 0u64..10, any::<bool>()), 0..6),
        ) -> History {
            let mut at = 0;
            let turns = steps.into_iter().map(|(pause, takes, to)| {
                let start = at + pause;
                at = start + takes;
                turn((start, at), to)
            }).collect();
            let looks = looks.into_iter().map(|(start, takes, saw)| look((start, start + takes), saw)).collect();
            History { first, turns, looks }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn it_decides_as_a_search_of_every_order_does(history in histories()) {
            prop_assert_eq!(history.check().is_ok(), has_an_order(&history));
        }
    }
}
