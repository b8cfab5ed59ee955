//! Stories of one derivation: what a node does with it in its life.

use aosec_challenge::derive::{
    BlockRef, Deriver, FollowError, HostTable, Hosting, Log, NoReceipt, Position, Receipt,
    ResumeError, RewindError, Start, StepError, Truncated,
};
use aosec_wire::{Assignment, Draft, Id};

use crate::forge::{self, PROCESS, SMALL, Written};

fn hosts() -> HostTable {
    let mut hosts = HostTable::new();
    let hosting = Hosting::without_court(forge::host().address().clone());
    hosts.insert(PROCESS, hosting);
    hosts
}

fn following() -> Deriver {
    let mut deriver = Deriver::new(SMALL, forge::firm_block());
    deriver
        .follow(Log::begin(PROCESS, Start::of_spawn(PROCESS)))
        .unwrap();
    deriver
}

fn head(deriver: &Deriver) -> (u64, Id) {
    let head = deriver.log(&PROCESS).unwrap().head();
    (head.slot, head.chain)
}

#[test]
fn records_extend_the_log_and_settle() {
    let (hosts, mut deriver) = (hosts(), following());
    let written = Written::honest(5, 10);
    let block = forge::block(
        11,
        vec![forge::log_of(&[written.item(1, 3), written.item(4, 5)])],
    );
    let step = deriver.step(&block, &hosts).unwrap();
    assert_eq!(step.ignored, []);
    assert_eq!(step.extended.len(), 2);
    assert_eq!(head(&deriver), (5, written.chain(5)));
    assert_eq!(deriver.log(&PROCESS).unwrap().firm_head().slot, 0);
    for height in 12..=14 {
        deriver.step(&forge::block(height, vec![]), &hosts).unwrap();
    }
    let log = deriver.log(&PROCESS).unwrap();
    assert_eq!((deriver.firm().height, log.firm_head().slot), (11, 5));
    assert_eq!((log.firm_head(), log.recent().count()), (log.head(), 0));
}

/// Two branches carry the same records in another order: what is canonical, and when, follows the branch.
#[test]
fn a_reorg_that_swaps_two_records_swaps_their_fate() {
    let (hosts, mut deriver) = (hosts(), following());
    let written = Written::honest(5, 10);
    let (first, second) = (written.item(1, 3), written.item(4, 5));
    let good = forge::branched(
        11,
        0,
        0,
        vec![forge::log_of(&[first.clone(), second.clone()])],
    );
    deriver.step(&good, &hosts).unwrap();
    assert_eq!(head(&deriver).0, 5);

    let gone = deriver.rewind(10).unwrap();
    assert_eq!(
        gone,
        [Truncated {
            process: PROCESS,
            last_slot: 0
        }]
    );
    let swapped = forge::branched(11, 1, 0, vec![forge::log_of(&[second, first])]);
    let step = deriver.step(&swapped, &hosts).unwrap();
    assert_eq!(head(&deriver), (3, written.chain(3)));
    assert_eq!(step.ignored[0].reason.code(), "5.6 gap");
}

#[test]
fn a_message_taken_back_by_a_reorg_may_stand_elsewhere() {
    let (hosts, mut deriver) = (hosts(), following());
    let written = Written::honest(2, 10);
    deriver
        .step(
            &forge::block(11, vec![forge::log_of(&[written.item(1, 2)])]),
            &hosts,
        )
        .unwrap();
    deriver.rewind(10).unwrap();
    let other = Written::of([forge::honest(2, 10)]);
    let block = forge::branched(11, 1, 0, vec![forge::log_of(&[other.item(1, 1)])]);
    let step = deriver.step(&block, &hosts).unwrap();
    assert_eq!(
        (step.extended.len(), head(&deriver)),
        (1, (1, other.chain(1)))
    );
}

#[test]
fn a_reorg_as_deep_as_settlement_is_followed_and_a_deeper_one_raises_the_alarm() {
    let (hosts, mut deriver) = (hosts(), following());
    for height in 11..=20 {
        deriver.step(&forge::block(height, vec![]), &hosts).unwrap();
    }
    let alarm = RewindError::TooDeep { to: 16, firm: 17 };
    assert_eq!(deriver.rewind(16), Err(alarm));
    assert_eq!(deriver.tip().height, 20);
    assert_eq!(
        deriver.rewind(21),
        Err(RewindError::Ahead { to: 21, tip: 20 })
    );
    deriver.rewind(17).unwrap();
    deriver
        .step(&forge::branched(18, 1, 0, vec![]), &hosts)
        .unwrap();
    // What was firm stays firm, however short the new branch is.
    assert_eq!((deriver.firm().height, deriver.tip().height), (17, 18));
    assert_eq!(deriver.rewind(16), Err(alarm));
}

#[test]
fn a_block_that_does_not_come_next_changes_nothing() {
    let (hosts, mut deriver) = (hosts(), following());
    let record = || vec![forge::log_of(&[Written::honest(1, 10).item(1, 1)])];
    let next = StepError::NotNext {
        expected: 11,
        found: 12,
    };
    assert_eq!(deriver.step(&forge::block(12, record()), &hosts), Err(next));
    let stray = forge::branched(11, 1, 1, record());
    let refused = deriver.step(&stray, &hosts);
    assert_eq!(refused, Err(StepError::OtherParent { height: 11 }));
    let mut unordered = forge::block(11, [record(), record()].concat());
    unordered.transactions.swap(0, 1);
    let refused = deriver.step(&unordered, &hosts);
    assert_eq!(refused, Err(StepError::Order { place: 0 }));
    assert_eq!((head(&deriver).0, deriver.tip().height), (0, 10));
}

/// A node that stops stores entries and blocks, and goes on from them as if it had never stopped.
#[test]
fn a_derivation_goes_on_from_stored_entries() {
    let (hosts, mut deriver) = (hosts(), following());
    let written = Written::honest(9, 10);
    let mut stored = Vec::new();
    let mut blocks = vec![deriver.tip()];
    for (height, first, last) in [(11, 1, 3), (12, 4, 4), (13, 5, 6), (14, 7, 8)] {
        let block = forge::block(height, vec![forge::log_of(&[written.item(first, last)])]);
        let step = deriver.step(&block, &hosts).unwrap();
        stored.extend(
            step.extended
                .into_iter()
                .flat_map(|extended| extended.entries),
        );
        blocks.push(block.as_ref());
    }
    let firm = deriver.firm().height;
    let recent: Vec<_> = blocks
        .into_iter()
        .filter(|block| block.height >= firm)
        .collect();
    let mut again = Deriver::resume(SMALL, recent).unwrap();
    let start = Start::of_spawn(PROCESS);
    let log = Log::restore(PROCESS, start, stored.clone(), firm, &SMALL).unwrap();
    assert_eq!(Some(&log), deriver.log(&PROCESS));
    again.follow(log).unwrap();
    assert_eq!((again.tip(), again.firm()), (deriver.tip(), deriver.firm()));
    for one in [&mut deriver, &mut again] {
        one.rewind(13).unwrap();
        let block = forge::branched(14, 1, 0, vec![forge::log_of(&[written.item(5, 9)])]);
        one.step(&block, &hosts).unwrap();
    }
    assert_eq!(again.log(&PROCESS), deriver.log(&PROCESS));

    for slot in 0..stored.len() {
        let mut damaged = stored.clone();
        damaged[slot].timestamp += 1;
        let fault = Log::restore(PROCESS, start, damaged, firm, &SMALL).unwrap_err();
        assert_eq!(fault.slot, slot as u64 + 1);
    }
}

#[test]
fn a_log_is_followed_once_and_never_from_ahead() {
    let (hosts, mut ahead) = (hosts(), following());
    let written = Written::honest(1, 10);
    ahead
        .step(
            &forge::block(11, vec![forge::log_of(&[written.item(1, 1)])]),
            &hosts,
        )
        .unwrap();
    let log = ahead.forget(&PROCESS).unwrap();
    assert!(ahead.log(&PROCESS).is_none());
    let mut behind = Deriver::new(SMALL, forge::firm_block());
    assert_eq!(
        behind.follow(log.clone()),
        Err(FollowError::Further(PROCESS))
    );
    ahead.follow(log.clone()).unwrap();
    assert_eq!(ahead.follow(log), Err(FollowError::Already(PROCESS)));
}

#[test]
fn what_cannot_be_gone_on_from_is_refused() {
    let at = |height| BlockRef {
        height,
        id: forge::block_id(height, 0),
    };
    let resumed = |blocks| Deriver::resume(SMALL, blocks).map(|deriver| deriver.firm().height);
    assert_eq!(resumed(vec![]), Err(ResumeError::NoBlock));
    assert_eq!(resumed(vec![at(1), at(3)]), Err(ResumeError::Heights(3)));
    assert_eq!(resumed((1..10).map(at).collect()), Ok(6));
    assert_eq!(Start::of_registered(PROCESS, 0, PROCESS), None);
}

/// Assignments of schedulers that write no log chain prove nothing, and neither does one without message.
#[test]
fn not_every_assignment_is_a_receipt() {
    let receipt = Written::honest(1, 10).receipt(1);
    assert!(Receipt::of(&receipt).is_ok());
    let without = |name: &str| {
        let tags = receipt
            .item()
            .tags()
            .iter()
            .filter(|(found, _)| *found != name);
        let nonce = |(found, value)| match (name, found) {
            ("Message", "Nonce") => (found, "0"),
            _ => (found, value),
        };
        let draft = Draft {
            tags: tags.map(nonce).collect(),
            ..Draft::default()
        };
        let item = draft.sign(&forge::host()).unwrap();
        Receipt::of(&Assignment::from_item(item).unwrap()).unwrap_err()
    };
    assert_eq!(without("Log-Chain"), NoReceipt::LogChain);
    assert_eq!(without("Message"), NoReceipt::Message);
}

#[test]
fn a_receipt_of_another_block_is_a_mistake_of_the_caller() {
    let (hosts, mut deriver) = (hosts(), following());
    let position = Position {
        height: 12,
        transaction: 0,
        item: 0,
        child: 1,
    };
    let receipt = Receipt::of(&Written::honest(1, 10).receipt(1)).unwrap();
    let block = forge::block(11, vec![]);
    let refused = deriver.step_with_receipts(&block, &hosts, vec![(position, receipt)]);
    assert_eq!(refused, Err(StepError::Elsewhere { position }));
}

/// A receipt in the place of a record spares nobody its lateness (2.8).
#[test]
fn what_receipts_bring_late_is_late() {
    let (hosts, mut deriver) = (hosts(), following());
    for height in 11..19 {
        deriver.step(&forge::block(height, vec![]), &hosts).unwrap();
    }
    let position = Position {
        height: 19,
        transaction: 0,
        item: 0,
        child: 1,
    };
    let receipt = Receipt::of(&Written::honest(1, 10).receipt(1)).unwrap();
    let block = forge::block(19, vec![]);
    let stepped = deriver.step_with_receipts(&block, &hosts, vec![(position, receipt)]);
    assert_eq!(stepped.unwrap().extended.len(), 1);
    let head = deriver.log(&PROCESS).unwrap().head();
    assert_eq!(head.late, 19 - (10 + SMALL.late_after));
}

/// Who has linked the blocks already steps one log over those blocks alone that name its process.
#[test]
fn a_log_alone_steps_over_the_blocks_that_name_it() {
    let (hosts, mut deriver) = (hosts(), following());
    let written = Written::honest(5, 10);
    let mining = |height, first, last| {
        forge::block(height, vec![forge::log_of(&[written.item(first, last)])])
    };
    let mut log = Log::begin(PROCESS, Start::of_spawn(PROCESS));
    for height in 11..=20 {
        let block = match height {
            12 => mining(12, 1, 3),
            19 => mining(19, 4, 4),
            _ => forge::block(height, vec![]),
        };
        let step = deriver.step(&block, &hosts).unwrap();
        if !step.extended.is_empty() {
            assert_eq!(log.step(&block, &hosts, &SMALL), Ok(step));
        }
    }
    log.settle(deriver.firm().height);
    assert_eq!(Some(&log), deriver.log(&PROCESS));

    let mut ahead = log.clone();
    ahead.step(&mining(21, 5, 5), &hosts, &SMALL).unwrap();
    assert_eq!((ahead.head().slot, log.head().slot), (5, 4));
    assert!(
        ahead.knows(&forge::honest(5, 10).message) && !log.knows(&forge::honest(5, 10).message)
    );
    let late = log.step(&mining(19, 5, 5), &hosts, &SMALL);
    let next = StepError::NotNext {
        expected: 20,
        found: 19,
    };
    assert_eq!((late, log.head().slot), (Err(next), 4));
}
