//! What becomes of a posted transaction: pure rules over what gateways say of it.
//!
//! 1. It is lost when no gateway knows it for some blocks, or when it is in no block after many: what it carried is posted
//!    again. A lost one that turns up later does no harm, because equal content has no second effect (PROTOCOL 5.6).
//! 2. A reorg may put it back into no block, or into another one; it is followed until its block is settled.
//! 3. Log transactions must stand in the chain in the order in which they were posted: a record that is mined before its
//!    predecessor is judged there, once and for all, as one that follows nothing (PROTOCOL 5.6).

use super::ports::{Mined, Whereabouts};
use crate::store::carrier::Carrier;

/// How long a transaction is waited for, in blocks.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// Until one that no gateway knows is lost.
    pub forgotten_after_blocks: u64,
    /// Until one that is in no block is lost, whatever gateways say.
    pub repost_after_blocks: u64,
    /// Confirmations that settle it.
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

/// The fate of `carrier` at the tip of `tip_height`; `whereabouts` is none where the gateways could not be asked.
pub fn fate(
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
    match confirmations >= settlement_depth {
        true => Fate::Mined { height, firm: true },
        false if noted == Some(height) => Fate::Same,
        false => Fate::Mined {
            height,
            firm: false,
        },
    }
}

/// Those of the unsettled Log transactions, given in the order of posting, that do not count where they stand: from the first
/// on that is in a block not above those of all before it.
pub fn misplaced(logs: &[Carrier]) -> Vec<i64> {
    let mut floor = Some(0);
    for (index, log) in logs.iter().enumerate() {
        match (floor, log.mined_height) {
            (Some(below), Some(height)) if height > below => floor = Some(height),
            (_, Some(_)) => return logs[index..].iter().map(|log| log.number).collect(),
            (_, None) => floor = None,
        }
    }
    Vec::new()
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
            (Some(12), in_block(12, 3), 14, mined(12, true)),
            (None, in_block(12, 3), 14, mined(12, true)),
            (Some(12), unknown, 14, Fate::Left),
            (Some(12), pending, 99, Fate::Left),
            (Some(12), None, 99, Fate::Same),
        ];
        for (number, (noted, whereabouts, tip, expected)) in cases.into_iter().enumerate() {
            let found = fate(&carrier(1, noted), whereabouts, tip, &PATIENCE);
            assert_eq!(found, expected, "case {number}");
        }
    }

    #[test]
    fn records_stand_in_the_order_of_posting() {
        let cases: [(&[Option<u64>], &[i64]); 9] = [
            (&[], &[]),
            (&[Some(5), Some(6), Some(9)], &[]),
            (&[Some(5), None], &[]),
            (&[None, None], &[]),
            (&[Some(5), Some(5)], &[1]),
            (&[Some(6), Some(5), Some(7)], &[1, 2]),
            (&[None, Some(5)], &[1]),
            (&[Some(4), None, Some(5), None], &[2, 3]),
            (&[Some(4), Some(5), Some(4), Some(6)], &[2, 3]),
        ];
        for (number, (heights, expected)) in cases.into_iter().enumerate() {
            let numbered = heights.iter().zip(0..);
            let logs: Vec<_> = numbered.map(|(mined, at)| carrier(at, *mined)).collect();
            assert_eq!(misplaced(&logs), expected, "case {number}");
        }
    }
}
