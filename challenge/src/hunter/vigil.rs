//! Which messages are looked for, and when their host is to be asked before the court (PROTOCOL 5.10, 6.9).
//!
//! A message is looked for once its host has had `publish_within` blocks to put it where everybody finds it, and [`MISSES_MAX`] times at
//! different heights before anybody is accused: gateways are slow, and half of the bond is lost to whoever has it after all. Where a look
//! says nothing, because the slot is not settled or no gateway answers, it waits behind the others, at most [`LATERS_MAX`] times: a
//! record that never counts is forgotten, and no operator's records fill more than a share.

use std::collections::BTreeMap;

use aosec_wire::{Address, Id};

use super::evidence::Evidence;
use super::{Tenures, is_lawful};

/// Slots that are watched at once: some 5 MB. Further ones are passed over: a sample is enough against a host that withholds.
pub(super) const VIGIL_MAX: usize = 16_384;
/// Slots of one operator among them, a record of the greatest length: who fills his share keeps nobody else's from being watched.
pub(super) const SHARE_MAX: usize = VIGIL_MAX / 8;
/// Looks in vain before somebody is accused.
pub(super) const MISSES_MAX: u32 = 3;
/// Looks that said nothing before a slot is forgotten: a day or two.
pub(super) const LATERS_MAX: u32 = 32;

/// A signed slot whose message is looked for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sought {
    /// The process.
    pub process: Id,
    /// The slot.
    pub slot: u64,
    /// The message that was signed for it.
    pub message: Id,
    /// The epoch.
    pub epoch: u64,
    /// Who holds, or held, the epoch.
    pub operator: Address,
}

/// When it is looked for next, and what came of it so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Wait {
    next: u64,
    misses: u32,
    laters: u32,
}

/// The slots whose messages are looked for.
#[derive(Debug)]
pub struct Vigil {
    publish_within: u64,
    watched: BTreeMap<Sought, Wait>,
    shares: BTreeMap<Address, usize>,
}

impl Vigil {
    /// A vigil under a court with this `publish_within`.
    #[must_use]
    pub const fn new(publish_within: u64) -> Self {
        Self {
            publish_within,
            watched: BTreeMap::new(),
            shares: BTreeMap::new(),
        }
    }

    /// Watches a slot whose record was mined at this height; false where there is no room for any more of this operator's.
    pub fn watch(&mut self, sought: Sought, mined: u64) -> bool {
        let share = self.shares.entry(sought.operator.clone()).or_default();
        if self.watched.len() >= VIGIL_MAX || *share >= SHARE_MAX {
            return false;
        }
        let wait = Wait {
            next: mined.saturating_add(self.publish_within),
            misses: 0,
            laters: 0,
        };
        if let std::collections::btree_map::Entry::Vacant(place) = self.watched.entry(sought) {
            place.insert(wait);
            *share += 1;
        }
        true
    }

    /// Watches the slots of a record that was mined at this height, if its signer held the epoch.
    pub fn watch_record(&mut self, evidence: &Evidence, mined: u64, tenures: &impl Tenures) {
        let Some(record) = evidence.record() else {
            return;
        };
        let Some(operator) = tenures.operator(evidence.signer()) else {
            return;
        };
        if !is_lawful(evidence, tenures) {
            return;
        }
        for (slot, entry) in (record.first_slot()..).zip(record.entries()) {
            let sought = Sought {
                process: evidence.process(),
                slot,
                message: entry.message,
                epoch: evidence.epoch(),
                operator: operator.clone(),
            };
            if !self.watch(sought, mined) {
                return;
            }
        }
    }

    /// The messages to look for at this height, at most so many. Those that have waited longest come first.
    #[must_use]
    pub fn due(&self, height: u64, most: usize) -> Vec<Sought> {
        let due = self.watched.iter();
        let mut due: Vec<_> = due.filter(|(_, wait)| wait.next <= height).collect();
        due.sort_by_key(|(sought, wait)| (wait.next, *sought));
        let due = due.into_iter().take(most);
        due.map(|(sought, _)| sought.clone()).collect()
    }

    /// The message was found, or its slot is no host's matter.
    pub fn found(&mut self, sought: &Sought) {
        if self.watched.remove(sought).is_none() {
            return;
        }
        if let Some(share) = self.shares.get_mut(&sought.operator) {
            *share -= 1;
        }
        self.shares.retain(|_, share| *share > 0);
    }

    /// The look at this height said nothing.
    pub fn later(&mut self, sought: &Sought, height: u64) {
        let pause = self.pause();
        let Some(wait) = self.watched.get_mut(sought) else {
            return;
        };
        wait.laters += 1;
        wait.next = height.saturating_add(pause);
        if wait.laters >= LATERS_MAX {
            self.found(sought);
        }
    }

    /// The message was not found at this height. True where it was missed so often that its host is to be asked before the court; it
    /// is watched no longer then.
    pub fn missed(&mut self, sought: &Sought, height: u64) -> bool {
        let pause = self.pause();
        let Some(wait) = self.watched.get_mut(sought) else {
            return false;
        };
        wait.misses += 1;
        wait.next = height.saturating_add(pause);
        let is_lost = wait.misses >= MISSES_MAX;
        if is_lost {
            self.found(sought);
        }
        is_lost
    }

    fn pause(&self) -> u64 {
        (self.publish_within / 3).max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sought(operator: u8, slot: u64) -> Sought {
        let key = aosec_wire::SigningKey::ed25519([operator; 32]);
        Sought {
            process: Id::new([operator; 32]),
            slot,
            message: Id::new([3; 32]),
            epoch: 0,
            operator: key.address().clone(),
        }
    }

    #[test]
    fn a_message_is_looked_for_late_and_often_before_anybody_is_accused() {
        let mut vigil = Vigil::new(6);
        let (three, four) = (sought(2, 3), sought(2, 4));
        vigil.watch(three.clone(), 20);
        vigil.watch(four.clone(), 20);
        assert_eq!(vigil.due(25, 9), []);
        assert_eq!(vigil.due(26, 9).len(), 2);
        vigil.found(&four);
        assert_eq!(vigil.due(26, 9), [three.clone()]);
        let mut height = 26;
        for look in 1..=MISSES_MAX {
            assert_eq!(vigil.missed(&three, height), look == MISSES_MAX);
            assert_eq!(vigil.due(height, 9), [], "not twice at one height");
            height += 2;
        }
        assert_eq!(vigil.due(1_000, 9), [], "accused once");
    }

    /// A record far above the log's head is lawful, and never counts.
    #[test]
    fn slots_that_are_never_settled_keep_nobody_from_the_next_and_are_forgotten() {
        const LOOKS: usize = 16;
        let mut vigil = Vigil::new(6);
        for slot in 1_000..1_016 {
            vigil.watch(sought(2, slot), 20);
        }
        let real = sought(4, 1);
        vigil.watch(real.clone(), 21);
        let mut height = 30;
        let mut found_at = None;
        while !vigil.due(u64::MAX, 1).is_empty() {
            for one in vigil.due(height, LOOKS) {
                match one == real {
                    true => {
                        found_at.get_or_insert(height);
                        vigil.found(&one);
                    }
                    false => vigil.later(&one, height),
                }
            }
            height += 1;
            assert!(height < 1_000, "forgotten");
        }
        assert_eq!(found_at, Some(31), "at the second look");
        assert_eq!(vigil.shares, BTreeMap::new());
    }

    #[test]
    fn one_operator_s_records_leave_room_for_the_others() {
        let mut vigil = Vigil::new(6);
        let watched = (0..10_000).filter(|slot| vigil.watch(sought(2, *slot), 20));
        assert_eq!(watched.count(), SHARE_MAX);
        assert!(vigil.watch(sought(4, 1), 20));
        vigil.found(&sought(2, 0));
        assert!(vigil.watch(sought(2, 20_000), 20), "there is room again");
    }
}
