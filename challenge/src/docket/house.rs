//! The port to the house that the docket judges for: its leases, keys, fees and money. The docket knows no other thing of it.
//!
//! Whoever joins the two answers from one state, and hands the entries that the docket schedules back when they are due, in the
//! order (due, number) of the one queue (3.5).

use super::case::Amount;

/// The parameters that cases read (8), in blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // The names are those of the table of section 8, which says what they are.
pub struct Rules {
    pub window_floor: u64,
    pub publish_within: u64,
    pub public_before: u64,
    pub evidence_max_age: u64,
    pub slash_delay: u64,
    pub memory: u64,
    pub mass_window: u64,
    pub bounty_window: u64,
    /// Units of the token, as the only one here.
    pub inbox_fee: Amount,
}

/// A lease, live or held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// Its number.
    pub number: u64,
    /// Its process.
    pub process: String,
    /// Its epoch.
    pub epoch: u64,
    /// The operator's address.
    pub operator: String,
    /// The operator's owner.
    pub owner: String,
    /// Its allocation, or what is held of it.
    pub allocation: Amount,
    /// When it began.
    pub start: u64,
    /// When it ended: U.
    pub ended: Option<u64>,
    /// The process's period.
    pub period: u64,
    /// ⌊the delay buffer in blocks⌋, after the looks.
    pub buffer: u64,
}

/// Fees in force (4.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fees {
    /// Of a message.
    pub message: Amount,
    /// Of an answer.
    pub answer: Amount,
}

/// The house.
pub trait House {
    /// The parameters.
    fn rules(&self) -> Rules;
    /// The height of the last Tick.
    fn height(&self) -> u64;

    /// The first slot of a known process that is under the law (5.15).
    fn begins(&self, process: &str) -> Option<u64>;
    /// The `Scheduler` of a known process's spawn.
    fn scheduler(&self, process: &str) -> Option<String>;
    /// Who holds or held an epoch of a process.
    fn holder(&self, process: &str, epoch: u64) -> Option<String>;
    /// The number of the live lease of a process.
    fn live(&self, process: &str) -> Option<u64>;
    /// The number of the lease of an epoch, while it is live or held.
    fn lease_of(&self, process: &str, epoch: u64) -> Option<u64>;
    /// A lease, while it is live or held.
    fn lease(&self, number: u64) -> Option<Lease>;
    /// When a lease ended, for ever.
    fn end_of(&self, lease: u64) -> Option<u64>;
    /// All live leases.
    fn live_leases(&self) -> Vec<Lease>;
    /// The fees of a lease in force at a mined height.
    fn fees(&self, lease: u64, mined: u64) -> Fees;
    /// The operator whose hot key this is, or ever was.
    fn signer(&self, key: &str) -> Option<String>;
    /// The operator's bond.
    fn bond(&self, operator: &str) -> Amount;

    /// What an address has free.
    fn free(&self, who: &str) -> Amount;
    /// Takes a deposit out of what is free.
    fn take(&mut self, who: &str, amount: Amount);
    /// Gives of the deposits.
    fn give(&mut self, who: &str, amount: Amount);
    /// Burns of the deposits.
    fn burn(&mut self, amount: Amount);

    /// From now on this unfinished case names its lease, or names it so.
    fn name(&mut self, lease: u64, case: u64, opened: u64, is_open: bool, falls: bool);
    /// The case is finished.
    fn unname(&mut self, lease: u64, case: u64);

    /// Moves stake to pending, for a lease if one is at fault, and says how much there was (4.5).
    fn slash(&mut self, operator: &str, lease: Option<u64>, wanted: Amount) -> Amount;
    /// Begins an episode of jail unless one lasts; the percentage of the episode (6, liveness).
    fn imprison(&mut self, operator: &str) -> Amount;
    /// Bars an operator for ever.
    fn tombstone(&mut self, operator: &str);
    /// Ends a live lease at this height; pay stops at `clip`.
    fn unhost(&mut self, lease: u64, height: u64, clip: Option<u64>);
    /// Divides a slash that has waited (6.8); without a process nothing is restituted.
    fn divide(&mut self, process: Option<&str>, slashed: Amount, to: &[String]);
    /// Gives a slash that has waited back (6.7).
    fn restore(&mut self, operator: &str, slashed: Amount);
    /// Puts an entry of the docket into the queue.
    fn schedule(&mut self, due: u64, entry: u64);
}
