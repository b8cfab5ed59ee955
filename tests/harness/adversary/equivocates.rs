//! *Equivocate to two CUs.* A host signs two contents for one slot. Two receipts are the proof (6, double assignment): the whole
//! allocation, a tenth of the rest, and the key is barred for ever. The same report later, or by the same hand, changes nothing (6.1).

use super::stage::{DIVIDED, Outcome, Stage, double, now, receipt, user};

/// Plays it.
///
/// # Panics
/// Where the court does not punish it as the law says.
#[must_use]
pub fn play() -> Outcome {
    let mut stage = Stage::open();
    let stamp = now(&stage);
    let items = ["one", "other"].map(|message| receipt(1, 1, 2, message, stamp));
    stage.must(double(&user(), 1, items.to_vec()));
    let again = stage.say(double(&user(), 1, items.to_vec()));
    assert_eq!(again.as_deref(), Some("6.1 twice"));
    stage.blocks(7);
    let late = stage.say(double(&user(), 1, items.to_vec()));
    assert_eq!(late.as_deref(), Some("6.1 late"));
    stage.blocks(DIVIDED);
    stage.costs(
        "equivocate to two CUs",
        "6, double assignment",
        "and barred for ever",
    )
}
