//! What is found, and what is not, among receipts and records of two operators.

mod memory;

use aosec_wire::{
    Address, AssignmentPlan, Chain, Draft, Head, HeadSignature, Id, LogEntry, LogRecord,
    SigningKey, Tags, VerifiedItem, bundle,
};

use super::*;

const ORIGIN: Id = Id::new([100; 32]);
const PROCESS: Id = Id::new([101; 32]);
/// Blocks of `publish_within`, and of the settlement depth.
const PUBLISH_WITHIN: u64 = 6;
const DEPTH: u64 = 1;

fn hot(number: u8) -> SigningKey {
    SigningKey::ed25519([number; 32])
}

fn operator(number: u8) -> Address {
    hot(number + 50).address().clone()
}

/// Operators 1 and 2 with their hot keys; 1 holds epoch 0, 2 epoch 1, from slot `first` on.
struct Rows {
    first: u64,
}

const ROWS: Rows = Rows { first: 1 };

impl Tenures for Rows {
    fn operator(&self, key: &Address) -> Option<Address> {
        let of = |number: &u8| hot(*number).address() == key;
        [1, 2].iter().find(|n| of(n)).map(|n| operator(*n))
    }
    fn holder(&self, process: &Id, epoch: u64) -> Option<Address> {
        let hosts = [operator(1), operator(2)];
        let host = usize::try_from(epoch).ok().and_then(|e| hosts.get(e));
        host.cloned().filter(|_| *process == PROCESS)
    }
    fn first_slot(&self, process: &Id) -> Option<u64> {
        (*process == PROCESS).then_some(self.first)
    }
}

fn hunter() -> Hunter {
    Hunter::new(PUBLISH_WITHIN, DEPTH)
}

fn entry(message: u8, slot: u64) -> LogEntry {
    LogEntry {
        message: Id::new([message; 32]),
        height: 10,
        timestamp: 1_000 + slot,
    }
}

/// The log chain of slot `upto` where each slot n holds message n.
fn chain(upto: u64) -> Id {
    let start = Id::sha256(PROCESS.as_bytes());
    (1..=upto).fold(start, |chain, slot| {
        entry(u8::try_from(slot).unwrap(), slot).chain_after(chain)
    })
}

fn receipt_on(key: u8, epoch: u64, slot: u64, message: u8, previous: Id) -> VerifiedItem {
    receipt_after(key, epoch, slot, entry(message, slot), previous)
}

fn receipt_of(key: u8, epoch: u64, slot: u64, content: LogEntry) -> VerifiedItem {
    receipt_after(key, epoch, slot, content, Id::new([55; 32]))
}

fn receipt_after(key: u8, epoch: u64, slot: u64, content: LogEntry, previous: Id) -> VerifiedItem {
    let plan = AssignmentPlan {
        process: PROCESS,
        epoch,
        nonce: slot,
        message: Some(content.message),
        height: content.height,
        timestamp: content.timestamp,
        chain: Chain {
            hash: Id::new([9; 32]),
            log: content.chain_after(previous),
        },
        exclude: Vec::new(),
        base_layer: false,
    };
    plan.sign(&hot(key)).unwrap().item().clone()
}

fn receipt(key: u8, epoch: u64, slot: u64, message: u8) -> VerifiedItem {
    receipt_on(key, epoch, slot, message, chain(slot - 1))
}

fn record_on(key: u8, first: u64, messages: &[u8], previous: Id, origin: Id) -> VerifiedItem {
    let slots = first..;
    let entries: Vec<_> = slots
        .zip(messages)
        .map(|(slot, m)| entry(*m, slot))
        .collect();
    let head = entries
        .iter()
        .fold(previous, |chain, one| one.chain_after(chain));
    let head = Head {
        process: PROCESS,
        epoch: 0,
        slot: first + entries.len() as u64 - 1,
        chain: head,
    };
    let signature = HeadSignature::sign(&hot(key), &head, origin);
    let record = LogRecord::new(PROCESS, 0, first, previous, entries, signature).unwrap();
    let draft = Draft {
        tags: Tags::new()
            .with("Data-Protocol", "ao")
            .with("Type", "Log-Record"),
        data: record.encode(),
        ..Draft::default()
    };
    draft.sign(&hot(77)).unwrap()
}

/// A record whose slot n holds message n.
fn record(first: u64, last: u64) -> VerifiedItem {
    let messages: Vec<u8> = (first..=last).map(|n| u8::try_from(n).unwrap()).collect();
    record_on(1, first, &messages, chain(first - 1), ORIGIN)
}

fn evidence(item: &VerifiedItem) -> Evidence {
    Evidence::of(item, ORIGIN).expect("it is evidence")
}

/// What is found when these are shown in this order: fault and slot.
fn found(items: &[VerifiedItem]) -> Vec<(Fault, Option<u64>)> {
    let mut hunter = hunter();
    let shown = items.iter().map(evidence);
    let findings = shown.filter_map(|one| hunter.see(one, &ROWS));
    findings
        .map(|finding| (finding.key.fault, finding.slot))
        .collect()
}

#[test]
fn contradictions_are_found_in_whatever_order_they_are_shown() {
    use Fault::{Chain, Double, Tenure};
    let broken = receipt_on(1, 0, 4, 4, Id::new([55; 32]));
    let other_slot = |slot: u64, message| record_on(1, slot, &[message], chain(slot - 1), ORIGIN);
    for (what, one, other, expected) in [
        (
            "receipts",
            receipt(1, 0, 3, 3),
            receipt(1, 0, 3, 9),
            Some((Double, Some(3))),
        ),
        (
            "record, receipt",
            record(1, 5),
            receipt(1, 0, 4, 9),
            Some((Double, Some(4))),
        ),
        (
            "records",
            record(1, 5),
            other_slot(5, 9),
            Some((Double, Some(5))),
        ),
        (
            "a chain after a record",
            record(1, 3),
            broken.clone(),
            Some((Chain, Some(3))),
        ),
        (
            "a chain after a receipt",
            receipt(1, 0, 3, 3),
            broken,
            Some((Chain, Some(3))),
        ),
        ("equal contents", record(1, 5), receipt(1, 0, 4, 4), None),
        ("what follows", record(1, 3), record(4, 6), None),
        (
            "what lies apart",
            receipt(1, 0, 2, 2),
            receipt(1, 0, 5, 5),
            None,
        ),
    ] {
        let expected: Vec<_> = expected.into_iter().collect();
        assert_eq!(found(&[one.clone(), other.clone()]), expected, "{what}");
        let report = |shown: [&VerifiedItem; 2]| {
            let mut hunter = hunter();
            let findings = shown.map(|item| hunter.see(evidence(item), &ROWS));
            let finding = findings.into_iter().flatten().next();
            finding.map(|finding| finding.evidence)
        };
        let reports = [report([&one, &other]), report([&other, &one])];
        assert_eq!(reports[0], reports[1], "{what}: one report");
        assert_eq!(
            found(&[other, one]),
            expected,
            "{what}, the other way round"
        );
    }
    let stranger = receipt(1, 1, 3, 3);
    assert_eq!(
        found(&[stranger]),
        [(Tenure, None)],
        "an epoch of somebody else"
    );
    assert_eq!(found(&[receipt(2, 7, 3, 3)]), [(Tenure, None)], "of nobody");
    let two = [receipt(1, 0, 3, 3), receipt(2, 0, 3, 9)];
    assert_eq!(
        found(&two),
        [(Tenure, None)],
        "two operators contradict nobody"
    );
}

#[test]
fn a_chain_of_equal_slots_on_another_past_is_a_double() {
    let elsewhere = receipt_on(1, 0, 3, 3, Id::new([55; 32]));
    let found = found(&[record(1, 5), elsewhere]);
    assert_eq!(
        found,
        [(Fault::Double, Some(3))],
        "the chain is content (6.1)"
    );
}

#[test]
fn a_fault_is_found_once_and_the_dearer_one_hides_the_cheaper() {
    let more = [
        record(1, 3),
        receipt(1, 0, 2, 9),
        receipt(1, 0, 3, 9),
        receipt_on(1, 0, 4, 4, Id::new([55; 32])),
    ];
    assert_eq!(found(&more), [(Fault::Double, Some(2))]);
    let again = [record(1, 3), receipt(1, 1, 2, 2), receipt(1, 1, 3, 3)];
    assert_eq!(found(&again), [(Fault::Tenure, None)], "one epoch, once");
}

#[test]
fn what_no_court_would_take_is_no_evidence() {
    let none = |item: &VerifiedItem| Evidence::of(item, ORIGIN).is_none();
    let elsewhere = record_on(1, 1, &[1], chain(0), Id::new([7; 32]));
    assert!(none(&elsewhere), "a record of another court");
    let message = Draft {
        target: Some(PROCESS),
        ..Draft::default()
    };
    assert!(none(&message.sign(&hot(1)).unwrap()), "a message");
    assert_eq!(
        found(&[receipt(3, 0, 3, 3), receipt(3, 0, 3, 9)]),
        [],
        "a key of nobody"
    );
}

#[test]
fn what_lies_before_a_registered_process_s_first_slot_is_outside_the_law() {
    let rows = Rows { first: 4 };
    let mut hunter = hunter();
    for item in [receipt(1, 0, 3, 3), receipt(1, 0, 3, 9)] {
        assert!(hunter.see(evidence(&item), &rows).is_none());
    }
    let old = receipt(1, 0, 4, 4);
    assert!(hunter.see(evidence(&old), &rows).is_none());
    let finding = hunter.see(evidence(&receipt(1, 0, 4, 9)), &rows).unwrap();
    assert_eq!(finding.slot, Some(4));
    assert!(finding.evidence.contains(&old));
}

#[test]
fn evidence_is_found_in_logs_and_in_what_is_enclosed() {
    let (own, answer) = (record(1, 3), receipt(1, 0, 4, 4));
    let enclosing = Draft {
        target: Some(ORIGIN),
        data: bundle::build(&[answer.clone(), own.clone()]),
        ..Draft::default()
    };
    let enclosing = enclosing.sign(&hot(8)).unwrap();
    let data = bundle::build(&[own.clone(), enclosing]);
    let found: Vec<Id> = in_transaction(&data, ORIGIN)
        .iter()
        .map(|one| one.item().id())
        .collect();
    assert_eq!(found, [own.id(), answer.id(), own.id()]);
    let kept = in_transaction(&data, ORIGIN);
    let whole = data.as_ptr_range();
    for one in &kept {
        let bytes = one.item().bytes().as_ptr();
        assert!(!whole.contains(&bytes), "it keeps the transaction alive");
    }
    assert!(in_transaction(&bytes::Bytes::from_static(b"no bundle"), ORIGIN).is_empty());
}

/// Draws of a log with and without forged receipts: what is found is exactly what was forged.
#[test]
fn whatever_is_shown_in_whatever_order_an_honest_host_is_never_found() {
    let seed = std::env::var("AOSEC_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok());
    let mut dice = Dice(seed.unwrap_or(0x5eed_0031));
    println!("AOSEC_SEED={}", dice.0);
    for _round in 0..60 {
        let length = 2 + dice.below(20);
        let mut shown: Vec<VerifiedItem> = Vec::new();
        for _piece in 0..1 + dice.below(12) {
            let first = 1 + dice.below(length);
            let last = first + dice.below(length - first + 1);
            shown.push(match dice.below(2) {
                0 => record(first, last),
                _ => receipt(1, 0, first, u8::try_from(first).unwrap()),
            });
        }
        dice.shuffle(&mut shown);
        assert_eq!(found(&shown), [], "an honest host");
        let slot = 1 + dice.below(length);
        let covers = |item: &VerifiedItem| {
            let slots = evidence(item).slots();
            slots.iter().any(|(found, _)| *found == slot)
        };
        let is_proved = shown.iter().any(covers);
        shown.push(receipt(1, 0, slot, 99));
        dice.shuffle(&mut shown);
        let faults: Vec<Fault> = found(&shown).into_iter().map(|(fault, _)| fault).collect();
        match is_proved {
            true => assert!(faults.contains(&Fault::Double), "slot {slot} of {length}"),
            false => assert!(!faults.contains(&Fault::Double)),
        }
    }
}

/// Numbers that look random and depend on the seed alone.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound.max(1)
    }

    fn shuffle<T>(&mut self, list: &mut [T]) {
        for last in (1..list.len()).rev() {
            let other = usize::try_from(self.below(last as u64 + 1)).unwrap();
            list.swap(last, other);
        }
    }
}
