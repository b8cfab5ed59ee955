//! Who may host a process, and at what price: stake, leases, pay, and the court's clock.
//!
//! Pure steps over values (PROTOCOL 1 to 5, 8 and 9), written from the law and the message table and never from the contract:
//! this crate is the model that the contract is tested against, and the node's own idea of what the court will say. What is not
//! here yet is not in the contract either: fallback and handover (5.7 to 5.9), auctions (7). It never learns of
//! `aosec-challenge`: only Origin knows both.
//!
//! [`State`] is the house of the court; [`State::step`] runs one message of its log, [`State::read`] answers a dry-run;
//! [`invariants`] says what must hold after each (9). Nothing here verifies a signature: the deriver did (2.5, 2.9).
//!
//! Cases (6) are judged by somebody else, the [`Bench`]: it is asked about messages and transitions that are not the house's own, and
//! acts on the house by what [`counter`] offers. What the house must know of a case, [`named`] keeps. [`State::step_with`] seats one.

pub mod amount;
mod authorities;
pub mod bench;
mod bond;
pub mod counter;
pub mod court;
mod delay;
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
pub mod named;
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

pub use bench::Bench;
pub use court::{Court, State};
pub use message::{Child, Content, Enclosures, Entry, Item, LogHead, Message, Place, Signed, Tick};
pub use outcome::{Answer, CaseRow, Outcome, Refusal, Verdict};
pub use parameters::Parameters;
