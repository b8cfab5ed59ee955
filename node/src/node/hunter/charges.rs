//! Charges on their way before the court: how many at once, how often each is tried, and which of them bind a bond (PROTOCOL 6). Pure.
//!
//! A charge and the number of its attempt make the id of its message, so a node that has forgotten that it filed one files the same
//! message, which runs once. A refusal that time can mend is tried again, at most [`ATTEMPTS_MAX`] times in all; a message that has not
//! run is given to the inbox again as it is. A bond is bound until the docket says that its case has ended.

use std::collections::{BTreeMap, BTreeSet};

use aosec_challenge::hunter::{Bond, End, Purpose, Stakes};
use aosec_wire::Id;

use super::charge::Charge;

/// Charges under way at once; further ones are found again after the next start.
const CHARGES_MAX: usize = 256;
/// Leases that are remembered for a receipt that is before the court; a forgotten one may be charged again, and the court says `6 slashed`.
const LEASES_MAX: usize = 4_096;
/// Messages sent for one charge.
const ATTEMPTS_MAX: u32 = 3;
/// Blocks until a message that did not run is given again, or one that was refused for the moment is sent anew.
pub(super) const AGAIN_BLOCKS: u64 = 8;
/// How often one message is given to the inbox before its charge is given up: two hours in which no block took it.
const UNRUN_MAX: u32 = 8;

/// A charge on its way.
#[derive(Debug)]
pub(super) struct Filed {
    pub(super) charge: Charge,
    pub(super) attempt: u32,
    /// How often the message of this attempt was given to the inbox and did not run.
    unrun: u32,
    /// The message under way, and the height at which it was sent.
    pub(super) sent: Option<(Id, u64)>,
    pub(super) not_before: u64,
}

/// What has become of a charge that needs nothing more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Done {
    /// The court has taken it by this message.
    Taken(Id),
    /// The court takes none of its kind against this lease any more.
    Slashed,
    /// It is not taken.
    Dropped,
}

/// All charges on their way.
#[derive(Debug, Default)]
pub(super) struct Charges {
    pub(super) filed: BTreeMap<Id, Filed>,
    /// Leases whose receipts are before the court, or were: one slash is all that it takes for them.
    published: BTreeSet<(Id, u64)>,
    /// What is bound in bonds, by the keys of charges.
    pub(super) stakes: Stakes,
    /// Charges with a bond that the court has taken, with the messages that opened their cases.
    pub(super) open: BTreeMap<Id, (Purpose, Id)>,
}

impl Charges {
    /// Whether no receipt of this lease was brought before the court.
    pub(super) fn awaits_no_publication(&self, lease: (Id, u64)) -> bool {
        !self.published.contains(&lease)
    }

    /// Files a charge, unless it is filed already or too much is under way.
    pub(super) fn file(&mut self, charge: Charge, now: u64) {
        let key = charge.key();
        if self.filed.len() >= CHARGES_MAX {
            tracing::warn!(%charge, "too many charges are under way: this one is not filed");
            return;
        }
        if let Some(bond) = charge.bond()
            && let Err(reason) = self.stakes.bind(key, bond, now)
        {
            tracing::warn!(%reason, %charge, "this charge is not filed");
            return;
        }
        self.published.extend(charge.lease());
        while self.published.len() > LEASES_MAX {
            self.published.pop_first();
        }
        self.filed.entry(key).or_insert(Filed {
            charge,
            attempt: 0,
            unrun: 0,
            sent: None,
            not_before: 0,
        });
    }

    /// A case that this operator has opened before the last start.
    pub(super) fn remember(&mut self, opener: Id, bond: Bond) {
        if bond.purpose == Purpose::Publication {
            self.published.insert((bond.process, bond.epoch));
        }
        self.open.insert(opener, (bond.purpose, opener));
        self.stakes.remember(opener, bond);
    }

    /// Nothing is left to do for a charge. One that was not taken leaves its lease open to another.
    pub(super) fn done(&mut self, key: &Id, done: Done, now: u64) {
        let Some(filed) = self.filed.remove(key) else {
            return;
        };
        if let Done::Taken(message) = done {
            let bond = filed.charge.bond();
            self.open
                .extend(bond.map(|bond| (*key, (bond.purpose, message))));
            return;
        }
        self.stakes.free(key, End::Back, now);
        if done == Done::Dropped
            && let Some(lease) = filed.charge.lease()
        {
            self.published.remove(&lease);
        }
    }
}

/// The same message once more: two of them would both run in the end.
pub(super) fn unrun(filed: &mut Filed) -> Option<Done> {
    filed.unrun += 1;
    filed.sent = None;
    let is_over = filed.unrun >= UNRUN_MAX;
    if is_over {
        tracing::warn!(charge = %filed.charge, "a charge is given up: no block takes its message");
    }
    is_over.then_some(Done::Dropped)
}

/// Another attempt, later, unless there were enough.
pub(super) fn refused(filed: &mut Filed, now: u64, reason: &str) -> Option<Done> {
    filed.attempt += 1;
    filed.unrun = 0;
    filed.sent = None;
    filed.not_before = now.saturating_add(AGAIN_BLOCKS);
    let is_over = filed.attempt >= ATTEMPTS_MAX;
    if is_over {
        tracing::warn!(reason, charge = %filed.charge, "a charge is given up; where it is about a bond, fill the operator's address");
    }
    is_over.then_some(Done::Dropped)
}

#[cfg(test)]
mod tests {
    use aosec_challenge::hunter::{Promise, Sought};
    use aosec_wire::{Draft, SigningKey};

    use super::*;

    fn data(process: u8, slot: u64) -> Charge {
        Charge::Data(Sought {
            process: Id::new([process; 32]),
            slot,
            message: Id::new([2; 32]),
            epoch: 0,
            operator: SigningKey::ed25519([process; 32]).address().clone(),
        })
    }

    fn promise(slot: u64) -> Charge {
        let key = SigningKey::ed25519([1; 32]);
        Charge::Publication(Promise {
            process: Id::new([1; 32]),
            epoch: 0,
            operator: key.address().clone(),
            slot,
            message: Id::new([2; 32]),
            stamped: 1,
            receipt: Draft::default().sign(&key).unwrap(),
        })
    }

    fn filed(charges: &Charges) -> usize {
        charges.filed.len()
    }

    #[test]
    fn the_same_charge_is_filed_once_and_bonds_stay_bound_until_their_cases_end() {
        let mut charges = Charges::default();
        for _ in 0..2 {
            charges.file(data(1, 1), 5);
        }
        assert_eq!(filed(&charges), 1);
        let opener = Id::new([7; 32]);
        charges.done(&data(1, 1).key(), Done::Taken(opener), 6);
        assert_eq!(filed(&charges), 0);
        for slot in 2..100 {
            charges.file(data(1, slot), 7);
        }
        assert_eq!(filed(&charges), 0, "its case is open");
        for process in 2..100 {
            charges.file(data(process, 1), 7);
        }
        assert_eq!(filed(&charges), 15, "sixteen with the one that is open");
    }

    #[test]
    fn a_node_that_has_forgotten_its_cases_learns_of_them_again() {
        let mut charges = Charges::default();
        let bond = |charge: &Charge| charge.bond().unwrap();
        charges.remember(Id::new([7; 32]), bond(&data(2, 1)));
        charges.remember(Id::new([8; 32]), bond(&promise(1)));
        charges.file(data(2, 2), 5);
        assert_eq!(filed(&charges), 0);
        assert!(!charges.awaits_no_publication((Id::new([1; 32]), 0)));
    }

    #[test]
    fn a_lease_that_was_slashed_for_a_receipt_is_charged_for_no_other() {
        let lease = (Id::new([1; 32]), 0);
        for (done, is_open) in [
            (Done::Dropped, true),
            (Done::Slashed, false),
            (Done::Taken(Id::new([7; 32])), false),
        ] {
            let mut charges = Charges::default();
            charges.file(promise(1), 5);
            charges.done(&promise(1).key(), done.clone(), 6);
            assert_eq!(charges.awaits_no_publication(lease), is_open, "{done:?}");
        }
    }

    fn sent() -> Filed {
        Filed {
            charge: data(1, 1),
            attempt: 0,
            unrun: 0,
            sent: Some((Id::new([3; 32]), 10)),
            not_before: 0,
        }
    }

    #[test]
    fn a_charge_is_tried_again_some_blocks_later_and_not_for_ever() {
        let mut filed = sent();
        for attempt in 1..=ATTEMPTS_MAX {
            let is_over = refused(&mut filed, 20, "3.1 balance").is_some();
            assert_eq!(is_over, attempt == ATTEMPTS_MAX);
            assert_eq!(filed.not_before, 20 + AGAIN_BLOCKS);
            assert!(filed.sent.is_none());
        }
    }

    #[test]
    fn a_message_that_has_not_run_is_given_again_as_it_is() {
        let mut filed = sent();
        for time in 1..=UNRUN_MAX {
            assert_eq!(unrun(&mut filed).is_some(), time == UNRUN_MAX);
            assert_eq!(filed.attempt, 0, "another attempt is another message");
            assert!(filed.sent.is_none());
        }
    }
}
