//! What the start makes of store and guard, which were written one after the other (D1): a pure comparison.
//!
//! A batch is committed to the store, then recorded by the guard, then signed; its signatures reach the store with the next
//! commit. So for each log there are three honest findings, and every other one means that a file was lost, damaged or
//! brought back from a backup:
//!
//! | store | guard | signatures | meaning |
//! |---|---|---|---|
//! | ends at s | at s | up to s | at rest |
//! | ends at s | at s | before the last batch | stopped after the guard: sign that batch again, to equal bytes |
//! | ends at s | one batch before | up to where the guard ends | stopped before the guard: record that batch, sign it |

use std::collections::BTreeMap;

use aosec_wire::Id;

use super::{chain::BATCH_SLOTS, guard::Head};
use crate::store::process::Reach;

/// Store and guard cannot both be the files that were last in use.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Disagreement {
    /// The guard knows of slots that the store does not have.
    #[error(
        "the guard has recorded {process} up to slot {recorded}, the store ends at {kept}: the store is an older copy or \
         damaged, and signing could give a slot twice. Bring back the store that was last in use, or host under a new \
         scheduler key; reading goes on",
        kept = kept.map_or("nothing".to_owned(), |slot| format!("slot {slot}"))
    )]
    StoreBehind {
        /// The process.
        process: Id,
        /// The last slot that the guard has recorded.
        recorded: u64,
        /// The last slot of the store.
        kept: Option<u64>,
    },
    /// The store holds signatures that the guard knows nothing of.
    #[error(
        "the store holds {process} up to slot {kept}, the guard has recorded {recorded}: the guard file is an older copy, \
         damaged or missing. Bring back the guard file that was last in use, or host under a new scheduler key; reading \
         goes on",
        recorded = recorded.map_or("nothing".to_owned(), |slot| format!("up to slot {slot}"))
    )]
    GuardBehind {
        /// The process.
        process: Id,
        /// The last slot of the store.
        kept: u64,
        /// The last slot that the guard has recorded.
        recorded: Option<u64>,
    },
    /// The same slot has two contents.
    #[error(
        "store and guard hold different contents for slot {slot} of {process}: one of them is damaged or from another node. \
         Bring back the pair that was last in use, or host under a new scheduler key; reading goes on"
    )]
    Differ {
        /// The process.
        process: Id,
        /// The slot.
        slot: u64,
    },
}

/// The processes whose last batch has to be signed, in the order of their ids; or why nothing may be signed at all.
pub fn compare(
    reaches: &[Reach],
    recorded: &BTreeMap<(Id, u64), Head>,
) -> Result<Vec<Id>, Disagreement> {
    let kept: BTreeMap<Id, u64> = reaches
        .iter()
        .map(|reach| (reach.process, reach.slot))
        .collect();
    for ((process, _), head) in recorded {
        let kept = kept.get(process).copied();
        if kept.is_none_or(|slot| slot < head.slot) {
            return Err(Disagreement::StoreBehind {
                process: *process,
                recorded: head.slot,
                kept,
            });
        }
    }
    let mut unsigned = Vec::new();
    for reach in reaches {
        if !is_at_rest(reach, recorded.get(&(reach.process, reach.epoch)))? {
            unsigned.push(reach.process);
        }
    }
    Ok(unsigned)
}

fn is_at_rest(reach: &Reach, head: Option<&Head>) -> Result<bool, Disagreement> {
    let Reach { process, slot, .. } = *reach;
    let recorded = head.map(|head| head.slot);
    match head {
        Some(head) if head.slot == slot && head.log_chain == reach.log_chain => {}
        Some(head) if head.slot == slot => return Err(Disagreement::Differ { process, slot }),
        // Nothing but one unsigned batch may lie beyond the guard.
        _ if recorded != reach.signed || beyond(slot, recorded) > BATCH_SLOTS as u64 => {
            return Err(Disagreement::GuardBehind {
                process,
                kept: slot,
                recorded,
            });
        }
        _ => {}
    }
    Ok(reach.signed == Some(slot))
}

/// Slots behind `last`, up to `slot`.
fn beyond(slot: u64, last: Option<u64>) -> u64 {
    last.map_or(slot + 1, |last| slot - last)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHAIN: Id = Id::new([5; 32]);

    fn process() -> Id {
        Id::new([1; 32])
    }

    /// A log that ends at `slot` in the store, with signatures up to `signed` and a record up to `recorded`.
    fn found(
        slot: u64,
        signed: Option<u64>,
        recorded: Option<u64>,
    ) -> Result<Vec<Id>, Disagreement> {
        let reach = Reach {
            process: process(),
            epoch: 0,
            slot,
            log_chain: CHAIN,
            signed,
        };
        compare(&[reach], &heads(recorded, CHAIN))
    }

    fn heads(slot: Option<u64>, log_chain: Id) -> BTreeMap<(Id, u64), Head> {
        slot.map(|slot| ((process(), 0), Head::learned(slot, log_chain)))
            .into_iter()
            .collect()
    }

    #[test]
    fn ordinary_stops_are_told_apart() {
        assert_eq!(compare(&[], &BTreeMap::new()), Ok(vec![]));
        assert_eq!(found(9, Some(9), Some(9)), Ok(vec![]));
        assert_eq!(found(9, Some(4), Some(9)), Ok(vec![process()]));
        assert_eq!(found(9, Some(4), Some(4)), Ok(vec![process()]));
        assert_eq!(found(0, None, Some(0)), Ok(vec![process()]));
        assert_eq!(found(0, None, None), Ok(vec![process()]));
        assert_eq!(found(256, Some(0), Some(0)), Ok(vec![process()]));
    }

    #[test]
    fn lost_and_restored_files_stop_the_signing() {
        let store_behind = [
            found(8, Some(8), Some(9)),
            found(8, Some(7), Some(300)),
            compare(&[], &heads(Some(0), CHAIN)),
        ];
        for case in store_behind {
            assert!(
                matches!(case, Err(Disagreement::StoreBehind { .. })),
                "{case:?}"
            );
        }
        let guard_behind = [
            found(9, Some(9), Some(8)),
            found(9, Some(9), None),
            found(9, Some(4), Some(3)),
            found(9, Some(4), Some(5)),
            found(9, None, Some(5)),
            found(257, Some(0), Some(0)),
        ];
        for case in guard_behind {
            assert!(
                matches!(case, Err(Disagreement::GuardBehind { .. })),
                "{case:?}"
            );
        }
        let reach = Reach {
            process: process(),
            epoch: 0,
            slot: 3,
            log_chain: CHAIN,
            signed: Some(3),
        };
        let differ = compare(&[reach], &heads(Some(3), process()));
        assert_eq!(
            differ,
            Err(Disagreement::Differ {
                process: process(),
                slot: 3
            })
        );
    }
}
