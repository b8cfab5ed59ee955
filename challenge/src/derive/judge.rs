//! The rule of PROTOCOL 5.6: whether a record or receipt extends a log, with the stamps of 5.4 and the cut of 5.7.
//!
//! It is whole or nothing, and the cheap questions come first: the signature is looked at last, so that garbage costs little.
//! The order of the questions fixes which reason is given; the verdict does not depend on it.

use std::collections::BTreeSet;

use aosec_wire::{Id, LogEntry};

use super::claim::Claim;
use super::hosts::{Hosts, Tenure};
use super::log::{Entry, Log, LogHead};
use super::reason::{Reason, StampFault};
use super::transaction::is_law_kind;

/// How far a stamped time may lie after the time of the block that mines it, in milliseconds (5.4).
const AHEAD_MS: u64 = 3_600_000;

/// The block in which something was mined.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mined {
    pub(super) height: u64,
    pub(super) time_s: u64,
}

/// The new slots that the claim brings, or why it brings none.
pub(super) fn judge(
    log: &Log,
    hosts: &impl Hosts,
    claim: &Claim,
    mined: Mined,
    cut: u64,
) -> Result<Vec<Entry>, Reason> {
    let epoch = claim.epoch();
    let tenure = hosts.tenure(&claim.process(), epoch);
    let (origin, tenure) = tenure.ok_or(Reason::NoTenure { epoch })?;
    check_tenure(&tenure, mined.height, cut)?;
    check_key(&tenure, claim, mined.height)?;
    check_slots(log.head(), &tenure, claim)?;
    let new = new_part(log.head(), claim)?;
    let entries = check_entries(log, epoch, new, mined)?;
    if entries.last().map(|entry| entry.chain) != Some(claim.last_chain()) {
        return Err(Reason::Chain);
    }
    claim.verify(origin)?;
    Ok(entries)
}

fn check_tenure(tenure: &Tenure, mined: u64, cut: u64) -> Result<(), Reason> {
    let from_height = tenure.from_height;
    if mined < from_height {
        return Err(Reason::BeforeTenure { from_height });
    }
    match tenure.ended.map(|ended| ended.saturating_add(cut)) {
        Some(cut_height) if mined > cut_height => Err(Reason::AfterCut { cut_height }),
        _ => Ok(()),
    }
}

fn check_key(tenure: &Tenure, claim: &Claim, mined: u64) -> Result<(), Reason> {
    let signer = claim.signer();
    match tenure.key_counts(&signer, mined) {
        None => Err(Reason::ForeignKey { signer }),
        Some(false) => Err(Reason::KeyNotValid { signer }),
        Some(true) if !is_law_kind(claim.kind()) => Err(Reason::KeyKind(claim.kind())),
        Some(true) => Ok(()),
    }
}

fn check_slots(head: &LogHead, tenure: &Tenure, claim: &Claim) -> Result<(), Reason> {
    let (slot, first_slot, head) = (claim.first_slot(), tenure.first_slot, head.slot);
    if slot < first_slot {
        return Err(Reason::BeforeEpoch { slot, first_slot });
    }
    if slot > head + 1 {
        return Err(Reason::Gap { slot, head });
    }
    match claim.last_slot() <= head {
        true => Err(Reason::NothingNew { head }),
        false => Ok(()),
    }
}

/// The entries behind the head. What the claim repeats agrees with the log iff it leads to the chain at the head, because the
/// chain commits to every slot before: so nothing older than the head has to be kept to judge by.
fn new_part<'a>(head: &LogHead, claim: &'a Claim) -> Result<&'a [LogEntry], Reason> {
    let repeated = usize::try_from(head.slot + 1 - claim.first_slot())
        .expect("the claim reaches behind the head, so it repeats less than it holds");
    let (repeated, new) = claim.entries().split_at(repeated);
    let before = claim.previous_chain().unwrap_or(head.chain);
    let reached = repeated
        .iter()
        .fold(before, |chain, entry| entry.chain_after(chain));
    let head_slot = head.slot;
    match (reached == head.chain, repeated.is_empty()) {
        (true, _) => Ok(new),
        (false, true) => Err(Reason::PreviousChain { head: head_slot }),
        (false, false) => Err(Reason::Disagrees { head: head_slot }),
    }
}

fn check_entries(
    log: &Log,
    epoch: u64,
    new: &[LogEntry],
    mined: Mined,
) -> Result<Vec<Entry>, Reason> {
    let mut before = Entry::at_head(log.head());
    let mut seen = BTreeSet::new();
    let mut entries = Vec::with_capacity(new.len());
    for entry in new {
        let slot = before.slot + 1;
        check_stamp(&before, entry, mined).map_err(|fault| Reason::Stamp { slot, fault })?;
        check_message(log, &mut seen, slot, entry.message)?;
        before = Entry {
            slot,
            message: entry.message,
            height: entry.height,
            timestamp: entry.timestamp,
            chain: entry.chain_after(before.chain),
            mined: mined.height,
            epoch,
        };
        entries.push(before);
    }
    Ok(entries)
}

fn check_stamp(before: &Entry, entry: &LogEntry, mined: Mined) -> Result<(), StampFault> {
    // A block's time is far below where this would saturate.
    let latest = mined.time_s.saturating_mul(1_000).saturating_add(AHEAD_MS);
    if entry.height < before.height {
        return Err(StampFault::HeightBack);
    }
    if entry.height > mined.height {
        return Err(StampFault::HeightAhead);
    }
    if entry.timestamp <= before.timestamp {
        return Err(StampFault::TimeBack);
    }
    match entry.timestamp > latest {
        true => Err(StampFault::TimeAhead),
        false => Ok(()),
    }
}

fn check_message(log: &Log, seen: &mut BTreeSet<Id>, slot: u64, message: Id) -> Result<(), Reason> {
    match log.knows(&message) || !seen.insert(message) {
        true => Err(Reason::KnownMessage { slot, message }),
        false => Ok(()),
    }
}
