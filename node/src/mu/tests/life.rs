//! Whatever happens in whatever order, with stops in between: nothing is lost, nothing is doubled.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use proptest::prelude::*;

use crate::mu::outbox::{Effect, Ending, Entrance, Event, Load, Nature, Receipt, State, step};

const ROOT: u64 = 1;
/// Every third message of the model is a spawn, every fifth an assignment.
fn nature(id: u64) -> Nature {
    let entrance = if id == ROOT {
        Entrance::FirstHop
    } else {
        Entrance::Pushed
    };
    let load = match id {
        _ if id.is_multiple_of(5) => Load::Assign,
        _ if id.is_multiple_of(3) => Load::Spawn,
        _ => Load::Message,
    };
    Nature {
        entrance,
        load,
        is_cast: false,
    }
}

/// What the result of `id` sends out.
fn result_of(id: u64) -> Vec<u64> {
    if id < 20 {
        vec![id * 3, id * 3 + 1]
    } else {
        vec![]
    }
}

/// The notice that the spawn `id` has a slot.
fn notice_of(id: u64) -> u64 {
    1_000 + id * 100
}

/// A model of everything around the outbox: what is stored, what is asked, who sleeps, which slots were given.
#[derive(Default)]
struct World {
    stored: BTreeMap<u64, State>,
    asked: BTreeSet<(u64, &'static str)>,
    asleep: BTreeSet<u64>,
    slots: BTreeMap<u64, u64>,
    uploaded: BTreeSet<u64>,
    refused: BTreeSet<u64>,
    timed_out: bool,
}

impl World {
    fn born() -> Self {
        let mut world = Self::default();
        world.stored.insert(ROOT, State::Received);
        world.happen(ROOT, Event::Begin, 0);
        world
    }

    fn happen(&mut self, id: u64, event: Event, jitter: u64) {
        let Some(before) = self.stored.get(&id).cloned() else {
            return;
        };
        let (after, effects) = step(nature(id), before.clone(), event, jitter);
        if let Some(receipt) = before.receipt() {
            assert_eq!(after.receipt(), Some(receipt), "a receipt was forgotten");
        }
        self.stored.insert(id, after.clone());
        for effect in effects {
            match effect {
                Effect::Submit => drop(self.asked.insert((id, "submit"))),
                Effect::Upload => drop(self.asked.insert((id, "upload"))),
                Effect::Compute => drop(self.asked.insert((id, "compute"))),
                Effect::Pause { .. } => drop(self.asleep.insert(id)),
                Effect::Adopt => self.adopt(id, &after),
                Effect::Answer => {}
            }
        }
        self.end_parents(jitter);
    }

    fn adopt(&mut self, id: u64, state: &State) {
        let children = match state {
            State::Scheduled(_) => vec![notice_of(id)],
            _ => result_of(id),
        };
        for child in children {
            let earlier = self.stored.insert(child, State::Received);
            assert_eq!(earlier, None, "{child} was pushed twice");
            self.asleep.insert(child);
        }
    }

    /// Ends whoever only waited for its children, and so on upwards.
    fn end_parents(&mut self, jitter: u64) {
        while let Some(id) = self.waits_for_nobody() {
            let state = self.stored[&id].clone();
            let (state, effects) = step(nature(id), state, Event::ChildrenEnded, jitter);
            assert!(effects.is_empty());
            self.stored.insert(id, state);
        }
    }

    fn waits_for_nobody(&self) -> Option<u64> {
        let open = |id: &u64| self.stored.get(id).is_some_and(|state| !state.is_ended());
        let waits = |(id, state): &(&u64, &State)| {
            let children = [result_of(**id), vec![notice_of(**id)]].concat();
            matches!(state, State::FannedOut(_)) && !children.iter().any(open)
        };
        self.stored.iter().find(waits).map(|(id, _)| *id)
    }

    /// The scheduler gives a slot, once for each id.
    fn slot(&mut self, id: u64) -> Event {
        let next = self.slots.len() as u64;
        let slot = *self.slots.entry(id).or_insert(next);
        Event::Assigned(Receipt {
            slot,
            assignment: Bytes::from(slot.to_be_bytes().to_vec()),
        })
    }

    fn answer(&mut self, id: u64, question: &str, choice: u8) -> Event {
        match (question, choice) {
            ("submit", 0..=3) => self.slot(id),
            ("submit", 4) => {
                self.slot(id);
                Event::Hitch
            }
            ("submit", 5) if !self.slots.contains_key(&id) => Event::Unknown,
            ("submit", 6) if !self.slots.contains_key(&id) => {
                self.refused.insert(id);
                Event::Declined("no".into())
            }
            ("submit", 7) if !self.slots.contains_key(&id) => {
                self.uploaded.insert(id);
                Event::Ordered
            }
            ("upload", 0..=3) => {
                self.uploaded.insert(id);
                Event::Uploaded
            }
            ("compute", 0..=4) => Event::Pushed,
            _ => Event::Hitch,
        }
    }

    fn act(&mut self, choice: u8, pick: u8, jitter: u64) {
        let nth = |len: usize| usize::from(pick) % len.max(1);
        match choice {
            0 => {
                let Some(id) = self.asleep.iter().nth(nth(self.asleep.len())).copied() else {
                    return;
                };
                self.asleep.remove(&id);
                self.happen(id, Event::Begin, jitter);
            }
            1 => self.stop_and_start(jitter),
            2 => self.happen(ROOT, Event::Again, jitter),
            3 => {
                self.timed_out = true;
                self.happen(ROOT, Event::FirstHopOver, jitter);
            }
            4 => self.stale(pick, jitter),
            _ => {
                let Some(asked) = self.asked.iter().nth(nth(self.asked.len())).copied() else {
                    return;
                };
                self.asked.remove(&asked);
                let event = self.answer(asked.0, asked.1, choice - 5);
                self.happen(asked.0, event, jitter);
            }
        }
    }

    /// An answer that comes a second time, or much too late.
    fn stale(&mut self, pick: u8, jitter: u64) {
        let Some(id) = self
            .slots
            .keys()
            .nth(usize::from(pick) % self.slots.len().max(1))
            .copied()
        else {
            return;
        };
        let event = self.slot(id);
        self.happen(id, event, jitter);
        if matches!(
            self.stored.get(&id),
            Some(State::FannedOut(_) | State::Done(_))
        ) {
            self.happen(id, Event::Pushed, jitter);
            self.happen(id, Event::Hitch, jitter);
            self.happen(id, Event::Ordered, jitter);
            self.happen(id, Event::Declined("late".into()), jitter);
        }
    }

    fn stop_and_start(&mut self, jitter: u64) {
        self.asked.clear();
        self.asleep.clear();
        for id in self.stored.keys().copied().collect::<Vec<_>>() {
            self.happen(id, Event::Begin, jitter);
        }
    }

    /// Everybody answers well from now on.
    fn heal(&mut self) {
        for _round in 0..10_000 {
            self.act(0, 0, 0);
            self.act(5, 0, 0);
            if self.asked.is_empty() && self.asleep.is_empty() {
                return;
            }
        }
        panic!("it never comes to rest");
    }

    fn check_the_end(&self) {
        for (id, state) in &self.stored {
            match state {
                State::Done(Ending::Scheduled(receipt)) => {
                    assert_eq!(self.slots.get(id), Some(&receipt.slot));
                    assert!(
                        result_of(*id)
                            .iter()
                            .all(|child| self.stored.contains_key(child)),
                        "{id} lost a child"
                    );
                }
                State::Done(Ending::Uploaded) => assert!(self.uploaded.contains(id)),
                State::Unassigned => assert!(*id == ROOT && self.timed_out),
                State::Refused(refusal) => {
                    assert!(
                        refusal.receipt.is_none(),
                        "{id} was refused after it had a slot"
                    );
                    assert!(
                        refusal.reason == crate::mu::outbox::Reason::UnknownProcess
                            || self.refused.contains(id)
                    );
                }
                other => panic!("{id} never ended: {other:?}"),
            }
            let is_pushed_spawn =
                nature(*id).entrance == Entrance::Pushed && nature(*id).load == Load::Spawn;
            if self.slots.contains_key(id) && is_pushed_spawn {
                assert!(
                    self.stored.contains_key(&notice_of(*id)),
                    "the parent of {id} was not told"
                );
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn nothing_is_lost_and_nothing_is_doubled(
        acts in prop::collection::vec((0_u8..13, any::<u8>(), any::<u64>()), 0..300)
    ) {
        let mut world = World::born();
        for (choice, pick, jitter) in acts {
            world.act(choice, pick, jitter);
        }
        world.heal();
        world.check_the_end();
    }

    #[test]
    fn an_unfinished_state_has_exactly_one_thing_to_do(
        acts in prop::collection::vec((0_u8..13, any::<u8>(), any::<u64>()), 0..300)
    ) {
        let mut world = World::born();
        for (choice, pick, jitter) in acts {
            world.act(choice, pick, jitter);
            for (id, state) in &world.stored {
                let (after, effects) = step(nature(*id), state.clone(), Event::Begin, jitter);
                let idle = state.is_ended() || matches!(state, State::FannedOut(_));
                prop_assert_eq!(effects.len(), usize::from(!idle));
                prop_assert_eq!(after.is_ended(), state.is_ended());
            }
        }
    }
}

#[test]
fn a_slot_counts_even_after_the_first_hops_time() {
    let nature = nature(ROOT);
    let (state, _) = step(nature, State::Received, Event::FirstHopOver, 0);
    assert_eq!(state, State::Unassigned);
    let receipt = Receipt {
        slot: 4,
        assignment: Bytes::new(),
    };
    let (state, effects) = step(nature, state, Event::Assigned(receipt.clone()), 0);
    assert_eq!(state, State::Scheduled(receipt));
    assert!(effects.contains(&Effect::Answer));
}

#[test]
fn a_client_hears_of_a_refusal_at_once_and_a_push_asks_again() {
    let no = || Event::Declined("full".into());
    let (state, effects) = step(nature(ROOT), State::Received, no(), 0);
    assert!(matches!(state, State::Refused(_)));
    assert_eq!(effects, [Effect::Answer]);
    let (state, effects) = step(nature(4), State::Received, no(), 0);
    assert!(matches!(state, State::Submitting(_)));
    assert!(matches!(
        effects.as_slice(),
        [Effect::Pause { wait_ms: 1.. }]
    ));
}

#[test]
fn what_is_cast_ends_at_its_slot() {
    let nature = Nature {
        is_cast: true,
        ..nature(ROOT)
    };
    let receipt = Receipt {
        slot: 4,
        assignment: Bytes::new(),
    };
    let (state, effects) = step(nature, State::Received, Event::Assigned(receipt.clone()), 0);
    assert_eq!(state, State::Done(Ending::Scheduled(receipt)));
    assert_eq!(effects, [Effect::Answer]);
}
