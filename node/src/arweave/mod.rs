//! The base layer: reading it through gateways, writing to it, and the embedded devchain.
//!
//! Read in this order: [`transaction`] and [`merkle`] (the nouns), [`gateway`] (reading and posting), [`tip`] (the clock),
//! [`bundler`] and [`location`] (what the node writes; `aside` does the arithmetic of it), [`devchain`] (a base layer of one's own, with a gateway's HTTP API).

pub(crate) mod aside;
pub mod block;
pub mod bundler;
pub mod devchain;
pub mod gateway;
pub mod location;
pub mod merkle;
pub mod tip;
pub mod transaction;
pub mod winston;
