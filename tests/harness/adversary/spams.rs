//! *Challenge spam.* Somebody challenges what the host would have taken anyway, as much as fits into an item. Each message pays the
//! answer fee, which is the host's (6.2), and locks a bond that doubles with each eighth open case (6.4); an `Answer` of the host
//! carries as many receipts.

use super::stage::{DIVIDED, Outcome, Stage, answer, attacker, challenge, now, receipt};

/// Messages of one challenge: with more of them bonds alone would ask for 1,528 tokens.
const MESSAGES: u64 = 64;

/// Plays it.
#[must_use]
pub fn play() -> Outcome {
    let mut stage = Stage::open();
    let names: Vec<String> = (0..MESSAGES).map(|n| format!("spam-{n}")).collect();
    stage.must(challenge(&attacker(), 0, &names));
    stage.blocks(1);
    let stamp = now(&stage);
    let receipts = (2..)
        .zip(&names)
        .map(|(slot, name)| receipt(0, 0, slot, name, stamp));
    stage.must(answer(0, receipts.collect()));
    let all: Vec<&str> = names.iter().map(String::as_str).collect();
    stage.publish(0, &all);
    stage.blocks(61 + DIVIDED);
    stage.costs("challenge spam", "6.2, 6.4", "1,528 tokens of bonds are locked meanwhile; the host earns the fees and pays one inbox fee")
}
