//! Which messages are looked for, and when their host is to be asked before the court (PROTOCOL 5.10, 6.9).
//!
//! A message is looked for once its host has had `publish_within` blocks to put it where everybody finds it, and [`MISSES_MAX`] times at
//! different heights before anybody is accused: gateways are slow, and half of the bond is lost to whoever has it after all.

use std::collections::BTreeMap;

use aosec_wire::Id;

/// Slots that are watched at once: some 2 MB. Further ones are passed over: a sample is enough against a host that withholds.
pub const VIGIL_MAX: usize = 16_384;
/// Looks at one block: each may be a question to a gateway and one to the host.
pub const LOOKS_MAX: usize = 16;
/// Looks in vain before somebody is accused.
pub const MISSES_MAX: u32 = 3;

/// A slot whose message is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Watched {
    message: Id,
    next: u64,
    misses: u32,
}

/// The slots whose messages are looked for.
#[derive(Debug)]
pub struct Vigil {
    publish_within: u64,
    watched: BTreeMap<(Id, u64), Watched>,
}

impl Vigil {
    /// A vigil under a court with this `publish_within`.
    #[must_use]
    pub const fn new(publish_within: u64) -> Self {
        Self {
            publish_within,
            watched: BTreeMap::new(),
        }
    }

    /// Watches a slot whose record was mined at this height.
    pub fn watch(&mut self, process: Id, slot: u64, message: Id, mined: u64) {
        if self.watched.len() < VIGIL_MAX {
            self.watched.entry((process, slot)).or_insert(Watched {
                message,
                next: mined.saturating_add(self.publish_within),
                misses: 0,
            });
        }
    }

    /// The messages to look for at this height: process, slot and message. Those that have waited longest come first.
    #[must_use]
    pub fn due(&self, height: u64) -> Vec<(Id, u64, Id)> {
        let mut due: Vec<_> = self
            .watched
            .iter()
            .filter(|(_, watched)| watched.next <= height)
            .collect();
        due.sort_by_key(|(place, watched)| (watched.next, **place));
        let due = due.into_iter().take(LOOKS_MAX);
        due.map(|((process, slot), watched)| (*process, *slot, watched.message))
            .collect()
    }

    /// The message was found, or its slot is no host's matter.
    pub fn found(&mut self, process: Id, slot: u64) {
        self.watched.remove(&(process, slot));
    }

    /// The message was not found at this height. True where it was missed so often that its host is to be asked before the court; it
    /// is watched no longer then.
    pub fn missed(&mut self, process: Id, slot: u64, height: u64) -> bool {
        let pause = (self.publish_within / 3).max(1);
        let Some(watched) = self.watched.get_mut(&(process, slot)) else {
            return false;
        };
        watched.misses += 1;
        watched.next = height.saturating_add(pause);
        let is_lost = watched.misses >= MISSES_MAX;
        if is_lost {
            self.watched.remove(&(process, slot));
        }
        is_lost
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_looked_for_late_and_often_before_anybody_is_accused() {
        let mut vigil = Vigil::new(6);
        let (process, message) = (Id::new([2; 32]), Id::new([3; 32]));
        vigil.watch(process, 3, message, 20);
        vigil.watch(process, 4, Id::new([4; 32]), 20);
        assert_eq!(vigil.due(25), []);
        assert_eq!(vigil.due(26).len(), 2);
        vigil.found(process, 4);
        assert_eq!(vigil.due(26), [(process, 3, message)]);
        let mut height = 26;
        for look in 1..=MISSES_MAX {
            assert_eq!(vigil.missed(process, 3, height), look == MISSES_MAX);
            assert_eq!(vigil.due(height), [], "not twice at one height");
            height += 2;
        }
        assert_eq!(vigil.due(1_000), [], "accused once");
    }
}
