//! Which pieces of a result that nobody gave to a scheduler this node carries (D10). Pure.
//!
//! Rules. 1. A piece is carried by the node whose scheduler orders its receiver; a spawn by the one whose scheduler it names. What goes to
//! anybody else, wallets and orphans among them, is carried by nobody. 2. Only the first [`PIECES_MAX`] pieces count: no more would be
//! carried of a result whose sender has a host. 3. A copy of what the court sends says its slot and its place there (PROTOCOL 2.10).

use std::collections::BTreeSet;

use aosec_wire::{Address, Id, Outcome};

use crate::mu::budget;
use crate::mu::push::{Cargo, Push};

/// Pieces of one result that are looked at: what one message may set in motion.
const PIECES_MAX: usize = budget::FAN_OUT_MAX as usize;

/// The processes that a result speaks to. What is no id is none.
pub(super) fn receivers(outcome: &Outcome) -> BTreeSet<Id> {
    let messages = outcome.messages.iter().map(|piece| &piece.target);
    let assigned = outcome.assignments.iter().flat_map(|list| &list.processes);
    let named = messages.take(PIECES_MAX).chain(assigned.take(PIECES_MAX));
    named.filter_map(|name| name.parse().ok()).collect()
}

/// Whether anything of the result may be this node's to carry, where it orders these receivers.
pub(super) fn may_concern(outcome: &Outcome, here: &BTreeSet<Id>) -> bool {
    outcome.error.is_none() && !(here.is_empty() && outcome.spawns.is_empty())
}

/// Those pieces that this node carries.
pub(super) fn ours(mut pushes: Vec<Push>, here: &BTreeSet<Id>, scheduler: &Address) -> Vec<Push> {
    pushes.retain(|push| match &push.cargo {
        Cargo::Message(_, process) => here.contains(process),
        Cargo::Spawn(_, named) => named == scheduler,
        Cargo::Assign(assign) => here.contains(&assign.process),
    });
    pushes
}

/// What the court has sent, with the slot and the place of each message.
pub(super) fn numbered(mut outcome: Outcome, slot: u64) -> Outcome {
    for (index, message) in outcome.messages.iter_mut().enumerate() {
        message.tags.push("Origin-Slot", slot.to_string());
        message.tags.push("Index", index.to_string());
    }
    outcome
}

#[cfg(test)]
mod tests {
    use aosec_wire::SigningKey;
    use serde_json::json;

    use super::*;
    use crate::mu::push::{self, Kind, Sender, Turn};

    const HERE: Id = Id::new([1; 32]);
    const ELSEWHERE: Id = Id::new([2; 32]);

    fn key(number: u8) -> SigningKey {
        SigningKey::ed25519([number; 32])
    }

    fn outcome() -> Outcome {
        let send =
            |target: &str| json!({ "Target": target, "Anchor": "1", "Tags": [], "Data": "" });
        let spawn = |scheduler: &SigningKey| {
            json!({ "Tags": [
                { "name": "Module", "value": HERE }, { "name": "Scheduler", "value": scheduler.address() },
            ], "Data": "" })
        };
        let json = json!({
            "Messages": [send(&ELSEWHERE.to_string()), send("nobody"), send(&HERE.to_string())],
            "Spawns": [spawn(&key(4)), spawn(&key(5))],
            "Assignments": [{ "Message": ELSEWHERE, "Processes": [ELSEWHERE, HERE] }],
        });
        Outcome::parse(json.to_string()).unwrap()
    }

    fn pushed(outcome: &Outcome) -> Vec<Push> {
        let sender = Sender {
            process: Id::new([9; 32]),
            module: HERE,
            scheduler: key(6).address().clone(),
            turn: Turn::Slot(7),
            pushed_for: ELSEWHERE,
        };
        push::pushes(outcome, &sender, &key(3)).0
    }

    #[test]
    fn a_node_carries_what_goes_to_its_own_scheduler_and_places_stay() {
        let outcome = outcome();
        assert_eq!(receivers(&outcome), [HERE, ELSEWHERE].into());
        let here = BTreeSet::from([HERE]);
        let ours = ours(pushed(&outcome), &here, key(5).address());
        let places: Vec<_> = ours.iter().map(|push| (push.kind, push.index)).collect();
        let expected = [(Kind::Message, 2), (Kind::Spawn, 1), (Kind::Assignment, 1)];
        assert_eq!(places, expected);
    }

    #[test]
    fn what_concerns_nobody_here_needs_no_signature() {
        let none = BTreeSet::new();
        assert!(may_concern(&outcome(), &none), "it spawns");
        let mut quiet = outcome();
        quiet.spawns.clear();
        assert!(!may_concern(&quiet, &none));
        assert!(may_concern(&quiet, &BTreeSet::from([HERE])));
        quiet.error = Some("boom".into());
        assert!(!may_concern(&quiet, &BTreeSet::from([HERE])));
    }

    #[test]
    fn receivers_are_bounded() {
        let mut loud = outcome();
        let piece = loud.messages[0].clone();
        loud.assignments.clear();
        loud.messages = (0..=PIECES_MAX)
            .map(|number| {
                let mut piece = piece.clone();
                piece.target = Id::sha256(&number.to_be_bytes()).to_string();
                piece
            })
            .collect();
        assert_eq!(receivers(&loud).len(), PIECES_MAX);
    }

    #[test]
    fn a_copy_of_what_the_court_sends_says_where_it_stands() {
        let pushed = pushed(&numbered(outcome(), 7));
        let Cargo::Message(item, _) = &pushed[1].cargo else {
            panic!("a message");
        };
        let said = |name| item.tags().get(name);
        assert_eq!((said("Origin-Slot"), said("Index")), (Some("7"), Some("2")));
    }
}
