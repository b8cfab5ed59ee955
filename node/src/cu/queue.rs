//! Whose turn on a core is next. Pure: what was served is told, and never read from a clock.
//!
//! - Q1 the next turn belongs to the owner who has had least of the cores; of that owner's processes it belongs to the one that has
//!   waited longest. So nobody waits behind the heap that another one has put there, however many processes that one has.
//! - Q2 whoever comes back after a rest begins where the present turn stands: rest is no credit.
//! - Q3 a turn that lasts leaves its core to others and goes on beside them, with what they leave over. There is a bound for all
//!   such turns and one for each owner; an owner at his own bound waits, and his processes alone wait with him.
//! - Q4 an owner whose last turn has lasted begins the next one beside the lanes at once, as long as there is room: nobody waits even
//!   the first moments of it. A turn that is over in time takes that back.
//! - Q5 where as many turns last as there are lanes, they get only what nobody else wants: one of them beside an idle core is in nobody's
//!   way, and more than that would be.
//! - Q6 what is kept is bounded: an owner is forgotten once nothing of his waits or runs and he is no more ahead of others.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// What is charged for a turn when it begins, in microseconds; at its end the truth takes its place. Without it one owner could have
/// all cores at once.
const ON_ACCOUNT: u64 = 5_000;
/// Owners that are remembered for being ahead of others, at most.
const AHEAD_MAX: usize = 4_096;

/// How many turns there may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Turns at once that have a core of their own.
    pub lanes: usize,
    /// Turns beside them that have lasted.
    pub lasting: usize,
    /// Turns of one owner, of both kinds.
    pub of_owner: usize,
}

/// Turns that run and turns that wait. `O` names an owner; `T` is who waits.
#[derive(Debug)]
pub struct Queue<O, T> {
    bounds: Bounds,
    lanes: usize,
    lasting: usize,
    /// What the owner whose turn began last had been served by then.
    now: u64,
    arrivals: u64,
    owners: BTreeMap<O, Owner<T>>,
    /// Owners of whom something waits and may begin, by what they were served; who came first stands first among equals.
    ready: BTreeSet<(u64, u64, O)>,
}

#[derive(Debug)]
struct Owner<T> {
    served: u64,
    arrival: u64,
    turns: usize,
    /// Q4.
    lasts: bool,
    waiting: VecDeque<T>,
}

/// A turn that begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turn<O, T> {
    /// Whose it is.
    pub owner: O,
    /// Who has waited for it.
    pub who: T,
    /// Whether it has no lane and goes on beside them from the start (Q4).
    pub beside: bool,
}

impl<O: Ord + Clone, T> Queue<O, T> {
    /// Nobody runs and nobody waits.
    #[must_use]
    pub fn new(bounds: Bounds) -> Self {
        Self {
            bounds,
            lanes: 0,
            lasting: 0,
            now: 0,
            arrivals: 0,
            owners: BTreeMap::new(),
            ready: BTreeSet::new(),
        }
    }

    /// Somebody of `owner` waits for a turn.
    pub fn enter(&mut self, owner: O, who: T) {
        self.arrivals += 1;
        let (arrival, now) = (self.arrivals, self.now);
        self.change(&owner, |one| {
            if one.waiting.is_empty() {
                one.arrival = arrival;
            }
            if one.waiting.is_empty() && one.turns == 0 {
                one.served = one.served.max(now);
            }
            one.waiting.push_back(who);
        });
    }

    /// The next turn, where there is room for it (Q1, Q4).
    pub fn next(&mut self) -> Option<Turn<O, T>> {
        let (served, _arrival, owner) = self.ready.first().cloned()?;
        let lasts = self.owners.get(&owner).is_some_and(|one| one.lasts);
        let beside = lasts && self.lasting < self.bounds.lasting;
        match beside {
            true => self.lasting += 1,
            false if self.lanes == self.bounds.lanes => return None,
            false => self.lanes += 1,
        }
        self.now = self.now.max(served);
        self.arrivals += 1;
        let arrival = self.arrivals;
        let who = self.change(&owner, |one| {
            one.turns += 1;
            one.served += ON_ACCOUNT;
            one.arrival = arrival;
            one.waiting.pop_front()
        });
        who.map(|who| Turn { owner, who, beside })
    }

    /// A turn has lasted; true where it goes on beside the lanes, and its own is free (Q3).
    pub fn lasts(&mut self) -> bool {
        let fits = self.lasting < self.bounds.lasting;
        if fits {
            self.lasting += 1;
            self.lanes -= 1;
        }
        fits
    }

    /// Whether those that last are in the way of others (Q5).
    #[must_use]
    pub fn is_crowded(&self) -> bool {
        self.lasting >= self.bounds.lanes
    }

    /// A turn of `owner` is over. It took so many microseconds; `lasted` says that it went on beside the lanes.
    pub fn leave(&mut self, owner: &O, micros: u64, lasted: bool) {
        match lasted {
            true => self.lasting -= 1,
            false => self.lanes -= 1,
        }
        self.change(owner, |one| {
            one.turns -= 1;
            one.lasts = lasted && micros > ON_ACCOUNT;
            one.served = one.served.saturating_sub(ON_ACCOUNT).saturating_add(micros);
        });
        self.forget(owner);
    }

    /// Turns that wait.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.owners.values().map(|one| one.waiting.len()).sum()
    }

    /// Changes an owner, and his place among those who are ready with it.
    fn change<R>(&mut self, owner: &O, change: impl FnOnce(&mut Owner<T>) -> R) -> R {
        let one = self.owners.entry(owner.clone()).or_insert(Owner {
            served: self.now,
            arrival: 0,
            turns: 0,
            lasts: false,
            waiting: VecDeque::new(),
        });
        self.ready.remove(&(one.served, one.arrival, owner.clone()));
        let changed = change(one);
        if !one.waiting.is_empty() && one.turns < self.bounds.of_owner {
            self.ready.insert((one.served, one.arrival, owner.clone()));
        }
        changed
    }

    /// Q6.
    fn forget(&mut self, owner: &O) {
        let crowded = self.owners.len() > AHEAD_MAX;
        let is_idle = |one: &Owner<T>| one.turns == 0 && one.waiting.is_empty();
        let goes = self
            .owners
            .get(owner)
            .is_some_and(|one| is_idle(one) && (crowded || one.served <= self.now));
        if goes {
            self.owners.remove(owner);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: Bounds = Bounds {
        lanes: 2,
        lasting: 3,
        of_owner: 2,
    };

    type Names = Queue<&'static str, u32>;

    fn queue(bounds: Bounds) -> Names {
        Queue::new(bounds)
    }

    fn in_a_lane(owner: &'static str, who: u32) -> Option<Turn<&'static str, u32>> {
        let beside = false;
        Some(Turn { owner, who, beside })
    }

    fn one_lane() -> Names {
        queue(Bounds { lanes: 1, ..BOUNDS })
    }

    /// Gives out turns of `micros` each until nobody waits.
    fn order(queue: &mut Names, micros: u64) -> Vec<(&'static str, u32)> {
        let mut order = Vec::new();
        while let Some(Turn { owner, who, .. }) = queue.next() {
            order.push((owner, who));
            queue.leave(&owner, micros, false);
        }
        order
    }

    #[test]
    fn owners_take_turns_and_so_do_their_processes() {
        let mut queue = one_lane();
        (0..3).for_each(|who| queue.enter("many", who));
        queue.enter("one", 7);
        (0..2).for_each(|who| queue.enter("two", who));
        let order = order(&mut queue, 100);
        assert_eq!(
            order,
            [
                ("many", 0),
                ("one", 7),
                ("two", 0),
                ("many", 1),
                ("two", 1),
                ("many", 2)
            ]
        );
        assert_eq!(queue.waiting(), 0);
    }

    #[test]
    fn who_had_more_of_the_cores_waits_for_who_had_less() {
        let mut queue = one_lane();
        queue.enter("greedy", 0);
        let owner = queue.next().unwrap().owner;
        queue.enter("greedy", 1);
        queue.leave(&owner, 1_000_000, false);
        for who in 0..3 {
            queue.enter("modest", who);
            assert_eq!(queue.next(), in_a_lane("modest", who), "round {who}");
            queue.leave(&"modest", 100, false);
        }
        assert_eq!(queue.next(), in_a_lane("greedy", 1), "and is not forgotten");
    }

    #[test]
    fn as_many_as_there_are_lanes_are_a_crowd() {
        let mut queue = queue(BOUNDS);
        for (number, owner) in ["one", "two"].into_iter().enumerate() {
            assert!(!queue.is_crowded(), "{number} last");
            queue.enter(owner, 0);
            assert!(queue.next().is_some() && queue.lasts());
        }
        assert!(queue.is_crowded());
        queue.leave(&"one", 9_000, true);
        assert!(!queue.is_crowded());
    }

    #[test]
    fn rest_is_no_credit() {
        let mut queue = one_lane();
        queue.enter("busy", 0);
        for who in 1..100 {
            let owner = queue.next().unwrap().owner;
            queue.enter("busy", who);
            queue.leave(&owner, 1_000, false);
        }
        (0..5).for_each(|who| queue.enter("rested", who));
        let order = order(&mut queue, 1_000);
        let place = order.iter().position(|(owner, _)| *owner == "busy");
        assert!(place.is_some_and(|place| place <= 2), "{order:?}");
    }

    #[test]
    fn lanes_are_never_more_than_there_are() {
        let mut queue = queue(BOUNDS);
        ["a", "b", "c"]
            .into_iter()
            .for_each(|owner| queue.enter(owner, 0));
        assert!(queue.next().is_some() && queue.next().is_some());
        assert_eq!(queue.next(), None);
        queue.leave(&"a", 10, false);
        assert_eq!(queue.next(), in_a_lane("c", 0));
    }

    #[test]
    fn what_lasts_leaves_its_lane_and_one_owner_does_not_take_them_all() {
        let mut queue = queue(BOUNDS);
        (0..9).for_each(|who| queue.enter("heavy", who));
        for who in 0..2 {
            assert_eq!(queue.next(), in_a_lane("heavy", who));
            assert!(queue.lasts());
        }
        assert_eq!(queue.next(), None, "at its own bound");
        queue.enter("light", 0);
        assert_eq!(
            queue.next(),
            in_a_lane("light", 0),
            "which is nobody else's"
        );
        queue.leave(&"heavy", 9_000_000, true);
        let beside = queue.next().unwrap();
        assert_eq!((beside.who, beside.beside), (2, true));
    }

    #[test]
    fn whose_turn_has_lasted_takes_no_lane_from_others_until_one_is_over_in_time() {
        let mut queue = one_lane();
        queue.enter("heavy", 0);
        assert!(queue.next().is_some() && queue.lasts());
        queue.leave(&"heavy", 9_000_000, true);
        queue.enter("heavy", 1);
        assert!(queue.next().unwrap().beside);
        queue.enter("light", 0);
        assert_eq!(queue.next(), in_a_lane("light", 0));
        queue.leave(&"heavy", 10, true);
        queue.leave(&"light", 10, false);
        queue.enter("heavy", 2);
        assert_eq!(queue.next(), in_a_lane("heavy", 2));
    }

    #[test]
    fn where_too_many_last_the_next_keeps_its_lane() {
        let mut queue = queue(Bounds {
            lasting: 1,
            ..BOUNDS
        });
        ["a", "b", "c"]
            .into_iter()
            .for_each(|owner| queue.enter(owner, 0));
        assert!(queue.next().is_some() && queue.lasts());
        assert!(queue.next().is_some() && !queue.lasts());
        assert!(queue.next().is_some());
        assert_eq!(queue.next(), None);
        queue.leave(&"b", 1, false);
        queue.leave(&"c", 1, false);
        queue.leave(&"a", 1, true);
        assert!(queue.lasting == 0 && queue.lanes == 0);
    }

    #[test]
    fn owners_are_forgotten() {
        let mut queue: Queue<u32, ()> = Queue::new(BOUNDS);
        for owner in 0..20_000 {
            queue.enter(owner, ());
            assert!(queue.next().is_some());
            queue.leave(&owner, u64::from(owner % 7) * 10_000, false);
        }
        assert!(
            queue.owners.len() <= AHEAD_MAX + 1,
            "{}",
            queue.owners.len()
        );
        assert!(queue.ready.is_empty());
    }
}
