//! *Self-challenge, self-report.* A host that is about to be caught accuses itself, for the bounty. The bounty is a fifth (6.8): four
//! fifths are lost all the same, and nobody else loses anything.

use super::stage::{DIVIDED, Outcome, Stage, attacker, double, now, receipt};

/// Plays it: the dearest fault, reported by the attacker's other account.
#[must_use]
pub fn play() -> Outcome {
    let mut stage = Stage::open();
    let stamp = now(&stage);
    let items = ["one", "other"].map(|message| receipt(1, 1, 2, message, stamp));
    stage.must(double(&attacker(), 1, items.to_vec()));
    stage.blocks(DIVIDED);
    stage.costs(
        "self-challenge, self-report",
        "6.8",
        "of 560 tokens a fifth comes back",
    )
}
