//! Proofs of one slot: what is brought whole is proven, each piece that is changed is named by its step; and what a proof derives again
//! is what the court derived.

mod again;
mod joined;

use aosec_challenge::derive::{HotKey, Tenure};
use aosec_challenge::inbox::Lease;
use aosec_challenge::proof::{Brought, Court, Failure, Joined, Name, Proof, Rests, check};
use aosec_wire::{Id, LogEntry, VerifiedItem};

use crate::forge::{CUT, START, enclosing, inbox, inbox_of, origin, signed, user};
use crate::hosts::{self, Written, honest, host, log_of, next_host, time_s};

const HOSTED: u64 = START + 1;
const U: u64 = START + 5;
const OVER: u64 = U + CUT;
/// The case that is unfinished when the lease ends.
const CASE: u64 = 7;

fn spawn_of(more: &[(&str, &str)]) -> VerifiedItem {
    let module = Id::new([2; 32]).to_string();
    let scheduler = host().address().to_string();
    let mut tags = vec![("Data-Protocol", "ao"), ("Type", "Process")];
    tags.extend([
        ("Module", module.as_str()),
        ("Scheduler", scheduler.as_str()),
    ]);
    tags.extend(more);
    signed(&user(3), None, &tags, b"")
}

fn spawn() -> VerifiedItem {
    spawn_of(&[("Origin", &origin().to_string())])
}

fn message(process: Id, number: u64) -> VerifiedItem {
    let number = number.to_string();
    let tags = [
        ("Data-Protocol", "ao"),
        ("Type", "Message"),
        ("n", number.as_str()),
    ];
    signed(&user(2), Some(process), &tags, b"hello")
}

/// Slots 1 and 2 of the host.
fn log() -> Written {
    let process = spawn().id();
    let entry = |slot| LogEntry {
        message: message(process, slot).id(),
        ..honest(slot, HOSTED)
    };
    Written::of((1..=2).map(entry))
        .of_process(process)
        .under(origin())
}

fn tenure(ended: Option<u64>) -> Tenure {
    let key = HotKey {
        address: host().address().clone(),
        from: HOSTED,
        until: None,
    };
    Tenure {
        first_slot: 1,
        from_height: HOSTED + 1,
        ended,
        keys: vec![key],
    }
}

fn court(ended: Option<u64>, forced: Vec<(u64, Id)>) -> Court {
    let lease = Lease {
        epoch: 0,
        tenure: tenure(ended),
        forced,
    };
    Court {
        origin: origin(),
        cut: CUT,
        leases: vec![lease],
        joined: None,
        emptied: vec![],
    }
}

/// Slot 2, in the second of two records.
fn on_record() -> Brought {
    let log = log();
    Brought {
        spawn: spawn(),
        slot: 2,
        message: Some(message(log.process, 2)),
        receipt: Some(log.receipt(2).item().clone()),
        court: Some(court(None, vec![])),
        blocks: vec![
            hosts::block(HOSTED + 1, vec![log_of(&[log.item(1, 1)])]),
            hosts::block(HOSTED + 3, vec![log_of(&[log.item(1, 2)])]),
        ],
    }
}

/// Slot 4, the second that the base layer has ordered: slot 3 is the message of a case.
fn orphaned() -> Brought {
    let log = log();
    let (asked, later) = (message(log.process, 3), message(log.process, 4));
    let process = log.process.to_string();
    Brought {
        spawn: spawn(),
        slot: 4,
        message: Some(later.clone()),
        receipt: None,
        court: Some(court(Some(U), vec![(CASE, asked.id())])),
        blocks: vec![
            hosts::block(HOSTED + 1, vec![log_of(&[log.item(1, 2)])]),
            hosts::block(
                U - 2,
                vec![inbox(&[enclosing(std::slice::from_ref(&asked), &[])])],
            ),
            hosts::block(U + 1, vec![inbox_of(&process, &[later])]),
            hosts::block(OVER, vec![]),
        ],
    }
}

fn proven(brought: &Brought) -> Proof {
    check(brought).unwrap_or_else(|failure| panic!("{failure}: {:?}", failure.steps))
}

fn fails(brought: &Brought) -> Box<Failure> {
    check(brought).expect_err("a piece was changed")
}

#[test]
fn a_signed_slot_is_proven() {
    let proof = proven(&on_record());
    assert_eq!(proof.rests, Rests::OnRecord);
    assert_eq!((proof.entry.slot, proof.entry.mined), (2, HOSTED + 3));
    assert_eq!(proof.entry.chain, log().chain(2));
    let names: Vec<_> = proof.steps.iter().map(|step| step.name).collect();
    let expected = [
        Name::Spawn,
        Name::Court,
        Name::Log,
        Name::Log,
        Name::Slot,
        Name::Message,
        Name::Receipt,
    ];
    assert_eq!(names, expected);
    let shown = proof.steps.iter().flat_map(|step| &step.hashes);
    assert!(
        shown
            .clone()
            .any(|(_, hash)| *hash == log().chain(2).to_string())
    );
    assert!(
        proof
            .leaves_open()
            .iter()
            .any(|open| open.contains("--block-hash"))
    );
}

#[test]
fn a_slot_of_the_base_layer_is_proven() {
    let proof = proven(&orphaned());
    assert_eq!(proof.rests, Rests::OnBaseLayer);
    let log = log();
    let first = LogEntry {
        message: message(log.process, 3).id(),
        height: OVER,
        timestamp: time_s(OVER) * 1_000,
    };
    let second = LogEntry {
        message: message(log.process, 4).id(),
        timestamp: first.timestamp + 1,
        ..first
    };
    let chain = second.chain_after(first.chain_after(log.chain(2)));
    assert_eq!((proof.entry.chain, proof.entry.height), (chain, OVER));
    let says: String = proof.steps.iter().map(|step| step.says.as_str()).collect();
    assert!(
        says.contains("case 7 asked for it") && says.contains("its last slot is 2"),
        "{says}"
    );
    assert!(
        proof
            .leaves_open()
            .iter()
            .any(|open| open.contains("nothing is left out"))
    );
}

#[test]
fn a_process_without_court_is_proven_by_its_scheduler() {
    let spawn = spawn_of(&[]);
    let process = spawn.id();
    let log = Written::honest(3, 20).of_process(process);
    let brought = Brought {
        slot: 3,
        message: None,
        receipt: None,
        court: None,
        blocks: vec![hosts::block(30, vec![log_of(&[log.item(1, 3)])])],
        spawn,
    };
    let proof = proven(&brought);
    assert_eq!(
        (proof.entry.chain, proof.rests),
        (log.chain(3), Rests::OnRecord)
    );
    assert!(
        !proof.has_message
            && proof
                .leaves_open()
                .iter()
                .any(|open| open.contains("only its id"))
    );
    let foreign = Brought {
        blocks: vec![hosts::block(
            30,
            vec![log_of(&[log.by(next_host(), 0).item(1, 3)])],
        )],
        ..brought
    };
    assert_eq!(fails(&foreign).at, Name::Slot);
}

#[test]
fn a_receipt_alone_is_a_promise() {
    let promise = Brought {
        blocks: vec![],
        ..on_record()
    };
    let proof = proven(&promise);
    assert_eq!((proof.rests, proof.entry.mined), (Rests::OnPromise, 0));
    let foreign = log().by(next_host(), 0).receipt(2).item().clone();
    let foreign = Brought {
        receipt: Some(foreign),
        ..promise.clone()
    };
    assert_eq!(fails(&foreign).at, Name::Receipt);
    let nothing = Brought {
        receipt: None,
        ..promise
    };
    assert_eq!(fails(&nothing).at, Name::Slot);
}

/// What is changed in a proof, and the step that must notice.
type Change = (&'static str, Name, fn(&mut Brought));

#[test]
fn each_changed_piece_of_a_signed_slot_is_named() {
    let changes: [Change; 10] = [
        ("a message for a spawn", Name::Spawn, |brought| {
            brought.spawn = message(spawn().id(), 1)
        }),
        ("no word of a court", Name::Court, |brought| {
            brought.court = None
        }),
        ("another court", Name::Court, |brought| {
            court_of(brought).origin = Id::new([1; 32])
        }),
        ("the key of another host", Name::Slot, |brought| {
            key_of(brought).address = next_host().address().clone()
        }),
        ("a key that counts later", Name::Slot, |brought| {
            key_of(brought).from = HOSTED + 4
        }),
        ("the lease begins later", Name::Slot, |brought| {
            lease_of(brought).tenure.from_height = HOSTED + 4
        }),
        ("the last record is left out", Name::Slot, |brought| {
            drop(brought.blocks.pop())
        }),
        ("a slot that nobody has", Name::Slot, |brought| {
            brought.slot = 3
        }),
        ("another message", Name::Message, |brought| {
            brought.message = Some(message(spawn().id(), 1))
        }),
        ("the receipt of another slot", Name::Receipt, |brought| {
            brought.receipt = Some(log().receipt(1).item().clone())
        }),
    ];
    all_named(&on_record(), &changes);
}

#[test]
fn each_changed_piece_of_a_slot_of_the_base_layer_is_named() {
    let changes: [Change; 7] = [
        ("the case is left out", Name::Slot, |brought| {
            lease_of(brought).forced.clear()
        }),
        ("the case's message is left out", Name::Slot, |brought| {
            drop(brought.blocks.remove(1))
        }),
        (
            "the message's transaction is left out",
            Name::Slot,
            |brought| drop(brought.blocks.remove(2)),
        ),
        ("the records are left out", Name::Slot, |brought| {
            drop(brought.blocks.remove(0))
        }),
        ("the lease has not ended", Name::Slot, |brought| {
            lease_of(brought).tenure.ended = None
        }),
        ("it ended behind the message", Name::Slot, |brought| {
            lease_of(brought).tenure.ended = Some(U + 2)
        }),
        (
            "a receipt for what nobody signed",
            Name::Receipt,
            |brought| brought.receipt = Some(log().receipt(2).item().clone()),
        ),
    ];
    all_named(&orphaned(), &changes);
}

#[test]
fn a_case_that_is_left_out_moves_what_comes_behind_it() {
    let mut brought = orphaned();
    (brought.slot, lease_of(&mut brought).forced) = (3, vec![]);
    brought.message = Some(message(spawn().id(), 3));
    let failure = fails(&brought);
    assert_eq!(
        failure.at,
        Name::Message,
        "slot 3 is another one's: {failure}"
    );
}

#[test]
fn a_block_of_which_the_time_is_unknown_is_asked_for() {
    let mut brought = orphaned();
    brought.blocks.pop();
    let late = hosts::block(OVER + 1, vec![]);
    brought.blocks.push(late);
    let failure = fails(&brought);
    assert_eq!(failure.at, Name::Log);
    assert!(
        failure.to_string().contains(&format!("block {OVER}")),
        "{failure}"
    );
}

fn all_named(whole: &Brought, changes: &[Change]) {
    for (what, at, change) in changes {
        let mut brought = whole.clone();
        change(&mut brought);
        let failure = fails(&brought);
        assert_eq!(failure.at, *at, "{what}: {failure}");
        assert!(failure.to_string().contains(at.word()), "{what}: {failure}");
    }
}

fn court_of(brought: &mut Brought) -> &mut Court {
    brought.court.as_mut().unwrap()
}

fn lease_of(brought: &mut Brought) -> &mut Lease {
    &mut court_of(brought).leases[0]
}

fn key_of(brought: &mut Brought) -> &mut HotKey {
    &mut lease_of(brought).tenure.keys[0]
}
