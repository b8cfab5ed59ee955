//! How often the court's state gets a root. Pure.
//!
//! A root looks at the whole memory. At the tip each block has one. Settled blocks that are caught up with have one where it costs
//! little beside what has run since the last: a year has a quarter of a million blocks, and most of them bring a Tick alone.

/// Memory that is looked at whole behind every block, however many blocks wait: half a millisecond.
const SMALL_BYTES: u64 = 8 << 20;
/// Memory that is looked at in half the time that a message takes.
const BYTES_A_MESSAGE: u64 = 256 << 10;
/// Messages that wait for a root are kept, and run again where one must leave nothing behind: what a node spares for them.
const WAITING_BYTES: usize = 32 << 20;
/// So far below the newest settled block every block has a root again: some two hours of a real network, for those who compare.
const RECENT: u64 = 64;

/// How often the state gets a root.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pace {
    /// Behind every block.
    #[default]
    EachBlock,
    /// Where it costs little beside what has run since the last one.
    CatchingUp,
}

impl Pace {
    /// The pace of the block at `height`, where the newest settled one is known.
    #[must_use]
    pub fn of(height: u64, firm: Option<u64>) -> Self {
        match firm.is_some_and(|firm| height.saturating_add(RECENT) < firm) {
            true => Self::CatchingUp,
            false => Self::EachBlock,
        }
    }

    /// Whether a root is due once so many messages, of so many bytes, have run on a state of this size.
    #[must_use]
    pub const fn is_due(self, memory_bytes: u64, messages: usize, bytes: usize) -> bool {
        match self {
            Self::EachBlock => true,
            Self::CatchingUp => {
                memory_bytes <= SMALL_BYTES
                    || bytes >= WAITING_BYTES
                    || memory_bytes <= BYTES_A_MESSAGE.saturating_mul(messages as u64)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_state_waits_for_enough_messages() {
        let large = 64 * BYTES_A_MESSAGE;
        assert!(!Pace::CatchingUp.is_due(large, 63, WAITING_BYTES - 1));
        assert!(Pace::CatchingUp.is_due(large, 64, 1));
        assert!(Pace::CatchingUp.is_due(large, 1, WAITING_BYTES));
        assert!(Pace::CatchingUp.is_due(SMALL_BYTES, 1, 1));
        assert!(Pace::EachBlock.is_due(large, 0, 0));
    }

    #[test]
    fn the_newest_blocks_have_a_root_each() {
        assert_eq!(Pace::of(10, None), Pace::EachBlock);
        assert_eq!(Pace::of(10, Some(10 + RECENT)), Pace::EachBlock);
        assert_eq!(Pace::of(10, Some(11 + RECENT)), Pace::CatchingUp);
    }
}
