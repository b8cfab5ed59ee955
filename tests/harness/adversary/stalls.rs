//! *Stall after reading; censor one sender.* A host reads a message and gives it no slot. Whoever sent it challenges (6, liveness): no
//! answer, and at the deadline the host is slashed, jailed and without the process; bond and fees go back, a fifth of the slash is the
//! challenger's (6.8).

use super::stage::{DIVIDED, Outcome, PERIOD, Stage, challenge, user};

/// Plays it.
#[must_use]
pub fn play() -> Outcome {
    let mut stage = Stage::open();
    stage.must(challenge(&user(), 1, &["unheard".to_owned()]));
    stage.blocks(PERIOD + 2 + DIVIDED);
    stage.costs(
        "stall after reading, censor one sender",
        "6, liveness",
        "and the lease is lost, and jail",
    )
}
