//! `Report`: faults that two signatures prove, judged on the spot (6, 6.1).

use std::collections::BTreeMap;

use serde_json::json;

use super::case::Amount;
use super::house::{House, Lease};
use super::paper::{Paper, Signed};
use super::penalty::{self, Bounty, Pending};
use super::{Docket, Judged, Refused, demand, publication};

/// Reporters of one fault at most.
const REPORTERS: usize = 16;

/// What is reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// Two contents for one slot.
    Double,
    /// A chain that does not follow.
    Chain,
    /// An epoch that the operator never held.
    Tenure,
}

/// The same fault twice changes nothing (6.1).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct FaultKey {
    fault: Fault,
    operator: String,
    process: String,
    epoch: u64,
}

/// A fault that was reported.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Found {
    first: u64,
    slashed: Amount,
    reporters: Vec<String>,
}

/// All faults that were reported.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Faults(BTreeMap<FaultKey, Found>);

impl Faults {
    pub(super) fn reporters(&self, key: &FaultKey) -> Option<Vec<String>> {
        self.0.get(key).map(|found| found.reporters.clone())
    }
}

impl Fault {
    fn named(name: &str) -> Option<Self> {
        match name {
            "Double" => Some(Self::Double),
            "Chain" => Some(Self::Chain),
            "Tenure" => Some(Self::Tenure),
            _ => None,
        }
    }
}

/// A fault that is proven.
struct Proof {
    key: FaultKey,
    /// The lease at fault; none for an epoch without one.
    lease: Option<Lease>,
}

pub(super) fn report(docket: &mut Docket, house: &mut dyn House, paper: &Paper) -> Judged {
    let fault = paper.tag("Fault").and_then(Fault::named);
    let fault = fault.ok_or(Refused("6 fault"))?;
    let process = paper.process().filter(|id| house.begins(id).is_some());
    let process = process.ok_or(Refused("5.12 process"))?;
    let proof = prove(house, paper, fault, process)?;
    let window = house.rules().bounty_window;
    let joined = join(docket, paper, &proof.key, window)?;

    let slashed = match joined {
        Some(slashed) => slashed,
        None => convict(docket, house, paper, &proof),
    };
    let key = proof.key;
    Ok(json!({
        "Operator": key.operator, "Process": key.process, "Epoch": key.epoch,
        "Slashed": slashed.to_string(), "Joined": joined.is_some(),
    }))
}

fn prove(house: &dyn House, paper: &Paper, fault: Fault, process: &str) -> Result<Proof, Refused> {
    let slot = match fault {
        Fault::Tenure => 0,
        Fault::Double | Fault::Chain => paper.count("Slot").ok_or(Refused("6 slot"))?,
    };
    let signed = signed(paper, fault, process)?;
    let operator = operator(house, &signed)?;
    let epoch = signed[0].epoch;
    let lease = match fault {
        Fault::Tenure => None,
        Fault::Double | Fault::Chain => Some(lease(house, paper, &signed, &operator)?),
    };
    let lawful = house.begins(process).is_some_and(|begins| slot >= begins);
    let shows = match fault {
        Fault::Double | Fault::Chain if !lawful => false,
        Fault::Double => is_double(signed[0], signed[1], slot),
        Fault::Chain => is_broken(signed[0], signed[1], slot),
        Fault::Tenure => is_without_tenure(house, signed[0], &operator),
    };
    demand(shows, "6 evidence")?;
    let key = FaultKey {
        fault,
        operator,
        process: process.to_owned(),
        epoch,
    };
    Ok(Proof { key, lease })
}

/// Two receipts or records of the process, or one.
fn signed<'a>(paper: &'a Paper, fault: Fault, process: &str) -> Result<Vec<&'a Signed>, Refused> {
    let asked = if fault == Fault::Tenure { 1 } else { 2 };
    let all = paper.enclosed.iter().map(|one| one.signed.as_ref());
    let all: Option<Vec<&Signed>> = all.collect();
    let own = |all: &Vec<&Signed>| {
        all.len() == asked && all.iter().all(|signed| signed.process == process)
    };
    all.filter(own).ok_or(Refused("6 items"))
}

/// The one operator whose hot keys have signed.
fn operator(house: &dyn House, signed: &[&Signed]) -> Result<String, Refused> {
    let first = house.signer(&signed[0].signer);
    let first = first.ok_or(Refused("6 signer"))?;
    let mut all = signed.iter().map(|signed| house.signer(&signed.signer));
    let same = all.all(|operator| operator.as_ref() == Some(&first));
    demand(same, "6 signer")?;
    Ok(first)
}

fn lease(
    house: &dyn House,
    paper: &Paper,
    signed: &[&Signed],
    operator: &str,
) -> Result<Lease, Refused> {
    let (process, epoch) = (signed[0].process.as_str(), signed[0].epoch);
    let one = signed.iter().all(|signed| signed.epoch == epoch);
    let lease = publication::lease(house, process, epoch, paper.mined);
    let own = |lease: &Lease| one && lease.operator == operator;
    lease.filter(own).ok_or(Refused("6 epoch"))
}

/// Equal contents under two signatures are no fault (6.1).
fn is_double(first: &Signed, second: &Signed, slot: u64) -> bool {
    match (first.entries.get(&slot), second.entries.get(&slot)) {
        (Some(first), Some(second)) => first != second,
        _ => false,
    }
}

fn is_broken(first: &Signed, second: &Signed, slot: u64) -> bool {
    let there = first.entries.contains_key(&slot) && second.entries.contains_key(&(slot + 1));
    there && second.follows == Some(false)
}

/// Never for epoch 0 under the `Scheduler` of the spawn, who signs before `Host` (5.11).
fn is_without_tenure(house: &dyn House, signed: &Signed, operator: &str) -> bool {
    let process = signed.process.as_str();
    let held = house.holder(process, signed.epoch).as_deref() == Some(operator);
    let scheduler = house.scheduler(process).as_ref() == Some(&signed.signer);
    let allowed = held || (signed.epoch == 0 && scheduler);
    !allowed
}

/// If the fault is known: joins its reporters, and says what it cost.
fn join(
    docket: &mut Docket,
    paper: &Paper,
    key: &FaultKey,
    window: u64,
) -> Result<Option<Amount>, Refused> {
    let Some(found) = docket.faults.0.get_mut(key) else {
        return Ok(None);
    };
    demand(paper.run <= found.first + window, "6.1 late")?;
    demand(found.reporters.len() < REPORTERS, "6.1 full")?;
    demand(!found.reporters.contains(&paper.owner), "6.1 twice")?;

    found.reporters.push(paper.owner.clone());
    Ok(Some(found.slashed))
}

/// The first report: slash, end of the lease, tombstone; what was slashed.
fn convict(docket: &mut Docket, house: &mut dyn House, paper: &Paper, proof: &Proof) -> Amount {
    let key = &proof.key;
    let wanted = wanted(house, proof);
    let slashed = house.slash(
        &key.operator,
        proof.lease.as_ref().map(|l| l.number),
        wanted,
    );
    let to = Bounty::Report(key.clone());
    let pending = Pending::new(&key.process, &key.operator, slashed, to);
    penalty::wait(docket, house, pending, paper.run);
    let live = proof.lease.as_ref().filter(|lease| lease.ended.is_none());
    if let Some(lease) = live {
        house.unhost(lease.number, paper.run, None);
    }
    if key.fault == Fault::Double {
        house.tombstone(&key.operator);
    }
    let found = Found {
        first: paper.run,
        slashed,
        reporters: vec![paper.owner.clone()],
    };
    docket.faults.0.insert(key.clone(), found);
    slashed
}

/// All of the allocation, of a double assignment with a tenth of the rest of the bond; without tenure a tenth of the bond (6, 4.5).
fn wanted(house: &dyn House, proof: &Proof) -> Amount {
    let bond = house.bond(&proof.key.operator);
    let allocation = proof.lease.as_ref().map_or(0, |lease| lease.allocation);
    match proof.key.fault {
        Fault::Double => allocation + bond.saturating_sub(allocation) / 10,
        Fault::Chain => allocation,
        Fault::Tenure => bond / 10,
    }
}
