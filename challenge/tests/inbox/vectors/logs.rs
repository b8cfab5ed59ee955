//! What Origin sees of logs (2.8), and which hosts count (2.4, 5.6).

use aosec_challenge::derive::{Block, Transaction};
use aosec_wire::{Id, VerifiedItem};
use serde_json::{Value, json};

use super::shape::{Heard, Vector, case, item, tick};
use super::signed::{canonical, follows};
use crate::forge::{CUT, START, enclosing, inbox, letter, mail, origin, signed, user};
use crate::hosts::{self, PROCESS, Written, honest, host, log_of, next_host};

pub(super) const HOSTED: u64 = START + 1;
pub(super) const NEXT: u64 = START + 2;

pub(super) fn cases() -> Vec<Vector> {
    vec![
        same_block(),
        begins(),
        extended(
            "a record of the next block is seen in it",
            &[log_of(&[log().item(1, 2)])],
            named_in(NEXT, 2, Some(NEXT)),
        ),
        extended(
            "a record for no court is none of ours",
            &[log_of(&[foreign().item(1, 2)])],
            named_in(NEXT, 0, None),
        ),
        extended(
            "a receipt extends the log, and is no record",
            &[receipts(&[1], &[])],
            named_in(NEXT, 1, None),
        ),
        extended(
            "receipts stand by child",
            &[receipts(&[1, 2], &[])],
            named_in(NEXT, 2, None),
        ),
        extended(
            "a receipt beside a bad child does not count",
            &[receipts(&[1], &[kind_four()])],
            named_in(NEXT, 0, None),
        ),
        extended(
            "a record of a stranger's key does not count",
            &[log_of(&[log().by(next_host(), 0).item(1, 2)])],
            named_in(NEXT, 0, None),
        ),
        record_in_the_block_of_host(),
        child_names(),
        child_with_two_names(),
        sixty_four(64),
        sixty_four(65),
        wanted(),
        changed_key(),
        ended(),
        late(),
        registered(),
    ]
}

pub(super) fn log() -> Written {
    Written::of((1..=4).map(|slot| honest(slot, HOSTED))).under(origin())
}

fn foreign() -> Written {
    Written::of((1..=4).map(|slot| honest(slot, HOSTED)))
}

fn kind_four() -> VerifiedItem {
    signed(&aosec_wire::SigningKey::solana([8; 32]), None, &[], b"")
}

/// What the court says when it takes in the host: its key counts from there on.
fn host_says() -> String {
    let row = json!({"Process": PROCESS, "State": "Hosted", "Epoch": 0, "First": 1,
        "Operator": user(5).address(), "From": HOSTED});
    let key = json!({"Operator": user(5).address(), "Key": host().address(), "From": HOSTED});
    json!({"ok": true, "Hosting": [row], "Keys": [key]}).to_string()
}

pub(super) fn hosting() -> VerifiedItem {
    letter(100, &[("Say", &host_says())])
}

/// A message that names the process.
pub(super) fn naming(number: u64) -> VerifiedItem {
    letter(number, &[("Process", &PROCESS.to_string())])
}

/// `Log` with the head of the process: its slot, and where its newest record was mined.
pub(super) fn seen(slot: u64, mined: Option<u64>) -> Value {
    let chain = if slot == 0 {
        Id::sha256(PROCESS.as_bytes())
    } else {
        log().chain(slot)
    };
    let mut row = json!({"epoch": 0, "slot": slot, "chain": chain, "late": 0, "at": {}, "of": {}});
    if let Some(mined) = mined {
        row["mined"] = json!(mined);
    }
    json!({PROCESS.to_string(): row})
}

fn named_in(height: u64, slot: u64, mined: Option<u64>) -> Heard {
    item(&naming(1), 0, height, height).with_log(seen(slot, mined))
}

/// The court after the process was hosted.
pub(super) fn hosted(name: &str) -> Vector {
    case("2.8", name)
        .block(&mail(HOSTED, &[hosting()]))
        .hears(tick(2, HOSTED))
        .hears(item(&hosting(), 3, HOSTED, HOSTED).behind(1))
}

/// The transactions stand in the next block behind a message that names the process: heads are those after step (a).
fn extended(name: &str, transactions: &[Transaction], heard: Heard) -> Vector {
    let block = [&[inbox(&[naming(1)])][..], transactions].concat();
    let vector = hosted(name).block(&hosts::block(NEXT, block));
    let vector = vector.hears(tick(4, NEXT)).hears(Heard {
        slot: 5,
        ..heard.behind(1)
    });
    match transactions[0]
        .tags
        .iter()
        .any(|(name, _)| name == "Process")
    {
        true => vector.hears(receipt_item(transactions, 6)),
        false => vector,
    }
}

/// A transaction with one item that encloses receipts of these slots, and other children.
fn receipts(slots: &[u64], more: &[VerifiedItem]) -> Transaction {
    let receipts = slots.iter().map(|slot| log().receipt(*slot).item().clone());
    let children: Vec<_> = receipts.chain(more.iter().cloned()).collect();
    inbox(&[enclosing(&children, &[])])
}

/// What is heard of the item of [`receipts`]: its children name the process too.
fn receipt_item(transactions: &[Transaction], slot: u64) -> Heard {
    let items = aosec_wire::bundle::unbundle(
        transactions[0].data.clone(),
        aosec_wire::Strictness::Entrance,
    );
    let one = items.unwrap().remove(0).unwrap();
    let heard = item(&one, slot, NEXT, NEXT).behind(2);
    let children = aosec_wire::bundle::parse(one.data()).unwrap();
    let good = children.iter().all(|(id, _)| *id != kind_four().id());
    match good {
        true => {
            let ids: Vec<_> = children.iter().map(|(id, _)| json!(id)).collect();
            let slots = u64::try_from(ids.len()).unwrap();
            let mut logs = seen(slots, None);
            let row = &mut logs[PROCESS.to_string()];
            row["of"] = (1..=slots).map(|slot| of(slot, NEXT)).collect();
            let signed: Vec<_> = (1..=slots).map(|slot| canonical(slot, NEXT)).collect();
            let signed = follows(signed, false);
            heard
                .with_items(json!(ids))
                .with_log(logs)
                .with_signed(json!(signed))
        }
        false => heard.with_items(json!("2.5 child")),
    }
}

/// Where an honest message stands: a field of `of`.
fn of(slot: u64, mined: u64) -> (String, Value) {
    let place = json!({"slot": slot, "mined": mined, "epoch": 0, "virtual": false});
    (honest(slot, HOSTED).message.to_string(), place)
}

fn same_block() -> Vector {
    case(
        "2.8",
        "in the block of Host nothing is known of the log yet",
    )
    .block(&mail(HOSTED, &[hosting(), naming(1)]))
    .hears(tick(2, HOSTED))
    .hears(item(&hosting(), 3, HOSTED, HOSTED).behind(1))
    .hears(item(&naming(1), 4, HOSTED, HOSTED).behind(2))
}

fn begins() -> Vector {
    hosted("from the block after Host the log begins at its spawn")
        .block(&mail(NEXT, &[naming(1)]))
        .hears(tick(4, NEXT))
        .hears(Heard {
            slot: 5,
            ..named_in(NEXT, 0, None).behind(1)
        })
}

/// 5.6: records count from the block after that in which `Host` ran.
fn record_in_the_block_of_host() -> Vector {
    let block: Block = hosts::block(
        HOSTED,
        vec![inbox(&[hosting()]), log_of(&[log().item(1, 2)])],
    );
    case("5.6", "a record in the block of Host does not count")
        .block(&block)
        .hears(tick(2, HOSTED))
        .hears(item(&hosting(), 3, HOSTED, HOSTED).behind(1))
        .block(&mail(NEXT, &[naming(1)]))
        .hears(tick(4, NEXT))
        .hears(Heard {
            slot: 5,
            ..named_in(NEXT, 0, None).behind(1)
        })
}

fn naming_child(names: &[&str]) -> VerifiedItem {
    let tags: Vec<_> = names.iter().map(|name| ("Process", *name)).collect();
    enclosing(&[signed(&user(3), None, &tags, b"")], &[])
}

fn child_names() -> Vector {
    let one = naming_child(&[&PROCESS.to_string()]);
    let child = aosec_wire::bundle::parse(one.data()).unwrap()[0].0;
    hosted("a child names a process")
        .block(&mail(NEXT, std::slice::from_ref(&one)))
        .hears(tick(4, NEXT))
        .hears(
            item(&one, 5, NEXT, NEXT)
                .behind(1)
                .with_items(json!([child]))
                .with_log(seen(0, None)),
        )
}

fn child_with_two_names() -> Vector {
    let one = naming_child(&[&PROCESS.to_string(), "x"]);
    let child = aosec_wire::bundle::parse(one.data()).unwrap()[0].0;
    hosted("a child with two such tags names none")
        .block(&mail(NEXT, std::slice::from_ref(&one)))
        .hears(tick(4, NEXT))
        .hears(
            item(&one, 5, NEXT, NEXT)
                .behind(1)
                .with_items(json!([child])),
        )
}

/// The process and others that nobody knows, so many in all.
fn sixty_four(count: u8) -> Vector {
    let others = (1..count).map(|n| {
        let name = Id::new([n; 32]).to_string();
        signed(&user(3), None, &[("Process", name.as_str())], b"")
    });
    let others: Vec<_> = others.filter(|_| true).collect();
    let ids: Vec<_> = others.iter().map(|item| json!(item.id())).collect();
    let one = enclosing(&others, &[("Process", &Id::new([0; 32]).to_string())]);
    let heard = item(&one, 5, NEXT, NEXT).behind(1).with_items(json!(ids));
    // PROCESS is among the others: its bytes are sevens.
    let heard = match count {
        64 => heard.with_log(seen(0, None)),
        _ => heard,
    };
    hosted(&format!("a message that names {count} processes"))
        .block(&mail(NEXT, &[one]))
        .hears(tick(4, NEXT))
        .hears(heard)
}

fn wanted() -> Vector {
    let says = json!({"ok": true, "Want": [PROCESS, Id::new([9; 32])]}).to_string();
    let asks = letter(5, &[("Say", &says)]);
    hosted("a Tick sees the heads that the last outcome wanted, and the next one does not")
        .block(&mail(NEXT, &[letter(4, &[]), asks.clone()]))
        .hears(tick(4, NEXT))
        .hears(item(&letter(4, &[]), 5, NEXT, NEXT).behind(1))
        .hears(item(&asks, 6, NEXT, NEXT).behind(2))
        .block(&hosts::block(NEXT + 1, vec![log_of(&[log().item(1, 2)])]))
        .hears(tick(7, NEXT + 1).with_log(seen(2, Some(NEXT + 1))))
        .quiet(8, NEXT + 2..=NEXT + 2)
        .firm(4)
}

/// 4.3, 2.4: the old key counts up to a height, the new one from one on.
fn changed_key() -> Vector {
    let operator = user(5);
    let old = json!({"Operator": operator.address(), "Key": host().address(), "From": HOSTED, "To": NEXT + 1});
    let new = json!({"Operator": operator.address(), "Key": next_host().address(), "From": NEXT});
    let says = json!({"ok": true, "Keys": [old, new]}).to_string();
    let update = letter(5, &[("Say", &says)]);
    let record = |height, transaction: Transaction| hosts::block(height, vec![transaction]);
    hosted("a key counts in its time")
        .block(&mail(NEXT, std::slice::from_ref(&update)))
        .hears(tick(4, NEXT))
        .hears(item(&update, 5, NEXT, NEXT).behind(1))
        .block(&record(
            NEXT + 1,
            log_of(&[log().item(1, 1), log().by(next_host(), 0).item(2, 2)]),
        ))
        .hears(tick(6, NEXT + 1))
        .block(&record(NEXT + 2, log_of(&[log().item(1, 3)])))
        .hears(tick(7, NEXT + 2))
        .block(&mail(NEXT + 3, &[naming(1)]))
        .hears(tick(8, NEXT + 3))
        .hears(Heard {
            slot: 9,
            ..named_in(NEXT + 3, 2, Some(NEXT + 1)).behind(1)
        })
        .firm(6)
}

/// 5.7: up to and in block U + cut the host may extend the log; then the cut is shown.
fn ended() -> Vector {
    let row = json!({"Process": PROCESS, "State": "Unhosted", "Epoch": 0, "First": 1, "U": NEXT});
    let says = json!({"ok": true, "Hosting": [row]}).to_string();
    let end = letter(5, &[("Say", &says)]);
    let over = NEXT + CUT;
    let mut cut = seen(2, Some(over));
    cut[PROCESS.to_string()]["cut"] = json!({"slot": 2, "chain": log().chain(2)});
    let block = |height, slots: (u64, u64)| {
        hosts::block(
            height,
            vec![
                inbox(&[naming(height)]),
                log_of(&[log().item(slots.0, slots.1)]),
            ],
        )
    };
    let named = |height, slot, behind| item(&naming(height), slot, height, height).behind(behind);
    hosted("the cut falls in block U + cut")
        .block(&mail(NEXT, std::slice::from_ref(&end)))
        .hears(tick(4, NEXT))
        .hears(item(&end, 5, NEXT, NEXT).behind(1))
        .block(&block(NEXT + 1, (1, 1)))
        .hears(tick(6, NEXT + 1))
        .hears(named(NEXT + 1, 7, 1).with_log(seen(1, Some(NEXT + 1))))
        .quiet(8, NEXT + 2..=over - 1)
        .block(&block(over, (2, 2)))
        .hears(tick(11, over))
        .hears(named(over, 12, 1).with_log(with_late(cut.clone())))
        .block(&block(over + 1, (3, 3)))
        .hears(tick(13, over + 1))
        .hears(named(over + 1, 14, 1).with_log(with_late(cut)))
        .firm(10)
}

/// Slot 2 is stamped at `HOSTED`; `late_after` is 2; its record is mined in U + cut.
fn with_late(mut log: Value) -> Value {
    let late = NEXT + CUT - (HOSTED + 2);
    log[PROCESS.to_string()]["late"] = json!(late);
    log
}

fn late() -> Vector {
    let mut row = seen(1, Some(NEXT + 3));
    row[PROCESS.to_string()]["late"] = json!(NEXT + 3 - (HOSTED + 2));
    hosted("lateness adds up from late_after on")
        .quiet(4, NEXT..=NEXT + 2)
        .block(&hosts::block(
            NEXT + 3,
            vec![log_of(&[log().item(1, 1)]), inbox(&[naming(1)])],
        ))
        .hears(tick(7, NEXT + 3))
        .hears(
            item(&naming(1), 8, NEXT + 3, NEXT + 3)
                .behind(1)
                .with_log(row),
        )
        .firm(5)
}

/// 5.15: a registered process begins at its first slot, with the chain over its legacy chain.
fn registered() -> Vector {
    let legacy = Id::new([5; 32]);
    let mut row: Value = serde_json::from_str(&host_says()).unwrap();
    row["Hosting"][0]["First"] = json!(10);
    row["Hosting"][0]["Legacy"] = json!(legacy);
    let host = letter(100, &[("Say", &row.to_string())]);
    let chain = Id::sha256(&[PROCESS.as_bytes(), &legacy.as_bytes()[..]].concat());
    let head = json!({"epoch": 0, "slot": 9, "chain": chain, "late": 0, "at": {}, "of": {}});
    case("5.15", "a registered process begins at its first slot")
        .block(&mail(HOSTED, std::slice::from_ref(&host)))
        .hears(tick(2, HOSTED))
        .hears(item(&host, 3, HOSTED, HOSTED).behind(1))
        .block(&mail(NEXT, &[naming(1)]))
        .hears(tick(4, NEXT))
        .hears(
            item(&naming(1), 5, NEXT, NEXT)
                .behind(1)
                .with_log(json!({PROCESS.to_string(): head})),
        )
}
