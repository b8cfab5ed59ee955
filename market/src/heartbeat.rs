//! `Heartbeat`: hot keys prove that they stand at the head of their logs, in anyone's message (5.12).

use std::collections::BTreeSet;

use serde_json::json;

use crate::amount;
use crate::court::Court;
use crate::keys;
use crate::message::{Child, Item};
use crate::outcome::{Judged, Refusal, Reply, demand};
use crate::pay;
use crate::spelling;

/// Heartbeats in one message at most.
const BEATS: usize = 64;

/// A heartbeat as its tags say it.
struct Beat<'a> {
    process: &'a str,
    epoch: u64,
    slot: u64,
    chain: &'a str,
    height: u64,
}

impl<'a> Beat<'a> {
    fn read(court: &Court, child: &'a Child) -> Option<Self> {
        let ours = child.says("Action", "Heartbeat") && child.says("Origin", &court.origin);
        let hash = |name: &str| child.tag(name).filter(|text| spelling::is_hash(text));
        let count = |name: &str| child.read(name, amount::read_count);
        Some(Self {
            process: hash("Process").filter(|_| ours)?,
            epoch: count("Epoch")?,
            slot: count("Slot")?,
            chain: hash("Log-Chain")?,
            height: count("Height")?,
        })
    }
}

pub(crate) fn heartbeat(court: &mut Court, item: &Item) -> Judged {
    let children = item.children();
    demand((1..=BEATS).contains(&children.len()), "5.12 items")?;
    let mut seen = BTreeSet::new();
    let mut proofs = Vec::with_capacity(children.len());
    for child in children {
        let beat = Beat::read(court, child).ok_or(Refusal("5.12 items"))?;
        demand(seen.insert(beat.process), "5.12 twice")?;
        proofs.push((judge(court, item, &child.owner, &beat)?, beat.height));
    }

    for (lease, height) in &proofs {
        pay::prove(court, *lease, *height, item.run);
    }
    Ok(Reply::fields(json!({"Proven": proofs.len()})))
}

/// The lease of which a heartbeat is a true one.
fn judge(court: &Court, item: &Item, key: &str, beat: &Beat<'_>) -> Result<u64, Refusal> {
    let known = court.processes.find(beat.process);
    let lease = known.and_then(|index| court.processes.get(index).lease);
    let lease = lease.ok_or(Refusal("5.12 hosted"))?;
    let operator = court.leases[&lease].operator;
    demand(keys::counts(court, operator, key, item.mined), "5.12 key")?;
    let epoch = known.map(|index| court.processes.get(index).epoch);
    let head = item.logs.get(beat.process);
    let head = head.filter(|head| Some(head.epoch) == epoch);
    let equal = head.is_some_and(|head| {
        (head.epoch, head.slot, head.chain.as_str()) == (beat.epoch, beat.slot, beat.chain)
    });
    demand(equal, "5.12 head")?;
    let oldest = item.mined.saturating_sub(court.parameters.publish_within);
    demand((oldest..=item.mined).contains(&beat.height), "5.12 height")?;
    Ok(lease)
}
