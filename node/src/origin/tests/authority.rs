//! Whom a process listens to that leaves it to its court (5.17): the keys that count at the block below each slot's stamp, the same for
//! whoever computes the log, at once or a year later.

use aosec_wire::LogEntry;

use super::hosting::{funded_and_taken, spawned_under_court};
use super::orphan::{Ordered, unit};
use super::*;
use crate::cu::source::Derived;
use crate::follow::tests::author;

/// What the process answers to a probe: whom it trusts now.
const PROBE: &str = "Handlers.add('probe', function(m) return m.Action == 'Probe' end, function(m) \
    print('I trust ' .. table.concat(ao.authorities, ' ') .. '.') end)";

fn process() -> VerifiedItem {
    spawned_under_court(&[("Authority", &origin().to_string())])
}

/// A probe by alice herself, or, by an authority key, in the name of a process.
fn probe(by: &SigningKey, number: u64) -> VerifiedItem {
    let mut tags = Tags::new()
        .with("Data-Protocol", "ao")
        .with("Type", "Message")
        .with("Action", "Probe")
        .with("Number", number.to_string());
    if by.address() != alice().address() {
        tags = tags.with("From-Process", Id::new([7; 32]).to_string());
    }
    let draft = Draft {
        target: Some(process().id()),
        tags,
        ..Draft::default()
    };
    draft.sign_deterministic(by).unwrap()
}

fn eval() -> VerifiedItem {
    let tags = Tags::new()
        .with("Data-Protocol", "ao")
        .with("Type", "Message")
        .with("Action", "Eval");
    let draft = Draft {
        target: Some(process().id()),
        tags,
        data: PROBE.into(),
        ..Draft::default()
    };
    draft.sign_deterministic(&alice()).unwrap()
}

fn authorize(number: u8, authority: &SigningKey) -> VerifiedItem {
    let [owner, operator, _hot] = operator(number);
    let (of, under) = (owner.address(), operator.address());
    let draft = messages::authorize(of, under, authority, origin()).unwrap();
    draft.sign_deterministic(&owner).unwrap()
}

fn revoke(number: u8, authority: &SigningKey) -> VerifiedItem {
    let draft = messages::revoke(origin(), authority.address());
    draft.sign_deterministic(&operator(number)[1]).unwrap()
}

/// Bonds with an authority key each, and the process hosted; gives the height of the lease.
async fn hosted(chain: &Loopback, keys: [&SigningKey; 2]) -> u64 {
    let mut begins = start();
    begins.extend([authorize(10, keys[0]), authorize(20, keys[1])]);
    post(chain, &begins).await;
    mine(chain, 4).await;
    post(chain, &funded_and_taken(&process(), &operator(10)[1], &[])).await;
    mine(chain, 1).await
}

/// What each slot has printed.
async fn said(bench: &Bench, chain: &Loopback, slots: u64) -> Vec<String> {
    let derived = Arc::new(Derived::new(bench.follow.clone(), chain.gateway()));
    let cu = unit(bench, derived).await;
    let mut said = Vec::new();
    for slot in 0..=slots {
        let outcome = cu.at_slot(process().id(), slot).await.unwrap();
        let json: serde_json::Value = serde_json::from_str(&outcome.json).unwrap();
        let root = Id::new(outcome.root);
        said.push(format!("{} {root}", json["Output"]["data"]));
    }
    said
}

/// The keys that a slot has named, if it has; in which order the process keeps them is its own affair.
fn trusted(line: &str) -> Option<Vec<&str>> {
    let (_, keys) = line.split_once("I trust ")?;
    let (keys, _) = keys.split_once('.')?;
    let mut keys: Vec<_> = keys.split(' ').collect();
    keys.sort_unstable();
    Some(keys)
}

fn named<'a>(keys: &[&'a SigningKey]) -> Vec<&'a str> {
    let mut keys: Vec<_> = keys.iter().map(|key| key.address().as_str()).collect();
    keys.sort_unstable();
    keys
}

#[tokio::test]
async fn a_process_listens_to_the_operators_of_its_court_whoever_they_are_by_then() {
    let chain = Loopback::start(Vec::new()).await;
    let bench = Bench::open(&chain).await;
    let [old, other, new, stranger] = [50, 51, 52, 53].map(key);
    let hosted = hosted(&chain, [&old, &other]).await;
    let time = chain.gateway().tip().await.unwrap().time_s * 1_000;
    post(&chain, &[authorize(10, &new), revoke(10, &old)]).await;
    let changed = mine(&chain, 1).await;
    // Blocks that count lie DEPTH below the stamps.
    let slots = [
        (eval(), hosted, None),
        (probe(&alice(), 2), hosted, Some(vec![&old, &other])),
        (probe(&old, 3), changed, Some(vec![&old, &other])),
        (probe(&stranger, 4), changed, None),
        (probe(&new, 5), changed, None),
        (
            probe(&old, 6),
            changed + DEPTH,
            Some(vec![&old, &other, &new]),
        ),
        (
            probe(&new, 7),
            changed + DEPTH + 1,
            Some(vec![&other, &new]),
        ),
        (probe(&old, 8), changed + DEPTH + 1, None),
    ];
    let entries = (1..)
        .zip(&slots)
        .map(|(slot, (message, height, _))| LogEntry {
            message: message.id(),
            height: *height,
            timestamp: time + slot,
        });
    let ordered = Ordered {
        process: process().id(),
        entries: entries.collect(),
    };
    mine(&chain, 2).await;
    let messages = slots.iter().map(|(message, ..)| message.clone());
    let data: Vec<_> = [process()].into_iter().chain(messages).collect();
    author::post(&chain, Format::Two, "Data", &data).await;
    author::post(&chain, Format::One, "Log", &[ordered.record()]).await;
    let tip = mine(&chain, 2).await;
    bench.until(tip).await;
    let heard = said(&bench, &chain, 8).await;
    for (number, (_, _, wanted)) in (1..).zip(&slots) {
        let wanted = wanted.as_ref().map(|keys| named(keys));
        let line: &String = &heard[number];
        assert_eq!(trusted(line), wanted, "slot {number}: {line}");
    }
    // Later keys change nothing of what was computed, nor of what is computed anew.
    post(&chain, &[authorize(20, &stranger), revoke(20, &other)]).await;
    let tip = mine(&chain, 3).await;
    let fresh = Bench::open(&chain).await;
    fresh.until(tip).await;
    assert_eq!(said(&fresh, &chain, 8).await, heard);
}
