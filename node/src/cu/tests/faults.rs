//! A log that breaks a rule is refused by name, at the slot where it does, whatever the rule.

use aosec_wire::{AssignmentPlan, Id, SigningKey};
use proptest::prelude::*;

use super::book::{Book, sign};
use super::counting;
use crate::cu::replay::{Entry, Fault, Reason, Replay};

const SLOTS: u64 = 6;

fn replay(book: &Book) -> Replay {
    Replay::new(book.process(), book.scheduler.address().clone(), None)
}

/// Admits as far as the log holds.
fn read(book: &Book, entries: &[Entry]) -> Result<u64, Fault> {
    let mut replay = replay(book);
    for entry in entries {
        replay.admit(entry)?;
    }
    Ok(replay.next_slot())
}

/// A log of [`SLOTS`] slots and one more whose plan was bent.
fn bent(bend: impl FnOnce(&mut AssignmentPlan)) -> Fault {
    let mut book = counting(SLOTS);
    let item = book.message("last");
    let mut plan = book.plan(Some(item.id()));
    bend(&mut plan);
    book.write(&plan, Some(item));
    let fault = read(&book, &book.entries).unwrap_err();
    assert_eq!((fault.process, fault.slot), (book.process(), SLOTS));
    assert!(fault.to_string().contains(&book.process().to_string()));
    fault
}

#[test]
fn an_honest_log_is_admitted_to_its_end() {
    let book = counting(SLOTS);
    assert_eq!(read(&book, &book.entries), Ok(SLOTS));
}

#[test]
fn each_bent_plan_is_named() {
    let other = Id::new([7; 32]);
    let reasons = [
        bent(|plan| plan.process = other).reason,
        bent(|plan| plan.epoch = 1).reason,
        bent(|plan| plan.nonce += 1).reason,
        bent(|plan| plan.nonce -= 1).reason,
        bent(|plan| plan.timestamp -= 7).reason,
        bent(|plan| plan.height = 1).reason,
        bent(|plan| plan.chain.hash = other).reason,
        bent(|plan| plan.chain.log = other).reason,
        bent(|plan| plan.message = Some(other)).reason,
    ];
    assert!(
        matches!(
            reasons,
            [
                Reason::OtherProcess(_),
                Reason::OtherEpoch(1),
                Reason::Gap(7),
                Reason::Gap(5),
                Reason::TimeStoodStill { .. },
                Reason::HeightFell { .. },
                Reason::HashChain { .. },
                Reason::LogChain { .. },
                Reason::OtherMessage { .. },
            ]
        ),
        "{reasons:?}"
    );
}

#[test]
fn a_log_chain_that_stamps_another_moment_is_named() {
    // The chain of the honest plan, under another height and another time that break no other rule.
    let taller = bent(|plan| plan.height += 1).reason;
    let later = bent(|plan| plan.timestamp += 1).reason;
    assert!(matches!(taller, Reason::LogChain { .. }));
    assert!(matches!(later, Reason::LogChain { .. }));
}

#[test]
fn only_the_scheduler_of_the_spawn_is_heard() {
    let mut book = counting(SLOTS);
    let plan = book.plan(Some(Id::new([7; 32])));
    book.scheduler = SigningKey::ed25519([8; 32]);
    book.write(&plan, None);
    let honest = counting(1);
    let fault = read(&honest, &book.entries).unwrap_err();
    assert!(matches!(fault.reason, Reason::OtherSigner { .. }));
    assert_eq!(fault.slot, SLOTS);
}

#[test]
fn slot_0_is_the_spawn_and_nothing_else() {
    let mut book = counting(1);
    book.entries.clear();
    let other = sign(&book.user, Some(book.process()), Default::default(), "x");
    let mut plan = book.plan(None);
    book.write(&plan, Some(other.clone()));
    let fault = read(&book, &book.entries).unwrap_err();
    assert!(matches!(fault.reason, Reason::OtherMessage { .. }));
    book.entries.clear();
    plan.message = Some(other.id());
    book.write(&plan, Some(other));
    let fault = read(&book, &book.entries).unwrap_err();
    assert!(matches!(fault.reason, Reason::SpawnNamesMessage(_)));
}

#[test]
fn a_refused_entry_leaves_the_replay_where_it_was() {
    let book = counting(SLOTS);
    let mut replay = replay(&book);
    assert!(replay.admit(&book.entries[1]).is_err());
    assert_eq!(replay.next_slot(), 0);
    assert!(replay.admit(&book.entries[0]).is_ok());
    assert!(replay.admit(&book.entries[0]).is_err());
    assert!(replay.admit(&book.entries[1]).is_ok());
    assert_eq!(replay.position().map(|at| at.slot), Some(1));
}

#[test]
fn a_replay_goes_on_behind_any_slot() {
    let book = counting(SLOTS);
    let mut whole = replay(&book);
    for cut in 0..book.entries.len() {
        whole.admit(&book.entries[cut]).unwrap();
        let scheduler = book.scheduler.address().clone();
        let mut rest = Replay::new(book.process(), scheduler, whole.position().cloned());
        assert!(
            book.entries[cut + 1..]
                .iter()
                .all(|entry| rest.admit(entry).is_ok())
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn no_entry_can_be_dropped_repeated_or_moved(from in 0_usize..6, to in 0_usize..6, kind in 0..3) {
        let book = counting(SLOTS);
        let mut entries = book.entries.clone();
        let first_wrong = match kind {
            0 => {
                entries.remove(from);
                from
            }
            1 => {
                entries.insert(from, entries[from].clone());
                from + 1
            }
            _ => {
                entries.swap(from, to);
                from.min(to)
            }
        };
        match read(&book, &entries) {
            Ok(_) => prop_assert!(entries.len() < 6 && from == 5 || kind == 2 && from == to),
            Err(fault) => prop_assert_eq!(fault.slot, first_wrong as u64),
        }
    }
}
