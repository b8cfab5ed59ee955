//! *Impossible challenges.* Messages that are for another process, too large, in the log already, or of a process that nobody hosts: the
//! court looks at opening and returns everything (6.3). The attacker has paid for the inbox, the host never hears of it.

use super::stage::{Outcome, Stage, attacker, challenge};
use crate::origin::draw::cast;

/// Plays it.
///
/// # Panics
/// Where the court lets one in.
#[must_use]
pub fn play() -> Outcome {
    let mut stage = Stage::open();
    let mut codes = Vec::new();
    let mut refused = |change: &dyn Fn(&mut crate::origin::moves::Letter)| {
        let mut one = challenge(&attacker(), 0, &["odd".to_owned()]);
        change(&mut one);
        codes.extend(stage.say(one));
    };
    let items = |letter: &mut crate::origin::moves::Letter| letter.items.take().unwrap_or_default();
    refused(&|letter| {
        let mut all = items(letter);
        all[0].target = cast::process(1);
        letter.items = Some(all);
    });
    refused(&|letter| {
        let mut all = items(letter);
        all[0].size = 256 * 1024 + 1;
        letter.items = Some(all);
    });
    refused(&|letter| {
        let mut all = items(letter);
        all[0].id = super::stage::id("first");
        letter.items = Some(all);
    });
    refused(&|letter| {
        let mut all = items(letter);
        all[0].target = cast::process(9);
        letter.items = Some(all);
        letter.tags[1].1 = cast::process(9);
    });
    assert_eq!(
        codes,
        ["6.3 items", "6.3 items", "6.3 logged", "6.3 hosted"]
    );
    stage.costs("impossible challenges", "6.3", "refused at opening")
}
