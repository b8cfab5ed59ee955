//! *Challenge spam, one by one.* The same with one message an item, so that the host's inbox fee weighs most: it answers each by itself,
//! and earns ten times what it pays. (A host that only publishes pays nothing at all: the log answers, 6.2.)

use super::stage::{DIVIDED, Outcome, Stage, answer, attacker, challenge, now, receipt};

/// Plays it, twenty times.
#[must_use]
pub fn play() -> Outcome {
    let mut stage = Stage::open();
    for slot in 2..22 {
        let name = format!("drip-{slot}");
        stage.must(challenge(&attacker(), 0, std::slice::from_ref(&name)));
        stage.blocks(1);
        let stamp = now(&stage);
        stage.must(answer(0, vec![receipt(0, 0, slot, &name, stamp)]));
        stage.publish(0, &[&name]);
        stage.blocks(1);
    }
    stage.blocks(61 + DIVIDED);
    stage.costs(
        "challenge spam, one by one",
        "6.2",
        "the host's fee for each Answer is a tenth of what it earns",
    )
}
