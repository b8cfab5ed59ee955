//! *Publish records without data; withhold a body.* The order is there and the message is not. `Challenge-Data` (5.10): who has it earns
//! half the bond; if nobody has, the host loses the whole allocation and the slot is empty for ever.

use super::stage::{DIVIDED, Outcome, PERIOD, Stage, letter, user};
use crate::origin::draw::cast;

/// Plays it.
#[must_use]
pub fn play() -> Outcome {
    let mut stage = Stage::open();
    let process = cast::process(1);
    let list = [
        ("Action", "Challenge-Data"),
        ("Process", process.as_str()),
        ("Slot", "1"),
        ("Answer-Fee", "100000000000"),
    ];
    stage.must(letter(&user(), &list, Vec::new()));
    stage.blocks(PERIOD + 2 + DIVIDED);
    stage.costs(
        "publish records without data",
        "5.10",
        "and the lease is lost",
    )
}
