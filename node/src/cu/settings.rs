//! What the compute unit is made of, and what its operator may set.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use aosec_wire::{Address, VerifiedItem};

use super::machine::Workshop;
use super::present::Present;
use super::queue::Bounds;
use super::source::{Authorities, Items, Log};
use super::terms::Terms;
use crate::shutdown::Shutdown;
use crate::store::Store;

/// How long a message that has no slot yet is looked for: its assignment may be on its way.
pub const SLOT_DEADLINE: Duration = Duration::from_secs(5);
/// The most memory that a process may ask for, unless the operator says otherwise.
pub const MEMORY_BYTES_MAX: u64 = 1 << 30;
/// The most fuel for one message, unless the operator says otherwise: about a minute of a core.
pub const FUEL_MAX: u64 = 50_000_000_000;
/// What live instances may take together, unless the operator says otherwise: half of what a node with ten thousand processes may
/// take. An ordinary process takes some 4 MiB awake and nothing asleep, and wakes in milliseconds.
pub const RESIDENT_BYTES: u64 = 512 << 20;
/// Evaluations that have lasted and go on beside the others. Each may fill the memory that its process may have.
pub const LASTING_MAX: usize = 16;
/// Evaluations of one owner at once: a quarter of those.
pub const OF_OWNER_MAX: usize = 4;

/// What the unit is made of.
#[derive(Debug)]
pub struct Settings {
    /// What it needs from outside.
    pub doors: Doors,
    /// The most that a process may ask for.
    pub most: Terms,
    /// What live instances may take together.
    pub resident_bytes: u64,
    /// Evaluations at once, how many may last beside them, and how many of all are one owner's.
    pub lanes: Bounds,
    /// How long a message without a slot is looked for.
    pub slot_deadline: Duration,
}

/// The doors of the unit, all of which the node has to give.
#[derive(Debug)]
pub struct Doors {
    /// Where outcomes are kept.
    pub store: Store,
    /// The unit's own folder.
    pub folder: PathBuf,
    /// The logs.
    pub log: Arc<dyn Log>,
    /// Items by id.
    pub items: Arc<dyn Items>,
    /// What the court says of authority keys.
    pub authorities: Arc<dyn Authorities>,
    /// What time it is.
    pub present: Arc<dyn Present>,
    /// The engine.
    pub workshop: Arc<dyn Workshop>,
    /// Module items that this binary carries.
    pub modules: Vec<VerifiedItem>,
    /// The address that this unit shows.
    pub address: Address,
    /// The end of the node.
    pub shutdown: Shutdown,
}

impl Settings {
    /// The limits of an ordinary operator around `doors`.
    #[must_use]
    pub fn ordinary(doors: Doors) -> Self {
        Self {
            doors,
            most: Terms {
                memory_bytes: MEMORY_BYTES_MAX,
                fuel: FUEL_MAX,
            },
            resident_bytes: RESIDENT_BYTES,
            lanes: ordinary_bounds(),
            slot_deadline: SLOT_DEADLINE,
        }
    }
}

/// A lane for each core, and what may last beside them.
#[must_use]
pub fn ordinary_bounds() -> Bounds {
    Bounds {
        lanes: std::thread::available_parallelism().map_or(1, usize::from),
        lasting: LASTING_MAX,
        of_owner: OF_OWNER_MAX,
    }
}
