//! *Fill the court's Ticks.* A host challenges itself and answers at once, as much as fits into items: each answered case has a
//! transition that waits for its own Tick, and a Tick applies 256 (3.5). Bonds and answer fees are its own again at the answer. What
//! remains are the five inbox fees that each opened case burns (6.4); whoever is in a hurry clears a case by `Settle` for one.

use super::stage::{
    DIVIDED, Outcome, Stage, answer, attacker, challenge, letter, now, receipt, user,
};
use crate::origin::draw::cast;

/// Items of each kind: together what one Tick applies.
const ITEMS: u64 = 4;
/// Messages of one.
const MESSAGES: u64 = 64;

/// Plays it for one Tick.
///
/// # Panics
/// Where somebody cannot clear what the log has borne out.
#[must_use]
pub fn play() -> Outcome {
    let mut stage = Stage::open();
    let names: Vec<String> = (0..ITEMS * MESSAGES).map(|n| format!("cram-{n}")).collect();
    let stamp = now(&stage);
    for (slot, names) in (2..).step_by(64).zip(names.chunks(64)) {
        stage.must(challenge(&attacker(), 1, names));
        let receipts = (slot..).zip(names);
        let receipts = receipts.map(|(slot, name)| receipt(1, 1, slot, name, stamp));
        stage.must(answer(1, receipts.collect()));
    }
    let all: Vec<&str> = names.iter().map(String::as_str).collect();
    stage.publish(1, &all);
    stage.blocks(1);
    clear(&mut stage);
    stage.blocks(61 + DIVIDED);
    stage.costs(
        "fill the court's Ticks",
        "6.4",
        "for one block of 256 transitions; the others' cost is that of clearing them by Settle",
    )
}

/// Somebody else settles all cases, so that the Tick is free for others.
fn clear(stage: &mut Stage) {
    let cases = stage.game.model.docket().cases().iter();
    let cases: Vec<(String, String)> = cases
        .map(|case| (case.number.to_string(), case.message.clone()))
        .collect();
    for (number, message) in cases {
        let process = cast::process(1);
        let list = [
            ("Action", "Settle"),
            ("Process", process.as_str()),
            ("Case", &number),
            ("Message", &message),
        ];
        stage.must(letter(&user(), &list, Vec::new()));
    }
}
