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
         damaged, and signing could give a slot twice. Bring back the store that was last in use and restart; reading, and all \
         other processes, go on. docs/GUARD.md tells the other ways",
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
         damaged or missing. Bring back the guard file that was last in use, or import an export of it (`aosec guard import \
         --help`), or `aosec guard resume --help`; reading goes on",
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

/// What a start does with its logs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// The processes whose last batch has to be signed, in the order of their ids.
    pub unsigned: Vec<Id>,
    /// The processes that are not signed for: the guard is whole, and the store is behind it.
    pub blocked: BTreeMap<Id, Disagreement>,
    /// Why nothing is signed at all: the guard is not the one that was last in use.
    pub observer: Option<Disagreement>,
}

/// Compares store and guard, log by log.
///
/// A store behind its guard takes away the processes that it lacks slots of, and no others: the guard is whole, and says
/// where the others end. A guard behind its store takes away everything: what else it lacks nobody knows.
pub fn examine(reaches: &[Reach], recorded: &BTreeMap<(Id, u64), Head>) -> Findings {
    let mut findings = Findings::default();
    let kept: BTreeMap<Id, u64> = reaches
        .iter()
        .map(|reach| (reach.process, reach.slot))
        .collect();
    for ((process, _), head) in recorded {
        let kept = kept.get(process).copied();
        if kept.is_none_or(|slot| slot < head.slot) {
            let behind = Disagreement::StoreBehind {
                process: *process,
                recorded: head.slot,
                kept,
            };
            findings.blocked.insert(*process, behind);
        }
    }
    for reach in reaches {
        if findings.blocked.contains_key(&reach.process) {
            continue;
        }
        match is_at_rest(reach, recorded.get(&(reach.process, reach.epoch))) {
            Ok(true) => {}
            Ok(false) => findings.unsigned.push(reach.process),
            Err(found) => findings.observer = findings.observer.or(Some(found)),
        }
    }
    findings
}

/// The processes whose last batch has to be signed; or the first reason for which some log is not signed for.
pub fn compare(
    reaches: &[Reach],
    recorded: &BTreeMap<(Id, u64), Head>,
) -> Result<Vec<Id>, Disagreement> {
    let found = examine(reaches, recorded);
    let first = found.blocked.into_values().next().or(found.observer);
    first.map_or(Ok(found.unsigned), Err)
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
        let (other, third) = (
            Id::new([2; 32]),
            Reach {
                process: Id::new([3; 32]),
                ..reach
            },
        );
        let at = |process: Id, slot| ((process, 0), Head::learned(slot, CHAIN));
        let guard = BTreeMap::from([at(process(), 3), at(other, 9), at(third.process, 4)]);
        let found = examine(&[reach, third], &guard);
        assert_eq!((found.observer, found.unsigned), (None, vec![]));
        let blocked: Vec<_> = found.blocked.into_keys().collect();
        assert_eq!(blocked, [other, third.process], "and not the first");
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
