//! The node: everything of the house that touches a socket, a disk or a clock.
//!
//! Units, each with the same order of files (`mod.rs` with its Handle, pure files, `actor.rs`, adapters):
//! [`su`] orders messages, [`cu`] computes them, [`mu`] carries what they produce. Around them: [`arweave`] reads and writes
//! the base layer, [`follow`] derives logs from it, [`origin`] computes the court, [`store`] keeps what must survive, [`http`] is the thin edge, [`cli`] the hand of the operator.
//! No rule lives in a loop: rules are the pure files of each unit (A10).

pub mod arweave;
pub mod chaos;
pub mod cli;
pub mod config;
pub mod cu;
pub mod devnet;
pub mod follow;
pub mod http;
pub mod keys;
pub mod locate;
pub mod metrics;
pub mod mu;
pub mod node;
pub mod origin;
pub mod proof;
pub mod routes;
pub mod shutdown;
pub mod store;
pub mod su;
