//! Who hosts which process, in which epoch, with which keys (PROTOCOL 5.6), as Origin's tables stand after the block before.
//!
//! Origin will give these rows. A process whose spawn names no `Origin` has its one row from the spawn itself (5.16). The table is
//! handed to each step and never kept: after a reorg the caller hands in the table of that branch.

use std::borrow::Cow;
use std::collections::BTreeMap;

use aosec_wire::record::NO_ORIGIN;
use aosec_wire::{Address, Id, Process};

/// Who can say by whose word the log of a process grows.
pub trait Hosts {
    /// The court whose id the head signatures of the process carry, and the tenure of this epoch.
    fn tenure(&self, process: &Id, epoch: u64) -> Option<(Id, Cow<'_, Tenure>)>;
}

impl Hosts for HostTable {
    fn tenure(&self, process: &Id, epoch: u64) -> Option<(Id, Cow<'_, Tenure>)> {
        let hosting = self.get(process)?;
        let tenure = hosting.tenures.get(&epoch)?;
        Some((hosting.origin, Cow::Borrowed(tenure)))
    }
}

/// The hosting of each process that is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HostTable(BTreeMap<Id, Hosting>);

impl HostTable {
    /// A table without rows.
    #[must_use]
    pub const fn new() -> Self {
        Self(BTreeMap::new())
    }

    /// Puts in a process, in the place of what stood for it.
    pub fn insert(&mut self, process: Id, hosting: Hosting) {
        self.0.insert(process, hosting);
    }

    /// Takes a process out.
    pub fn remove(&mut self, process: &Id) -> Option<Hosting> {
        self.0.remove(process)
    }

    /// The hosting of a process.
    #[must_use]
    pub fn get(&self, process: &Id) -> Option<&Hosting> {
        self.0.get(process)
    }

    /// All processes, by id.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&Id, &Hosting)> {
        self.0.iter()
    }
}

/// Under which court a process stands, and who has hosted it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hosting {
    /// The court whose id the head signatures carry; [`NO_ORIGIN`] where there is none.
    pub origin: Id,
    /// The tenures by epoch.
    pub tenures: BTreeMap<u64, Tenure>,
}

/// One host's time with a process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tenure {
    /// The first slot of the epoch: 1, or that of `Register`, or where `Resume` found the log.
    pub first_slot: u64,
    /// The first height whose records count: the block after that in which `Host` (`Resume`) ran.
    pub from_height: u64,
    /// U, the height at which the end of the epoch was applied. Records count up to and in block U + `cut` (5.7).
    pub ended: Option<u64>,
    /// The hot keys of the operator.
    pub keys: Vec<HotKey>,
}

/// A hot key, and the mined heights for which its word counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HotKey {
    /// The address of the key.
    pub address: Address,
    /// The first height.
    pub from: u64,
    /// The last height, once a new key has taken its place.
    pub until: Option<u64>,
}

impl Hosting {
    /// The hosting of a process that its spawn puts under no court: epoch 0 under the key that the spawn's `Scheduler` tag
    /// names, from slot 1 on, for ever (5.16). `None` where the spawn names an `Origin`: then that court's tables speak.
    #[must_use]
    pub fn of_spawn(spawn: &Process) -> Option<Self> {
        let courted = spawn.item.tags().get("Origin").is_some();
        (!courted).then(|| Self::without_court(spawn.scheduler.clone()))
    }

    /// The hosting of a process under no court, whose spawn names this scheduler (5.16).
    #[must_use]
    pub fn without_court(scheduler: Address) -> Self {
        let key = HotKey {
            address: scheduler,
            from: 0,
            until: None,
        };
        let tenure = Tenure {
            first_slot: 1,
            from_height: 0,
            ended: None,
            keys: vec![key],
        };
        Self {
            origin: NO_ORIGIN,
            tenures: BTreeMap::from([(0, tenure)]),
        }
    }
}

impl Tenure {
    /// Whether any of its keys with this address counts at this mined height; `None` where no key has this address.
    pub(crate) fn key_counts(&self, address: &Address, mined: u64) -> Option<bool> {
        let mut rows = self
            .keys
            .iter()
            .filter(|key| key.address == *address)
            .peekable();
        rows.peek()?;
        Some(rows.any(|key| key.counts_at(mined)))
    }
}

impl HotKey {
    fn counts_at(&self, mined: u64) -> bool {
        self.from <= mined && self.until.is_none_or(|until| mined <= until)
    }
}

#[cfg(test)]
mod tests {
    use aosec_wire::{Draft, Scheduled, SigningKey, Tags};

    use super::*;

    fn spawn(more: &[(&str, &str)]) -> Process {
        let key = SigningKey::ed25519([1; 32]);
        let module = Id::new([2; 32]).to_string();
        let mut tags = Tags::new()
            .with("Data-Protocol", "ao")
            .with("Type", "Process")
            .with("Module", module)
            .with("Scheduler", key.address().as_str());
        more.iter()
            .for_each(|(name, value)| tags.push(*name, *value));
        let draft = Draft {
            tags,
            ..Draft::default()
        };
        match Scheduled::classify(draft.sign(&key).unwrap()).unwrap() {
            Scheduled::Process(process) => process,
            Scheduled::Message(_) => panic!("a spawn is no message"),
        }
    }

    #[test]
    fn a_spawn_speaks_for_itself_only_where_it_names_no_court() {
        let scheduler = SigningKey::ed25519([1; 32]).address().clone();
        let other = Id::new([3; 32]).to_string();
        let alone = Hosting::of_spawn(&spawn(&[("Scheduler", &other)]));
        assert_eq!(alone, Some(Hosting::without_court(scheduler)));
        for origin in [other.as_str(), "no id at all"] {
            assert_eq!(Hosting::of_spawn(&spawn(&[("Origin", origin)])), None);
        }
    }

    #[test]
    fn a_key_that_was_changed_back_counts_in_both_its_times() {
        let address = SigningKey::ed25519([1; 32]).address().clone();
        let key = |from, until| HotKey {
            address: address.clone(),
            from,
            until,
        };
        let tenure = Tenure {
            first_slot: 1,
            from_height: 0,
            ended: None,
            keys: vec![key(10, Some(12)), key(20, None)],
        };
        let counts = |mined| tenure.key_counts(&address, mined);
        assert!(
            [10, 12, 20, u64::MAX]
                .into_iter()
                .all(|at| counts(at) == Some(true))
        );
        assert!([9, 13, 19].into_iter().all(|at| counts(at) == Some(false)));
        let stranger = SigningKey::ed25519([2; 32]).address().clone();
        assert_eq!(tenure.key_counts(&stranger, 10), None);
    }
}
