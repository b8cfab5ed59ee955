//! *Raise fees on sight.* A host sees a challenge in the mempool and makes it too cheap by raising its fee. A rise works `fee rise`
//! blocks after it ran, fees are those in force at the mined height, and no lease takes more than its cap (4.6): the case opens.

use super::stage::{DIVIDED, Outcome, PERIOD, Stage, TOKEN, challenge, letter, user};
use crate::origin::draw::cast;

/// Plays it, and keeps silent.
#[must_use]
pub fn play() -> Outcome {
    let mut stage = Stage::open();
    let dear = (1_000 * TOKEN).to_string();
    let list = [
        ("Action", "Update"),
        ("Fee", dear.as_str()),
        ("Answer-Fee", &dear),
    ];
    stage.must(letter(&cast::operator(1), &list, Vec::new()));
    stage.must(challenge(&user(), 1, &["unheard".to_owned()]));
    stage.blocks(PERIOD + 2 + DIVIDED);
    stage.costs(
        "raise fees on sight",
        "4.6",
        "the challenge costs what it cost before",
    )
}
