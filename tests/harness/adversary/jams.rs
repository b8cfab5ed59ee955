//! *Jam the inbox; a miner that censors the answer.* The block's 16,384 places are bought, so that the host's answer runs too late. A
//! due transition waits until everything mined up to its deadline has run (2.4), and what counts is when the answer was mined.

use super::stage::{DIVIDED, Outcome, PERIOD, Stage, TOKEN, answer, challenge, now, receipt, user};

/// Items that run in one block (2.3): each costs its sender the inbox fee.
const PLACES: u128 = 16_384;

/// Plays it against the host that is accused: its answer is mined in the last block of the window, and runs five blocks later. What
/// the places cost is reckoned, not paid: the model runs one item and not 81,920.
#[must_use]
pub fn play() -> Outcome {
    const JAMMED: u64 = 5;
    let mut stage = Stage::open();
    stage.must(challenge(&user(), 0, &["asked".to_owned()]));
    let stamp = now(&stage);
    stage.blocks(PERIOD);
    for ago in 1..=JAMMED {
        stage.block(Some(ago));
    }
    let late = answer(0, vec![receipt(0, 0, 2, "asked", stamp)]);
    stage.must(crate::origin::moves::Letter {
        ago: JAMMED,
        ..late
    });
    stage.publish(0, &["asked"]);
    stage.blocks(61 + DIVIDED);
    let mut outcome = stage.costs("jam the inbox", "2.4", "five jammed blocks; victim: host and asker together pay two inbox fees; jam in fees alone, and 50 MiB of AR");
    let places = PLACES * u128::from(JAMMED) * (TOKEN / 100);
    outcome.attacker += i128::try_from(places).unwrap_or(0);
    outcome
}
