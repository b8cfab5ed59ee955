//! What becomes of a posted transaction: pure rules over what gateways say of it.
//!
//! 1. It is lost when no gateway knows it for some blocks, or when it is in no block after many: what it carried is posted
//!    again. A lost one that turns up later does no harm, because equal content has no second effect (PROTOCOL 5.6).
//! 2. A reorg may put it back into no block, or into another one; it is followed until its block is settled.
//! 3. Log transactions must stand in the chain in the order in which they were posted, and none below a height that is stamped
//!    into it: a record is judged where it is mined, once and for all (PROTOCOL 5.4, 5.6). One that does not count there is given
//!    up, and all behind it, however deep they lie; one that counts is settled after all before it.

use super::ports::{Mined, Whereabouts};
use crate::store::carrier::Carrier;

/// How long a transaction is waited for, in blocks.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// Until one that no gateway knows is lost.
    pub forgotten_after_blocks: u64,
    /// Until one that is in no block is lost, whatever gateways say.
    pub repost_after_blocks: u64,
    /// Blocks above its own that settle it (PROTOCOL 1.2).
    pub settlement_depth: u64,
}

/// What becomes of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Nothing new.
    Same,
    /// It stands in a block that was not noted yet.
    Mined {
        /// The height of the block.
        height: u64,
        /// Whether the block is settled.
        firm: bool,
    },
    /// It was in a block and is in none now.
    Left,
    /// It is given up.
    Lost,
}

/// What becomes of `looks`, all transactions that are not settled in the order of posting, at the tip of `tip_height`: each with
/// what gateways say of it, none where they were not asked or did not answer. `settled_log` is the height of the last Log
/// transaction that is settled, 0 where there is none.
pub fn fates(
    looks: &[(Carrier, Option<Whereabouts>)],
    settled_log: u64,
    tip_height: u64,
    patience: &Patience,
) -> Vec<Fate> {
    let mut logs = Logs {
        above: Some(settled_log),
        all_settled: true,
        broken: false,
    };
    let fates = looks.iter().map(|(carrier, whereabouts)| {
        let alone = fate(carrier, *whereabouts, tip_height, patience);
        match carrier.is_log() {
            true => logs.judge(carrier, alone),
            false => alone,
        }
    });
    fates.collect()
}

/// What is known of the Log transactions on the way through them.
struct Logs {
    /// The next one counts above this height; none where one before it is in no block.
    above: Option<u64>,
    /// All so far are settled.
    all_settled: bool,
    /// One does not count, and so none behind it.
    broken: bool,
}

impl Logs {
    /// Rule 3: the fate of the next one, given its fate alone.
    fn judge(&mut self, log: &Carrier, alone: Fate) -> Fate {
        let stands = match alone {
            Fate::Same => log.mined_height,
            Fate::Mined { height, .. } => Some(height),
            Fate::Left | Fate::Lost => None,
        };
        let counts = |height| {
            self.above.is_some_and(|above| height > above) && height >= log.stamped_through
        };
        self.broken |= alone == Fate::Lost || stands.is_some_and(|height| !counts(height));
        if self.broken {
            return Fate::Lost;
        }
        self.above = stands;
        let fate = match alone {
            Fate::Mined { height, firm: true } if !self.all_settled => {
                news(height, log.mined_height)
            }
            other => other,
        };
        self.all_settled &= matches!(fate, Fate::Mined { firm: true, .. });
        fate
    }
}

/// The fate of one transaction, alone.
fn fate(
    carrier: &Carrier,
    whereabouts: Option<Whereabouts>,
    tip_height: u64,
    patience: &Patience,
) -> Fate {
    let age = tip_height.saturating_sub(carrier.posted_height);
    match (whereabouts, carrier.mined_height) {
        (Some(Whereabouts::Mined(mined)), noted) => seen(mined, noted, patience.settlement_depth),
        // Silence is no news of a transaction that was seen in a block.
        (None, Some(_)) => Fate::Same,
        (Some(Whereabouts::Unknown | Whereabouts::Pending), Some(_)) => Fate::Left,
        (Some(Whereabouts::Unknown), None) if age > patience.forgotten_after_blocks => Fate::Lost,
        (_, None) if age > patience.repost_after_blocks => Fate::Lost,
        (_, None) => Fate::Same,
    }
}

fn seen(mined: Mined, noted: Option<u64>, settlement_depth: u64) -> Fate {
    let Mined {
        height,
        confirmations,
    } = mined;
    // Settled is what lies `settlement_depth` blocks below the tip (PROTOCOL 1.2); the tip itself has one confirmation.
    match confirmations > settlement_depth {
        true => Fate::Mined { height, firm: true },
        false => news(height, noted),
    }
}

fn news(height: u64, noted: Option<u64>) -> Fate {
    match noted == Some(height) {
        true => Fate::Same,
        false => Fate::Mined {
            height,
            firm: false,
        },
    }
}

#[cfg(test)]
mod tests {
    use aosec_wire::Id;

    use super::*;
    use crate::store::carrier::Kind;

    const PATIENCE: Patience = Patience {
        forgotten_after_blocks: 5,
        repost_after_blocks: 20,
        settlement_depth: 3,
    };

    fn carrier(number: i64, mined_height: Option<u64>) -> Carrier {
        Carrier {
            number,
            kind: Kind::Log,
            tx: Id::new([2; 32]),
            posted_height: 10,
            mined_height,
            stamped_through: 4,
        }
    }

    fn in_block(height: u64, confirmations: u64) -> Option<Whereabouts> {
        Some(Whereabouts::Mined(Mined {
            height,
            confirmations,
        }))
    }

    #[test]
    fn patience_is_counted_in_blocks() {
        let (unknown, pending) = (Some(Whereabouts::Unknown), Some(Whereabouts::Pending));
        let mined = |height, firm| Fate::Mined { height, firm };
        // (noted block, what gateways say, tip, fate)
        let cases = [
            (None, unknown, 15, Fate::Same),
            (None, unknown, 16, Fate::Lost),
            (None, unknown, 3, Fate::Same),
            (None, pending, 30, Fate::Same),
            (None, pending, 31, Fate::Lost),
            (None, None, 30, Fate::Same),
            (None, None, 31, Fate::Lost),
            (None, in_block(12, 1), 99, mined(12, false)),
            (Some(12), in_block(12, 2), 13, Fate::Same),
            (Some(12), in_block(13, 1), 13, mined(13, false)),
            // A reorg as deep as the settlement depth is ordinary (PROTOCOL 1.4), and would still take it.
            (Some(12), in_block(12, 3), 14, Fate::Same),
            (None, in_block(12, 3), 14, mined(12, false)),
            (Some(12), in_block(12, 4), 15, mined(12, true)),
            (None, in_block(12, 4), 15, mined(12, true)),
            (Some(12), unknown, 14, Fate::Left),
            (Some(12), pending, 99, Fate::Left),
            (Some(12), None, 99, Fate::Same),
        ];
        for (number, (noted, whereabouts, tip, expected)) in cases.into_iter().enumerate() {
            let found = fate(&carrier(1, noted), whereabouts, tip, &PATIENCE);
            assert_eq!(found, expected, "case {number}");
        }
    }

    /// The fates of Log transactions that stand at these heights (0: in no block) and of which nothing new is said.
    fn lost(settled_log: u64, heights: &[u64]) -> Vec<usize> {
        let noted = heights
            .iter()
            .map(|height| Some(*height).filter(|h| *h > 0));
        let looks: Vec<_> = (0..)
            .zip(noted)
            .map(|(n, noted)| (carrier(n, noted), None))
            .collect();
        let fates = fates(&looks, settled_log, 12, &PATIENCE)
            .into_iter()
            .enumerate();
        fates
            .filter_map(|(index, fate)| (fate == Fate::Lost).then_some(index))
            .collect()
    }

    #[test]
    fn records_stand_in_the_order_of_posting() {
        let cases: [(u64, &[u64], &[usize]); 12] = [
            (0, &[], &[]),
            (0, &[5, 6, 9], &[]),
            (4, &[5, 6], &[]),
            (0, &[5, 0], &[]),
            (0, &[0, 0], &[]),
            (0, &[5, 5], &[1]),
            (0, &[6, 5, 7], &[1, 2]),
            (0, &[0, 5], &[1]),
            (0, &[4, 0, 5, 0], &[2, 3]),
            (0, &[4, 5, 4, 6], &[2, 3]),
            // Below the last one that is settled; below a height that is stamped into it.
            (5, &[5, 6], &[0, 1]),
            (0, &[3, 6], &[0, 1]),
        ];
        for (number, (settled_log, heights, expected)) in cases.into_iter().enumerate() {
            assert_eq!(lost(settled_log, heights), expected, "case {number}");
        }
    }

    #[test]
    fn what_lies_deep_in_the_wrong_order_is_given_up() {
        let all = |looks: &[(Carrier, Option<Whereabouts>)]| fates(looks, 0, 14, &PATIENCE);
        let mined = |height, firm| Fate::Mined { height, firm };
        // A fork came while nobody looked, and settled: the second stands before the first.
        let swapped = [
            (carrier(1, Some(9)), in_block(11, 4)),
            (carrier(2, Some(12)), in_block(10, 5)),
        ];
        assert_eq!(all(&swapped), [mined(11, true), Fate::Lost]);
        // The second is settled after the first, and not before.
        let early = [
            (carrier(1, Some(10)), None),
            (carrier(2, Some(11)), in_block(11, 4)),
            (carrier(3, None), in_block(12, 3)),
        ];
        assert_eq!(all(&early), [Fate::Same, Fate::Same, mined(12, false)]);
        // What follows a lost one is lost with it; Data transactions stand in no order.
        let data = Carrier {
            kind: Kind::Data,
            ..carrier(2, Some(3))
        };
        let behind = [
            (carrier(1, None), Some(Whereabouts::Unknown)),
            (data, in_block(3, 1)),
            (carrier(3, None), Some(Whereabouts::Pending)),
        ];
        let fates = fates(&behind, 0, 16, &PATIENCE);
        assert_eq!(fates, [Fate::Lost, Fate::Same, Fate::Lost]);
    }
}
