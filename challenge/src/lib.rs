//! Who failed, and how we know. Its rules are pure steps over values (PROTOCOL 1, 2, 5 and 6); no clock, socket or disk is here.
//!
//! Built: [`derive`], the canonical log of each process as a function of blocks, [`inbox`], the log of Origin itself and the order of
//! processes without a host (5.8), [`docket`], which judges cases and reports, [`defender`], which of them a host takes up when,
//! [`hunter`], which finds faults among all that it is shown, and [`proof`], which checks one slot out of what somebody brings. The
//! loops of the agents stand in the node. It never learns of `aosec-market`: only Origin knows both.

pub mod defender;
pub mod derive;
pub mod docket;
pub mod hunter;
pub mod inbox;
pub mod proof;
