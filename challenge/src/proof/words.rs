//! What a proof says: of leases and slots, of what it proves alone, and of what it leaves open.

use aosec_wire::Id;

use super::{Joined, Name, Proof, Rests, Step};
use crate::derive::{Entry, Receipt};
use crate::inbox::Lease;

/// What the court is said to know of a lease.
pub(super) fn lease(lease: &Lease, cut: u64) -> Step {
    let tenure = &lease.tenure;
    let keys = tenure.keys.iter().map(|key| match key.until {
        Some(until) => format!("{} (blocks {} to {until})", key.address, key.from),
        None => format!("{} (from block {})", key.address, key.from),
    });
    let keys = keys.collect::<Vec<_>>().join(", ");
    let end = match tenure.ended {
        Some(ended) => format!("ended at U = {ended}, cut at {}", ended.saturating_add(cut)),
        None => "has not ended".to_owned(),
    };
    let cases = match lease.forced.as_slice() {
        [] => String::new(),
        forced => {
            let forced = forced
                .iter()
                .map(|(number, message)| format!("{number} for {message}"));
            format!(
                " Cases unfinished at its end: {}.",
                forced.collect::<Vec<_>>().join(", ")
            )
        }
    };
    let says = format!(
        "By the word of the court, epoch {} began at slot {}, counts from block {} on, and {end}; its keys: {keys}.{cases}",
        lease.epoch, tenure.first_slot, tenure.from_height
    );
    Step::new(Name::Court, says)
}

impl Joined {
    /// The log chain at the slot before the first one.
    pub(super) fn chain(&self, process: Id) -> Id {
        Id::sha256_of(&[process.as_bytes(), self.legacy.as_bytes()])
    }
}

/// How a process came under its court.
pub(super) fn joined(joined: &Joined, process: Id) -> Step {
    let before = joined.first.saturating_sub(1);
    let says = format!(
        "By the word of the court, its owner registered it from slot {} on; what lies before is outside the law.",
        joined.first
    );
    Step::new(Name::Court, says)
        .hash(
            format!("legacy chain at slot {before}, as Register named it"),
            joined.legacy,
        )
        .hash(
            format!("log chain at slot {before} = H(process ‖ legacy chain)"),
            joined.chain(process),
        )
}

/// What a case about data has come to.
pub(super) fn emptied(case: u64, entry: &Entry) -> Step {
    let says = format!(
        "By the word of the court, case {case} has emptied slot {}: nobody showed the message {} in time, and it does not run, for ever.",
        entry.slot, entry.message
    );
    Step::new(Name::Emptied, says)
}

/// The slot, and how its chain comes about.
pub(super) fn slot(entry: &Entry, before: Id) -> Step {
    let says = format!(
        "Slot {} of epoch {} holds the message {}, stamped height {} and time {}, canonical since block {}.",
        entry.slot, entry.epoch, entry.message, entry.height, entry.timestamp, entry.mined
    );
    Step::new(Name::Slot, says)
        .hash(
            format!("log chain at slot {}", entry.slot.saturating_sub(1)),
            before,
        )
        .hash("message", entry.message)
        .hash(
            format!(
                "log chain at slot {} = H(chain before ‖ message ‖ height ‖ timestamp)",
                entry.slot
            ),
            entry.chain,
        )
}

/// A receipt in a few words.
pub(super) fn of(receipt: &Receipt) -> String {
    format!(
        "slot {} of epoch {} of {} with message {} and chain {}",
        receipt.slot(),
        receipt.epoch(),
        receipt.process(),
        receipt.entry().message,
        receipt.chain()
    )
}

impl Proof {
    /// What was shown, in a sentence.
    #[must_use]
    pub fn proves(&self) -> String {
        let Entry { slot, message, .. } = &self.entry;
        let proven = match self.rests {
            Rests::OnRecord => format!(
                "The host's key signed a log that has message {message} in slot {slot}, and transactions of the base layer carry it: whoever \
                 shows another message there under the same key has shown that the host signed two histories."
            ),
            Rests::OnBaseLayer => format!(
                "By the law's order of the transactions in this file, message {message} has slot {slot}; nobody signed it, and everybody \
                 who has the same blocks computes the same."
            ),
            Rests::OnPromise => format!(
                "The host's key promised slot {slot} to message {message}: if the log does not show it in time, that is the evidence."
            ),
        };
        match self.emptied {
            Some(case) => {
                format!("{proven} By case {case} the slot is empty: the message never runs.")
            }
            None => proven,
        }
    }

    /// What a file cannot show alone, sentence by sentence.
    #[must_use]
    pub fn leaves_open(&self) -> Vec<&'static str> {
        const CHAIN: &str = "That these blocks are the base layer's: ids and times of blocks, and what stands in them in which order, are \
             the word of whoever made the file. Compare with --block-hash, or with a gateway that you trust by --gateway.";
        const FIELDS: &str = "How the signed bytes of a format-1 transaction are cut into fields: its signature covers them without marks \
             between; gateways agree on it.";
        const COURT: &str = "That host, keys, U, cut and cases are the court's: a node computes the court from blocks, and `aosec origin root` \
             compares.";
        const COMPLETE: &str = "That nothing is left out: a message earlier in the inbox, or a receipt or case that the file does not name, \
             would move this slot. `aosec process verify` computes the process from blocks alone.";
        const EARLIER: &str = "That no record before these was left out: only a host that signed two histories could have one, and that is the \
             gravest fault.";
        const PROMISE: &str =
            "Whether the log on the base layer has it: fetch again once it is published.";
        const MESSAGE: &str = "What the message says: it is not in the file, only its id is.";
        let mut open = match self.rests {
            Rests::OnRecord => vec![EARLIER, CHAIN, FIELDS],
            Rests::OnBaseLayer => vec![COMPLETE, CHAIN, FIELDS],
            Rests::OnPromise => vec![PROMISE],
        };
        if self.steps.iter().any(|step| step.name == Name::Court) {
            open.push(COURT);
        }
        if !self.has_message {
            open.push(MESSAGE);
        }
        open
    }
}
