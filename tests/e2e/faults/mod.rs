//! Each fault of the law, committed by a node that really breaks it, and what it costs (PROTOCOL 6).
//!
//! [`hunted`]: what the hunters of other nodes find by themselves. [`by_hand`]: what somebody reports who has the proof. [`layer`]: what
//! the base layer may do to a node, which is nobody's fault. A host that is silent has a story of its own (`orphan`).

mod by_hand;
mod hunted;
mod layer;
mod stage;
