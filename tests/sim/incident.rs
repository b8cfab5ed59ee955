//! What goes wrong in a world, and when: drawn once, at the beginning.

use super::{disk::Stop, event::Moment, scene::Scene};
use crate::harness::seed::Seed;

/// Something goes wrong, now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Incident {
    /// A machine stops at this moment of its work, the next time that it gets there.
    StopAt(usize, Moment, Stop),
    /// A machine stops wherever it is.
    StopNow(usize, Stop),
    /// The disk takes no more for so long.
    DiskFull(usize, u64),
    /// The next flush of the store fails.
    StoreFlushFails(usize),
    /// The next flush of the guard file fails.
    GuardFlushFails(usize),
    /// The power goes, and on the disk something has changed.
    Damage(usize, Damage),
    /// The clock is set, by so many milliseconds.
    ClockJump(usize, i64),
    /// A machine hears no clients for so long.
    CutOff(usize, u64),
    /// All files are copied aside.
    Backup(usize),
    /// The work moves to another machine: the files go over in order, the old one is never switched on again.
    Move(usize),
    /// The last blocks never were.
    Fork(u64),
    /// No transaction is mined for so long.
    Censorship(u64),
    /// A gateway lags so many blocks behind.
    Lag(usize, u64),
    /// A gateway shows no new transactions.
    Hiding(usize),
    /// A gateway answers nothing.
    Silence(usize),
    /// A gateway is as it should be.
    Well(usize),
}

/// What becomes of the files of a machine without power.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Damage {
    /// A bit of the guard file is another.
    GuardFlip,
    /// The guard file ends earlier.
    GuardCut,
    /// The guard file is gone.
    GuardLost,
    /// The guard file is exchanged for its backup.
    GuardRestored,
    /// The store's write-ahead log is damaged: its last commits are gone, and nobody says so.
    StoreEnd,
    /// The store is exchanged for its backup.
    StoreRestored,
    /// The store is gone.
    StoreLost,
}

const DAMAGES: [Damage; 7] = [
    Damage::GuardFlip,
    Damage::GuardCut,
    Damage::GuardLost,
    Damage::GuardRestored,
    Damage::StoreEnd,
    Damage::StoreRestored,
    Damage::StoreLost,
];

impl Damage {
    /// Whether the guard file is the one that changes.
    pub(super) fn is_to_guard(self) -> bool {
        match self {
            Self::GuardFlip | Self::GuardCut | Self::GuardLost | Self::GuardRestored => true,
            Self::StoreEnd | Self::StoreRestored | Self::StoreLost => false,
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::GuardFlip => "a bit flipped in the guard file",
            Self::GuardCut => "a guard file cut short",
            Self::GuardLost => "a guard file lost",
            Self::GuardRestored => "a guard file restored from a backup",
            Self::StoreEnd => "a store that lost its end",
            Self::StoreRestored => "a store restored from a backup",
            Self::StoreLost => "a store lost",
        }
    }
}

/// The longest that a bounded trouble lasts.
const TROUBLE_MS_MAX: u64 = 30_000;
/// How far a clock is set back or forth. Beyond half an hour back a log stops, which is right and tells nothing more.
const CLOCK_JUMP_MS_MAX: u64 = 40 * 60_000;

impl Incident {
    /// One that may happen in this scene.
    pub(super) fn draw(scene: &Scene, dice: &mut Seed) -> Self {
        let machine = index(dice, scene.machines.len());
        let gateway = index(dice, scene.gateways);
        let lasting = 1 + dice.below(TROUBLE_MS_MAX);
        let stop = [Stop::Kill, Stop::Power][index(dice, 2)];
        match dice.below(100) {
            0..34 => Self::StopAt(machine, Moment::ALL[index(dice, Moment::ALL.len())], stop),
            34..40 => Self::StopNow(machine, stop),
            40..44 => Self::DiskFull(machine, lasting),
            44..47 => Self::StoreFlushFails(machine),
            47..50 => Self::GuardFlushFails(machine),
            50..64 => Self::Damage(machine, DAMAGES[index(dice, DAMAGES.len())]),
            64..68 => Self::ClockJump(machine, jump(dice)),
            68..71 => Self::CutOff(machine, lasting),
            71..77 => Self::Backup(machine),
            77..79 => Self::Move(machine),
            79..88 => Self::Fork(1 + dice.below(scene.fork_depth_max)),
            88..90 => Self::Censorship(lasting),
            90..93 => Self::Lag(gateway, 1 + dice.below(6)),
            93..96 => Self::Hiding(gateway),
            96..98 => Self::Silence(gateway),
            _ => Self::Well(gateway),
        }
    }
}

fn jump(dice: &mut Seed) -> i64 {
    let far = i64::try_from(dice.below(2 * CLOCK_JUMP_MS_MAX)).unwrap_or(0);
    far - i64::try_from(CLOCK_JUMP_MS_MAX).unwrap_or(0)
}

fn index(dice: &mut Seed, count: usize) -> usize {
    usize::try_from(dice.below(count as u64)).unwrap_or(0)
}
