//! The guard's whole life, played with real nodes on one base layer: crashes, files that were lost or brought back, cloned disks
//! and keys on two machines. Each story ends without a second signature for a slot, and in words that tell the operator what
//! happened and what to do.
//!
//! [`house`] is the base layer with the nodes' folders and the operator's command line; [`files`] are stories of one node,
//! [`twins`] of two with one key, [`operator`] of what the command line takes and refuses.

mod files;
mod house;
mod operator;
mod twins;
