//! One line of the outbox: what is carried, where it came from, how far it is. How that stands in columns is [`super::rows`].

use aosec_wire::{Id, Scheduled, VerifiedItem};

use super::outbox::{Entrance, Load, Nature, State};
use super::push::{Assign, Cargo, Kind, Push};
use crate::store::cron::{Tick, Ticked};
use crate::store::hostless;

/// An entry of the outbox.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The item's id, or the hash that names an assignment.
    pub key: Id,
    /// The facts that rules depend on.
    pub nature: Nature,
    /// The process in whose log it is to stand.
    pub process: Id,
    /// The message that is computed there.
    pub message: Id,
    /// Only for an assignment: what is assigned.
    pub assign: Option<Assign>,
    /// What set it in motion.
    pub family: Family,
    /// Who produced it; none for what a client sent.
    pub origin: Option<Origin>,
    /// How far it is.
    pub state: State,
    /// What of its result was left out.
    pub remark: Option<String>,
}

/// What set an entry in motion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Family {
    /// The first entry of the chain.
    pub root: Id,
    /// The message of that entry: what `Pushed-For` says.
    pub pushed_for: Id,
    /// Generations since.
    pub depth: u32,
    /// The entry just before.
    pub parent: Option<Id>,
}

/// Which piece of which result an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The process that produced it.
    pub process: Id,
    /// The slot it was evaluating.
    pub slot: u64,
    /// The list.
    pub kind: Kind,
    /// The place in the list.
    pub index: u32,
}

impl Entry {
    /// What a client sends, as an entry of its own; with `is_cast` to its slot and no further.
    #[must_use]
    pub fn first_hop(cargo: &Cargo, is_cast: bool) -> Self {
        let key = key_of(cargo);
        let (process, message) = place_of(cargo);
        let family = Family {
            root: key,
            pushed_for: message,
            depth: 0,
            parent: None,
        };
        let mut entry = Self::fresh(cargo, Entrance::FirstHop, family, None, process);
        entry.nature.is_cast = is_cast;
        entry
    }

    /// What came of `parent`: `push`, produced by `sender` at `slot`.
    #[must_use]
    pub fn pushed(parent: &Self, push: &Push, sender: Id, slot: u64) -> Self {
        let family = Family {
            depth: parent.family.depth.saturating_add(1),
            parent: Some(parent.key),
            ..parent.family
        };
        let origin = Origin {
            process: sender,
            slot,
            kind: push.kind,
            index: push.index,
        };
        let (process, _message) = place_of(&push.cargo);
        Self::fresh(&push.cargo, Entrance::Pushed, family, Some(origin), process)
    }

    /// What came of a tick: `push` is the outbox's own beginning, set in motion by the spawn's wish to be woken.
    #[must_use]
    pub fn ticked(push: &Push, sender: Id, ticked: &Ticked) -> Self {
        let origin = Origin {
            process: sender,
            slot: ticked.slot,
            kind: push.kind,
            index: place_behind(ticked.number, push.index),
        };
        Self::begun(push, tick_key(sender, ticked.tick), sender, origin)
    }

    /// What came of a slot that nobody gave to a scheduler: `push`, set in motion by the message there.
    #[must_use]
    pub fn ordered(push: &Push, sender: Id, turn: hostless::Turn) -> Self {
        let origin = Origin {
            process: sender,
            slot: turn.slot,
            kind: push.kind,
            index: push.index,
        };
        Self::begun(push, turn_key(sender, turn.slot), turn.message, origin)
    }

    /// A piece that came of no entry: the chain is counted under `root`.
    fn begun(push: &Push, root: Id, pushed_for: Id, origin: Origin) -> Self {
        let family = Family {
            root,
            pushed_for,
            depth: 1,
            parent: None,
        };
        let (process, _message) = place_of(&push.cargo);
        Self::fresh(&push.cargo, Entrance::Pushed, family, Some(origin), process)
    }

    fn fresh(
        cargo: &Cargo,
        entrance: Entrance,
        family: Family,
        origin: Option<Origin>,
        process: Id,
    ) -> Self {
        let (load, assign) = match cargo {
            Cargo::Message(..) => (Load::Message, None),
            Cargo::Spawn(..) => (Load::Spawn, None),
            Cargo::Assign(assign) => (Load::Assign, Some(assign.clone())),
        };
        Self {
            key: key_of(cargo),
            nature: Nature {
                entrance,
                load,
                is_cast: false,
            },
            process,
            message: place_of(cargo).1,
            assign,
            family,
            origin,
            state: State::Received,
            remark: None,
        }
    }

    /// Whether it stands in the queue of what one process sends to another.
    #[must_use]
    pub fn lane(&self) -> Option<(Id, Id)> {
        self.origin.map(|origin| (origin.process, self.process))
    }
}

/// The key of the entry that carries `cargo`.
#[must_use]
pub fn key_of(cargo: &Cargo) -> Id {
    match cargo {
        Cargo::Message(item, _) | Cargo::Spawn(item, _) => item.id(),
        Cargo::Assign(assign) => assign_key(assign.process, assign.message),
    }
}

/// An assignment has no id before a scheduler signs it, so its key is the hash of what it asks for.
fn assign_key(process: Id, message: Id) -> Id {
    const DOMAIN: &[u8] = b"aosec-outbox-assign";
    let length = (DOMAIN.len() as u64).to_be_bytes();
    let parts: [&[u8]; 4] = [&length, DOMAIN, process.as_bytes(), message.as_bytes()];
    Id::sha256(&parts.concat())
}

/// What a tick sets in motion is counted under this name.
pub(super) fn tick_key(process: Id, tick: Tick) -> Id {
    const DOMAIN: &[u8] = b"aosec-outbox-tick";
    let length = (DOMAIN.len() as u64).to_be_bytes();
    let numbers = [u64::from(tick.rule).to_be_bytes(), tick.stamp.to_be_bytes()].concat();
    Id::sha256_of(&[&length, DOMAIN, process.as_bytes(), &numbers])
}

/// What a slot sets in motion that nobody gave to a scheduler is counted under this name.
pub(super) fn turn_key(process: Id, slot: u64) -> Id {
    const DOMAIN: &[u8] = b"aosec-outbox-turn";
    let length = (DOMAIN.len() as u64).to_be_bytes();
    Id::sha256_of(&[&length, DOMAIN, process.as_bytes(), &slot.to_be_bytes()])
}

/// Places between those of one tick and those of the next: no result has more pieces (`aosec_wire::limits`).
const TICK_PLACES: u64 = 1_000_000;

/// The place of a piece among all that a slot and the ticks behind it send: a thousand ticks fit in the column.
fn place_behind(number: u64, index: u32) -> u32 {
    let place = number
        .saturating_mul(TICK_PLACES)
        .saturating_add(u64::from(index));
    u32::try_from(place).unwrap_or(u32::MAX)
}

fn place_of(cargo: &Cargo) -> (Id, Id) {
    match cargo {
        Cargo::Message(item, process) => (*process, item.id()),
        Cargo::Spawn(item, _) => (item.id(), item.id()),
        Cargo::Assign(assign) => (assign.process, assign.message),
    }
}

/// The item that `cargo` carries.
#[must_use]
pub fn item_of(cargo: &Cargo) -> Option<&VerifiedItem> {
    match cargo {
        Cargo::Message(item, _) | Cargo::Spawn(item, _) => Some(item),
        Cargo::Assign(_) => None,
    }
}

/// The cargo of an entry out of its item; none where the item is not what was kept.
#[must_use]
pub fn cargo_of(entry: &Entry, item: Option<VerifiedItem>) -> Option<Cargo> {
    match &entry.assign {
        Some(assign) => Some(Cargo::Assign(assign.clone())),
        None => Scheduled::classify(item?).ok().map(Cargo::from),
    }
}
