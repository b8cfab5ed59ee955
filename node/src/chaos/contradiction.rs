//! Pure: what a rogue puts its name to, beside what it has signed before (PROTOCOL 6).

use aosec_wire::{Assignment, AssignmentPlan, Chain, Id, LogEntry, limits};
use serde::Deserialize;

/// In which way a signature breaks the law.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, serde::Serialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Contradiction {
    /// Another message in the same slot.
    Double,
    /// The next slot, on a chain that does not follow.
    Chain,
    /// The same slot in an epoch that the operator never held.
    Tenure,
    /// The same content under another signature, which is no fault (6.1).
    Same,
}

/// A signed slot and the one before it.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// The slot before.
    pub before: &'a Assignment,
    /// The slot that is contradicted.
    pub own: &'a Assignment,
}

/// What is to be signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The receipt.
    pub assignment: AssignmentPlan,
    /// The log chain before its slot.
    pub previous_chain: Id,
}

impl Plan {
    /// What its slot holds for the law.
    #[must_use]
    pub fn entry(&self) -> Option<LogEntry> {
        let assignment = &self.assignment;
        assignment.message.map(|message| LogEntry {
            message,
            height: assignment.height,
            timestamp: assignment.timestamp,
        })
    }
}

/// The plan of a contradiction with `message` in the place of what was assigned.
#[must_use]
pub fn plan(how: Contradiction, place: &Place<'_>, message: Id) -> Plan {
    let own = place.own;
    match how {
        Contradiction::Same => {
            let message = own.message().unwrap_or(message);
            let mut same = on(chain(place.before), own, message, Slot::of(own));
            // No rule of the court looks at it, and the item is another one.
            same.assignment.exclude = vec!["Anchor".to_owned()];
            same
        }
        Contradiction::Double => on(chain(place.before), own, message, Slot::of(own)),
        Contradiction::Tenure => {
            let slot = Slot {
                epoch: own.epoch() + 1,
                ..Slot::of(own)
            };
            on(chain(place.before), own, message, slot)
        }
        Contradiction::Chain => {
            let mut broken = chain(own);
            broken.log = Id::sha256(broken.log.as_bytes());
            let slot = Slot {
                nonce: own.nonce() + 1,
                timestamp: own.timestamp().saturating_add(1).min(limits::NUMBER_MAX),
                ..Slot::of(own)
            };
            on(broken, own, message, slot)
        }
    }
}

/// Where a plan stands.
struct Slot {
    epoch: u64,
    nonce: u64,
    timestamp: u64,
}

impl Slot {
    fn of(own: &Assignment) -> Self {
        Self {
            epoch: own.epoch(),
            nonce: own.nonce(),
            timestamp: own.timestamp(),
        }
    }
}

fn on(previous: Chain, own: &Assignment, message: Id, slot: Slot) -> Plan {
    let assignment = AssignmentPlan {
        process: own.process(),
        epoch: slot.epoch,
        nonce: slot.nonce,
        message: Some(message),
        height: own.height(),
        timestamp: slot.timestamp,
        chain: previous.next(own.id(), message, own.height(), slot.timestamp),
        exclude: Vec::new(),
        base_layer: false,
    };
    Plan {
        assignment,
        previous_chain: previous.log,
    }
}

/// The chains at a slot; one for old clients alone has no chain of the law.
fn chain(at: &Assignment) -> Chain {
    at.chain().unwrap_or_else(|| Chain::genesis(at.process()))
}

#[cfg(test)]
mod tests {
    use aosec_wire::SigningKey;

    use super::*;

    fn log() -> [Assignment; 2] {
        let (key, process) = (SigningKey::ed25519([1; 32]), Id::new([2; 32]));
        let first = AssignmentPlan {
            process,
            epoch: 0,
            nonce: 3,
            message: Some(Id::new([3; 32])),
            height: 10,
            timestamp: 100,
            chain: Chain::genesis(process),
            exclude: Vec::new(),
            base_layer: false,
        };
        let before = first.sign(&key).unwrap();
        let message = Id::new([4; 32]);
        let own = AssignmentPlan {
            nonce: 4,
            message: Some(message),
            timestamp: 101,
            chain: first.chain.next(before.id(), message, 10, 101),
            ..first
        };
        [before, own.sign(&key).unwrap()]
    }

    fn planned(how: Contradiction) -> (Plan, [Assignment; 2]) {
        let log = log();
        let place = Place {
            before: &log[0],
            own: &log[1],
        };
        (plan(how, &place, Id::new([9; 32])), log)
    }

    #[test]
    fn a_double_is_another_content_of_the_slot_on_a_chain_that_follows() {
        let (plan, [before, own]) = planned(Contradiction::Double);
        let entry = plan.entry().unwrap();
        assert_eq!(plan.assignment.nonce, own.nonce());
        assert_ne!(Some(entry.message), own.message());
        assert_eq!(Some(plan.previous_chain), before.log_chain());
        assert_eq!(
            entry.chain_after(plan.previous_chain),
            plan.assignment.chain.log
        );
    }

    #[test]
    fn a_broken_chain_stands_in_the_next_slot_and_leads_from_nowhere() {
        let (plan, [_, own]) = planned(Contradiction::Chain);
        assert_eq!(plan.assignment.nonce, own.nonce() + 1);
        let entry = plan.entry().unwrap();
        let lawful = entry.chain_after(own.log_chain().unwrap());
        assert_ne!(plan.assignment.chain.log, lawful);
        assert_eq!(
            entry.chain_after(plan.previous_chain),
            plan.assignment.chain.log
        );
    }

    #[test]
    fn the_same_content_makes_another_item_of_equal_meaning() {
        let (plan, [_, own]) = planned(Contradiction::Same);
        let other = plan.assignment.sign(&SigningKey::ed25519([1; 32])).unwrap();
        assert_ne!(other.id(), own.id());
        let content = |one: &Assignment| {
            (
                one.message(),
                one.height(),
                one.timestamp(),
                one.log_chain(),
            )
        };
        assert_eq!(content(&other), content(&own));
    }

    #[test]
    fn without_tenure_is_another_epoch() {
        let (plan, [_, own]) = planned(Contradiction::Tenure);
        assert_eq!(plan.assignment.epoch, own.epoch() + 1);
        assert_eq!(plan.assignment.nonce, own.nonce());
    }
}
