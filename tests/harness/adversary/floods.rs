//! *Sybil leases to trigger the mass rule.* Whoever is about to be slashed opens leases of his own and lets them fail too, so that more
//! than a third fails and slashes go back (6.7). Leases younger than `memory` count for nothing there: it would take a third of what
//! has been allocated for a month.

use super::stage::{DIVIDED, Outcome, PERIOD, Stage, attacker, challenge, host};
use crate::origin::draw::cast;

/// Plays it with three more leases, which is all that the bond allows.
#[must_use]
pub fn play() -> Outcome {
    let mut stage = Stage::open();
    for number in 2..5 {
        let process = cast::process(number);
        stage.must(host(1, &process, &cast::hot(1, 0)));
        stage.log_of(&process);
    }
    for number in 1..5 {
        stage.must(challenge(&attacker(), number, &[format!("own-{number}")]));
    }
    stage.blocks(PERIOD + 2 + DIVIDED);
    stage.costs(
        "Sybil leases to trigger the mass rule",
        "6.7",
        "four slashes, none given back",
    )
}
