//! One machine: a clock, a disk, a key, and the node that runs on it. What the node decides is decided by its own pure rules;
//! the files beside this one perform the effects in the order in which its loops perform them.

pub(super) mod files;
pub(super) mod follow;
pub(super) mod owner;
pub(super) mod publisher;
pub(super) mod start;

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::Arc,
};

use aosec_challenge::{defender::Defence, derive::BlockRef};
use aosec_node::su::{
    chain::Batch,
    pure::{Signed, Verdict, guard::Book},
};
use aosec_wire::{Assignment, Id, record::HeadSignature};

use self::publisher::{Post, Stage};
use super::{
    disk::{Disk, Stop, store::Change},
    event::{Letter, Moment},
};

/// A machine.
#[derive(Debug, Default)]
pub(super) struct Machine {
    /// The index of its key.
    pub(super) key: usize,
    /// What its clock shows beside the true time.
    pub(super) clock_ms: i64,
    pub(super) disk: Disk,
    /// What is wrong with the disk at the moment.
    pub(super) faults: Faults,
    /// Counts the starts: what a node before the last stop set out to do is not done.
    pub(super) life: u32,
    /// None while it is switched off, or where the node refused to start.
    pub(super) node: Option<Node>,
    /// The node looked at its files and does not start.
    pub(super) refused: Option<&'static str>,
    /// The files that were last in use, kept aside from an incident on until a start finds nothing wrong.
    pub(super) original: Option<Disk>,
    /// An operator went on without the store that was last in use: only the guard still knows how far its logs go.
    pub(super) has_old_store: bool,
    /// The guard file was damaged: until it says again how far the store reaches, the store alone knows.
    pub(super) has_short_guard: bool,
    pub(super) backup: Option<Disk>,
    pub(super) trap: Option<(Moment, Stop)>,
    /// It hears nobody before this moment.
    pub(super) cut_off_until_ms: u64,
    /// Its work is done elsewhere, for good; or not yet here.
    pub(super) retired: bool,
    pub(super) gateway: usize,
}

/// What is wrong with a disk.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Faults {
    pub(super) full_until_ms: u64,
    pub(super) store_flush_fails: bool,
    pub(super) guard_flush_fails: bool,
}

/// A running node.
#[derive(Debug, Default)]
pub(super) struct Node {
    /// Store and guard disagree: it reads, publishes, and signs nothing.
    pub(super) observes: bool,
    /// Processes of which the store lacks what the guard has recorded: they are not signed for.
    pub(super) blocked: BTreeSet<Id>,
    pub(super) stalled: bool,
    pub(super) logs: BTreeMap<Id, Log>,
    pub(super) store: StoreWriter,
    pub(super) guard: GuardWriter,
    /// The tip at which all that is not settled was asked about.
    pub(super) followed_at: Option<u64>,
    /// The post that is under way.
    pub(super) posting: Option<Post>,
    /// Cases whose answer is on its way: number and message.
    pub(super) defence: Defence<(u64, String)>,
    /// The newest block over which the court was seen to sit.
    pub(super) sat: Option<BlockRef>,
    /// The court's height when it was first looked at.
    pub(super) since: Option<u64>,
}

/// The one writer of the store.
#[derive(Debug, Default)]
pub(super) struct StoreWriter {
    pub(super) waiting: Vec<Job>,
    pub(super) working: Vec<Job>,
    pub(super) broken: bool,
}

/// What one owner wants written.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) of: Owner,
    pub(super) changes: Vec<Change>,
}

/// Who waits for a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    Log(Id),
    /// The publication, with what comes next in its round.
    Publisher(Stage),
}

/// The one writer of the guard file.
#[derive(Debug, Default)]
pub(super) struct GuardWriter {
    pub(super) book: Book,
    pub(super) frames: u64,
    pub(super) waiting: Vec<Arc<Batch>>,
    /// The batches whose frame is on its way to the disk.
    pub(super) working: Vec<Arc<Batch>>,
    pub(super) stopped: bool,
}

/// A log that is awake.
#[derive(Debug, Default)]
pub(super) struct Log {
    pub(super) last: Option<Assignment>,
    pub(super) tail: Vec<Signed>,
    /// The signature over its end.
    pub(super) head: Option<HeadSignature>,
    pub(super) mailbox: VecDeque<Letter>,
    pub(super) doing: Doing,
}

/// What the owner of a log waits for.
#[derive(Debug, Default)]
pub(super) enum Doing {
    #[default]
    Nothing,
    /// Step 1 of D1.
    Committing(Work),
    /// Step 2.
    Guarding(Work),
    Keeping,
}

/// A batch on its way.
#[derive(Debug)]
pub(super) struct Work {
    pub(super) batch: Arc<Batch>,
    /// Bytes of each message.
    pub(super) bytes: Vec<u64>,
    /// Who waits for it, and what was decided; none where a wake signs what it found.
    pub(super) letters: Vec<(Letter, Verdict)>,
}

impl Machine {
    pub(super) fn new(key: usize, gateway: usize) -> Self {
        Self {
            key,
            gateway,
            ..Self::default()
        }
    }

    pub(super) fn now_ms(&self, true_ms: u64) -> u64 {
        true_ms.saturating_add_signed(self.clock_ms)
    }
}
