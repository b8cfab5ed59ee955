//! Whatever the blocks hold, the messages depend on the blocks alone (PROTOCOL 2.7, 9.7, 9.8, 9.17).

#[path = "../derive/properties/seed.rs"]
#[allow(dead_code, reason = "not every way to draw is wanted here")]
mod seed;

use std::collections::BTreeSet;

use aosec_challenge::derive::{Block, Entry, Transaction};
use aosec_challenge::inbox::{Court, Track};
use aosec_wire::{Id, LogEntry, VerifiedItem};
use serde_json::{Value, json};

use self::seed::Draw;
use crate::clerk::Clerk;
use crate::forge::{self, DEPTH, START, inbox, inbox_of, letter, origin, start, user};
use crate::hosts::{self, PROCESS, Written, honest, host, log_of};

const ROUNDS: usize = 30;
const BLOCKS: u64 = 16;

/// A message for the hosted process.
fn any_post(draw: &mut Draw) -> VerifiedItem {
    let number = draw.from(0, 12).to_string();
    let tags = [
        ("Data-Protocol", "ao"),
        ("Type", "Message"),
        ("n", number.as_str()),
    ];
    forge::signed(&user(2), Some(PROCESS), &tags, b"")
}

/// What the court says of cases, and of the end of the lease.
fn any_word(draw: &mut Draw, height: u64) -> Value {
    let row = json!({"Process": PROCESS, "State": "Unhosted", "Epoch": 0, "First": 1, "U": height});
    let ends = draw.in_a_hundred(30);
    let hosting = if ends { vec![row] } else { vec![] };
    let state = ["Open", "Answered", "Closed", "Expired"][draw.index(4)];
    let case = json!({"Case": draw.from(1, 6), "Kind": "Liveness", "State": state, "Process": PROCESS,
        "Epoch": 0, "Message": any_post(draw).id()});
    json!({"ok": true, "Hosting": hosting, "Cases": [case], "Want": [PROCESS],
        "Sought": [[PROCESS, any_post(draw).id()]]})
}

/// A receipt of the host for a message, in any slot.
fn any_receipt(draw: &mut Draw) -> VerifiedItem {
    let slot = draw.from(1, 20);
    let log = Written::of((1..=20).map(|slot| honest(slot, START))).under(origin());
    let entry = LogEntry {
        message: any_post(draw).id(),
        ..honest(slot, START)
    };
    log.with(slot, entry).receipt(slot).item().clone()
}

/// An item of any of the kinds that matter.
fn any_item(draw: &mut Draw, height: u64) -> VerifiedItem {
    let number = draw.from(0, 40);
    let says = |text: &str| letter(number, &[("Say", text)]);
    match draw.from(0, 10) {
        8 => says(&any_word(draw, height).to_string()),
        9 => forge::enclosing(&[any_post(draw), any_receipt(draw)], &[]),
        10 => forge::enclosing(&[any_receipt(draw)], &[("Process", &PROCESS.to_string())]),
        0 => says("fail"),
        1 => says(r#"{"ok":false,"code":"2.4 unfunded","Unfunded":true}"#),
        2 => says(&json!({"ok": true, "Want": [PROCESS]}).to_string()),
        3 => letter(number, &[("Process", &PROCESS.to_string())]),
        4 => forge::enclosing(&[letter(number, &[]), forge::spawn()], &[]),
        5 => forge::bundle_of(b"broken", &[("n", &number.to_string())]),
        6 => forge::signed(&user(1), None, &[("n", &number.to_string())], b""),
        _ => letter(number, &[]),
    }
}

fn any_transactions(draw: &mut Draw, height: u64) -> Vec<Transaction> {
    let mut transactions: Vec<_> = (0..draw.from(0, 2))
        .map(|_| {
            let count = draw.from(0, 4);
            let items: Vec<_> = (0..count).map(|_| any_item(draw, height)).collect();
            inbox(&items)
        })
        .collect();
    if draw.in_a_hundred(60) {
        let count = draw.from(0, 4);
        let posts: Vec<_> = (0..count).map(|_| any_post(draw)).collect();
        transactions.push(inbox_of(&PROCESS.to_string(), &posts));
    }
    if draw.in_a_hundred(40) {
        let log = Written::of((1..=20).map(|slot| honest(slot, START))).under(origin());
        let last = draw.from(1, height - START + 1);
        transactions.push(log_of(&[log.item(1, last)]));
    }
    transactions
}

/// The start block hosts a process, so that there are heads to be seen.
fn first() -> Block {
    let row = json!({"Process": PROCESS, "State": "Hosted", "Epoch": 0, "First": 1,
        "Operator": user(5).address(), "From": START});
    let key = json!({"Operator": user(5).address(), "Key": host().address(), "From": START});
    let says = json!({"ok": true, "Hosting": [row], "Keys": [key]}).to_string();
    start(&[letter(100, &[("Say", &says)])])
}

fn any_chain(draw: &mut Draw) -> Vec<Block> {
    let mut chain = vec![first()];
    for height in START + 1..START + BLOCKS {
        chain.push(hosts::block(height, any_transactions(draw, height)));
    }
    chain
}

fn at_once(chain: &[Block]) -> Track<Clerk> {
    let mut track = forge::track();
    for block in chain {
        track.settled(block).unwrap();
    }
    track
}

/// The same chain with other branches tried and left between.
fn with_reorgs(chain: &[Block], draw: &mut Draw) -> Track<Clerk> {
    let mut track = forge::track();
    for block in chain {
        if draw.in_a_hundred(40) && block.height > START {
            stray(&mut track, block.height, draw);
        }
        track.step(block.clone()).unwrap();
    }
    track
}

/// Follows another branch for as many blocks as a reorg may take back, then goes back.
fn stray(track: &mut Track<Clerk>, height: u64, draw: &mut Draw) {
    let firm = track.firm().0.tip().height;
    let depth = u64::try_from(DEPTH).unwrap();
    // As many blocks as leave the fork firm at most.
    let longest = (firm + depth).saturating_sub(height - 1);
    for (before, height) in (height..height + longest).enumerate() {
        let before = u8::from(before > 0);
        let block = hosts::branched(height, 1, before, any_transactions(draw, height));
        track.step(block).unwrap();
    }
    track.rewind(height - 1).unwrap();
}

/// The same items in the same order, in other transactions.
fn split_otherwise(block: &Block, draw: &mut Draw) -> Block {
    let mut transactions = Vec::new();
    for transaction in &block.transactions {
        let is_inbox = transaction.tags.iter().any(|(name, _)| name == "Process");
        let items = aosec_wire::bundle::unbundle(
            transaction.data.clone(),
            aosec_wire::Strictness::Entrance,
        );
        let items: Vec<_> = items.unwrap().into_iter().map(Result::unwrap).collect();
        if !is_inbox || block.height == START {
            transactions.push(transaction.clone());
            continue;
        }
        let size = usize::try_from(draw.from(1, 3)).unwrap();
        let names = transaction.tags.iter();
        let process = names.filter(|(name, _)| name == "Process");
        let process: Vec<_> = process.map(|(_, value)| value.clone()).collect();
        let process = std::str::from_utf8(&process[0]).unwrap();
        transactions.extend(items.chunks(size).map(|items| inbox_of(process, items)));
    }
    hosts::block(block.height, transactions)
}

#[test]
fn equal_blocks_give_equal_messages_however_they_come() {
    let mut draw = Draw::new();
    for _ in 0..ROUNDS {
        let chain = any_chain(&mut draw);
        let settled = at_once(&chain);
        let expected = &settled.firm().1.heard;
        let stepped = forge::over(&chain);
        assert!(*expected == stepped.soft().1.heard, "step by step");
        let reorged = with_reorgs(&chain, &mut draw);
        assert!(*expected == reorged.soft().1.heard, "with reorgs");
        assert!(
            expected.starts_with(&reorged.firm().1.heard),
            "firm is a part of it"
        );
        let split: Vec<_> = chain
            .iter()
            .map(|block| split_otherwise(block, &mut draw))
            .collect();
        let split = at_once(&split);
        assert!(*expected == split.firm().1.heard, "in other transactions");
        let log = |court: &Court| court.logs().unwrap().log(&PROCESS).cloned();
        let of_process = log(settled.firm().0);
        assert!(of_process.is_some());
        let others = [stepped.soft().0, reorged.soft().0, split.firm().0];
        assert!(others.into_iter().all(|court| log(court) == of_process));
    }
}

/// 9.6, 9.7, 5.6: each block puts slots behind those that were there, none twice and none for a message that has one.
#[test]
fn a_log_grows_at_its_end_alone() {
    let mut draw = Draw::new();
    let mut virtual_slots = 0;
    for _ in 0..ROUNDS {
        let mut track = forge::track();
        let mut log: Vec<Entry> = Vec::new();
        for block in any_chain(&mut draw) {
            let stepped = track.settled(&block).unwrap();
            let signed = stepped
                .logs
                .extended
                .into_iter()
                .flat_map(|run| run.entries);
            let ordered = stepped.virtual_slots.iter().map(|slot| slot.entry);
            log.extend(signed.chain(ordered));
            virtual_slots += stepped.virtual_slots.len();
        }
        let start = Id::sha256(PROCESS.as_bytes());
        let (mut chain, mut time, mut mined) = (start, 0, 0);
        for (slot, entry) in (1..).zip(&log) {
            let content = LogEntry {
                message: entry.message,
                height: entry.height,
                timestamp: entry.timestamp,
            };
            chain = content.chain_after(chain);
            assert_eq!((entry.slot, entry.chain), (slot, chain));
            assert!(entry.timestamp > time && entry.mined >= mined);
            (time, mined) = (entry.timestamp, entry.mined);
        }
        let ids: BTreeSet<_> = log.iter().map(|entry| entry.message).collect();
        assert_eq!(ids.len(), log.len());
    }
    assert!(virtual_slots > ROUNDS, "only {virtual_slots}");
}

/// A longer way back than a reorg may take is refused at every height, and leaves everything as it was.
#[test]
fn no_firm_block_is_taken_back() {
    let mut draw = Draw::new();
    let chain = any_chain(&mut draw);
    let mut track = forge::over(&chain);
    let before = track.soft().1.clone();
    let firm = track.firm().0.tip().height;
    assert_eq!(firm + u64::try_from(DEPTH).unwrap(), START + BLOCKS - 1);
    for height in START - 1..firm {
        assert!(track.rewind(height).is_err(), "{height}");
    }
    assert!(track.rewind(START + BLOCKS).is_err(), "above the tip");
    assert!(before == *track.soft().1);
    track.rewind(firm).unwrap();
    assert!(track.soft().1.heard == track.firm().1.heard);
}

#[test]
fn slots_are_whole_and_ids_run_once() {
    let mut draw = Draw::new();
    for _ in 0..ROUNDS {
        let track = at_once(&any_chain(&mut draw));
        let heard: Vec<Value> = track
            .firm()
            .1
            .heard
            .iter()
            .map(|json| serde_json::from_slice(json).unwrap())
            .collect();
        let slots: Vec<_> = heard
            .iter()
            .map(|value| value["Nonce"].as_u64().unwrap())
            .collect();
        assert!(slots.iter().copied().eq(0..slots.len() as u64));
        let times: Vec<_> = heard
            .iter()
            .map(|value| value["Timestamp"].as_u64().unwrap())
            .collect();
        assert!(times.windows(2).all(|pair| pair[0] < pair[1]));
        let ids: BTreeSet<_> = heard
            .iter()
            .map(|value| value["Id"].as_str().unwrap())
            .collect();
        assert_eq!(ids.len(), heard.len());
    }
}
