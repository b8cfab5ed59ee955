//! What every test of whole processes needs: a [`World`] of real nodes, the means to speak to them, and a bound on every wait.
//!
//! The harness panics where it cannot go on: a test without its world has nothing to say. It ends only processes that it
//! started, by their ids, and a [`will::Will`] does so even where the test itself is killed.

pub mod adversary;
pub mod arlocal;
pub mod base_layer;
pub mod binary;
pub mod deadline;
pub mod descriptor;
pub mod draft;
pub mod enemies;
pub mod group;
pub mod http;
pub mod ledger;
pub mod load;
pub mod lone;
pub mod npm;
pub mod proxy;
pub mod published;
pub mod raw_http;
pub mod seed;
pub mod skip;
pub mod su_log;
pub mod terminal;
pub mod typed;
pub mod will;
pub mod world;

pub use descriptor::{Account, Devnet, Node};
pub use world::World;
