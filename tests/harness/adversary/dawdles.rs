//! *Answer at the last block for ever.* A host lets each sender wait for the whole window, and then answers. It breaks no rule, and the
//! fees are its: this is the one attack that is cheap. What it loses is its grace (6.6): the delay buffer shrinks with each late
//! case, and the window falls from the period to `window_floor`, a tenth of it.

use super::stage::{DIVIDED, Outcome, Stage, answer, challenge, now, receipt, user};

/// Plays it until the window is as short as it gets.
///
/// # Panics
/// Where that does not come to pass within a few cases.
#[must_use]
pub fn play() -> Outcome {
    let mut stage = Stage::open();
    let mut windows = Vec::new();
    for slot in 2..8 {
        let name = format!("slow-{slot}");
        stage.must(challenge(&user(), 1, std::slice::from_ref(&name)));
        let case = stage.game.model.docket().cases().last().cloned();
        let window = case.map_or(0, |case| case.deadline - case.opened);
        windows.push(window);
        let stamp = now(&stage);
        stage.blocks(window);
        stage.must(answer(1, vec![receipt(1, 1, slot, &name, stamp)]));
        stage.publish(1, &[&name]);
        stage.blocks(1);
    }
    assert_eq!(windows, [360, 35, 35, 35, 35, 35]);
    stage.blocks(61 + DIVIDED);
    stage.costs("answer at the last block for ever", "6.6", "no fault: askers pay the answer fee; the window falls from 360 to 35 blocks after one such case")
}
