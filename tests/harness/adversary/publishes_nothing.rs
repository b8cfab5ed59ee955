//! *Publish neither; empty publications to keep pay running.* A host hands out a receipt and publishes no such slot. Whoever holds the
//! receipt says so once `publish_within` is over (6, non-publication): 5 % and the lease. What it earned by heartbeats since the case
//! was opened stays in the escrow (5.12).

use super::stage::{DIVIDED, Outcome, PERIOD, Stage, letter, now, receipt, user};
use crate::origin::draw::cast;

/// Plays it.
#[must_use]
pub fn play() -> Outcome {
    let mut stage = Stage::open();
    let promised = receipt(1, 1, 2, "promised", now(&stage));
    stage.blocks(61);
    let process = cast::process(1);
    let list = [
        ("Action", "Challenge-Publication"),
        ("Process", process.as_str()),
        ("Answer-Fee", "100000000000"),
    ];
    stage.must(letter(&user(), &list, vec![promised]));
    stage.blocks(PERIOD + 2 + DIVIDED);
    stage.costs(
        "publish neither",
        "6, non-publication",
        "and the lease is lost",
    )
}
