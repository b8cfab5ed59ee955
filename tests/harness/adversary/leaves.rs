//! *Leave just before the evidence; reuse stake after a lease; sign after leaving.* The allocation of a lease that ended is held until
//! `evidence_max_age` is over (4.4): no other lease can have it, and evidence that comes in time takes it.

use super::stage::{DIVIDED, Outcome, Stage, TOKEN, double, host, id, letter, now, receipt, user};
use crate::origin::draw::cast;

/// Plays it: the host signs twice, leaves, offers its stake for leases, and is accused 700 blocks later.
///
/// # Panics
/// Where held stake backs a lease.
#[must_use]
pub fn play() -> Outcome {
    let mut stage = Stage::open();
    let stamp = now(&stage);
    let items = ["one", "other"].map(|message| receipt(1, 1, 2, message, stamp));
    let process = cast::process(1);
    let list = [("Action", "Leave"), ("Process", process.as_str())];
    stage.must(letter(&cast::operator(1), &list, Vec::new()));
    stage.blocks(722);
    let sum = (1_000 * TOKEN).to_string();
    let list = [("Action", "Unbond"), ("Quantity", sum.as_str())];
    stage.must(letter(&cast::owner(1), &list, Vec::new()));
    let mut hosted = 0;
    let refused = loop {
        let offer = host(1, &id(&format!("more-{hosted}")), &cast::hot(1, 0));
        match stage.say(offer) {
            None => {
                stage.log_of(&id(&format!("more-{hosted}")));
                hosted += 1;
            }
            Some(code) => break code,
        }
    };
    // 1,000 are bonded, 400 of them held: one lease of 400, and no second one.
    assert_eq!((hosted, refused.as_str()), (1, "4.4 stake"));
    stage.must(double(&user(), 1, items.to_vec()));
    stage.blocks(DIVIDED);
    stage.costs(
        "leave just before the evidence",
        "4.4, 4.5",
        "what is unbonding is slashed too",
    )
}
