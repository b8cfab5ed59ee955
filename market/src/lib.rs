//! Who may host a process, and at what price: stake, leases, pay, and the court's clock.
//!
//! Pure steps over values (PROTOCOL 1 to 5, 8 and 9), written from the law and the message table and never from the contract:
//! this crate is the model that the contract is tested against, and the node's own idea of what the court will say. What is not
//! here yet is not in the contract either: cases (6), fallback and handover (5.7 to 5.10), auctions (7). It never learns of
//! `aosec-challenge`: only Origin knows both.
//!
//! [`State`] is the whole court; [`State::step`] runs one message of its log, [`State::read`] answers a dry-run;
//! [`invariants`] says what must hold after each (9). Nothing here verifies a signature: the deriver did (2.5, 2.9).

pub mod amount;
mod bond;
pub mod court;
mod dispatch;
mod escrow;
mod fees;
pub mod figures;
mod genesis;
mod heartbeat;
mod hosting;
pub mod invariants;
mod keys;
mod leases;
mod ledger;
pub mod message;
mod operators;
pub mod outcome;
pub mod parameters;
mod pay;
mod processes;
mod queue;
mod register;
pub mod slash;
pub mod spelling;
mod tick;
mod token;
mod unbonding;
mod update;
mod views;

#[cfg(test)]
mod tests;

pub use court::{Court, State};
pub use message::{Child, Enclosures, Item, LogHead, Message, Tick};
pub use outcome::{Answer, Outcome, Refusal, Verdict};
pub use parameters::Parameters;
