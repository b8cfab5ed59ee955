//! Where the log of one process stands (PROTOCOL 5.4, 5.6), with what a reorg can still take back.
//!
//! A log is a pure function of its entries, so that it can be stored as entries and made again of them ([`Log::restore`]). It
//! keeps the entries above the firm block, and of all below it the head and the message ids. It judges nothing: entries come
//! here checked.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use aosec_wire::{Chain, Id, LogEntry};
use thiserror::Error;

use super::block::Parameters;

/// One canonical slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The slot.
    pub slot: u64,
    /// The message in it.
    pub message: Id,
    /// The height that the host stamped.
    pub height: u64,
    /// The time that the host stamped, in milliseconds.
    pub timestamp: u64,
    /// The log chain at this slot.
    pub chain: Id,
    /// The height of the block that made the slot canonical.
    pub mined: u64,
    /// The epoch whose host ordered it.
    pub epoch: u64,
}

/// The end of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogHead {
    /// The last slot.
    pub slot: u64,
    /// The log chain there.
    pub chain: Id,
    /// The stamped height there; 0 where no record has extended the log yet.
    pub height: u64,
    /// The stamped time there in milliseconds; 0 likewise.
    pub timestamp: u64,
    /// The height of the block that made it canonical; 0 likewise.
    pub mined: u64,
    /// The epoch whose host ordered it.
    pub epoch: u64,
    /// By how many blocks the records and receipts of this epoch were late, added up (2.8).
    pub late: u64,
}

/// Where the part of a log begins that the law looks at: its last slot that is in no record (5.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Start {
    slot: u64,
    chain: Id,
    /// The spawn, where it holds a slot of the law's log.
    spawn: Option<Id>,
}

impl Start {
    /// The start of a process: its spawn holds slot 0, and C₀ = H(process id).
    #[must_use]
    pub fn of_spawn(process: Id) -> Self {
        Self {
            slot: 0,
            chain: Id::sha256(process.as_bytes()),
            spawn: Some(process),
        }
    }

    /// The start of a registered process before slot `first_slot` (5.15): C = H(process id ‖ legacy chain there), and ids before
    /// do not count. `None` for slot 0, which has no slot before it.
    #[must_use]
    pub fn of_registered(process: Id, first_slot: u64, legacy_chain: Id) -> Option<Self> {
        Some(Self {
            slot: first_slot.checked_sub(1)?,
            chain: Chain::registered(process, legacy_chain).log,
            spawn: None,
        })
    }

    const fn head(&self) -> LogHead {
        LogHead {
            slot: self.slot,
            chain: self.chain,
            height: 0,
            timestamp: 0,
            mined: 0,
            epoch: 0,
            late: 0,
        }
    }
}

/// What is wrong with stored entries: they are not the log that was stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the stored entry of slot {slot} {what}")]
pub struct LogFault {
    /// Where a slot was expected.
    pub slot: u64,
    /// What does not fit.
    pub what: &'static str,
}

/// The log of one process. A clone shares what is settled, so that a copy can look ahead at little cost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Log {
    process: Id,
    /// The head below which no reorg reaches.
    settled: LogHead,
    /// What was mined above the firm block, a run for each block.
    recent: VecDeque<Run>,
    /// Every message that has a settled slot.
    settled_messages: Arc<BTreeSet<Id>>,
    /// Every message in [`Self::recent`].
    recent_messages: BTreeSet<Id>,
}

/// The entries that one block brought, and where the log stood after them.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Run {
    head: LogHead,
    entries: Vec<Entry>,
}

impl Log {
    /// The log of a process that no record has extended yet.
    #[must_use]
    pub fn begin(process: Id, start: Start) -> Self {
        Self {
            process,
            settled: start.head(),
            recent: VecDeque::new(),
            settled_messages: Arc::new(start.spawn.into_iter().collect()),
            recent_messages: BTreeSet::new(),
        }
    }

    /// The log that stored entries are, all from the first on, in order; `firm` is the height of the firm block.
    ///
    /// # Errors
    /// The first entry that does not follow from the one before.
    pub fn restore(
        process: Id,
        start: Start,
        entries: impl IntoIterator<Item = Entry>,
        firm: u64,
        parameters: &Parameters,
    ) -> Result<Self, LogFault> {
        let mut log = Self::begin(process, start);
        let mut run: Vec<Entry> = Vec::new();
        for entry in entries {
            if run
                .last()
                .is_some_and(|last| !last.is_one_block_with(&entry))
            {
                log.extend(std::mem::take(&mut run), parameters);
                log.settle(firm);
            }
            let before = run.last().copied();
            check_stored(&before.unwrap_or(Entry::at_head(log.head())), &entry)?;
            let new = !log.knows(&entry.message) && log.recent_messages.insert(entry.message);
            if !new {
                return Err(LogFault {
                    slot: entry.slot,
                    what: "repeats a message",
                });
            }
            run.push(entry);
        }
        log.extend(run, parameters);
        log.settle(firm);
        Ok(log)
    }

    /// The process.
    #[must_use]
    pub const fn process(&self) -> Id {
        self.process
    }

    /// Where it stands at the tip: soft (1.2).
    #[must_use]
    pub fn head(&self) -> &LogHead {
        self.recent.back().map_or(&self.settled, |run| &run.head)
    }

    /// Where it stands at the firm block (1.2).
    #[must_use]
    pub const fn firm_head(&self) -> &LogHead {
        &self.settled
    }

    /// The entries above the firm head, in order.
    pub fn recent(&self) -> impl Iterator<Item = &Entry> {
        self.recent.iter().flat_map(|run| &run.entries)
    }

    /// Whether the message has a slot.
    #[must_use]
    pub fn knows(&self, message: &Id) -> bool {
        self.recent_messages.contains(message) || self.settled_messages.contains(message)
    }

    /// Puts checked entries of one block behind the head.
    pub(super) fn extend(&mut self, entries: Vec<Entry>, parameters: &Parameters) {
        let (Some(first), Some(last)) = (entries.first(), entries.last()) else {
            return;
        };
        let head = LogHead {
            slot: last.slot,
            chain: last.chain,
            height: last.height,
            timestamp: last.timestamp,
            mined: last.mined,
            epoch: last.epoch,
            late: self.late_with(first, parameters.late_after),
        };
        let messages = entries.iter().map(|entry| entry.message);
        self.recent_messages.extend(messages);
        match self.recent.back_mut() {
            Some(run) if run.is_one_block_with(&head) => {
                run.head = head;
                run.entries.extend(entries);
            }
            _ => self.recent.push_back(Run { head, entries }),
        }
    }

    /// Forgets what lies above the block `to`. Says whether anything did.
    pub(super) fn truncate(&mut self, to: u64) -> bool {
        let mut cut = false;
        while let Some(run) = self.recent.pop_back_if(|run| run.head.mined > to) {
            cut = true;
            for entry in &run.entries {
                self.recent_messages.remove(&entry.message);
            }
        }
        cut
    }

    /// Takes what lies at or below the block `firm` as final.
    pub fn settle(&mut self, firm: u64) {
        while let Some(run) = self.recent.pop_front_if(|run| run.head.mined <= firm) {
            self.settled = run.head;
            let settled = Arc::make_mut(&mut self.settled_messages);
            for entry in &run.entries {
                self.recent_messages.remove(&entry.message);
                settled.insert(entry.message);
            }
        }
    }

    /// Whether nothing of it can be taken back any more.
    pub(super) fn is_settled(&self) -> bool {
        self.recent.is_empty()
    }

    /// Lateness of the epoch with one more record or receipt (2.8): max(0, mined − max(mined of the extension before, first new stamp +
    /// `late_after`)). A second record in one block adds nothing, so a run may stand for several records.
    fn late_with(&self, first: &Entry, late_after: u64) -> u64 {
        let before = self.head();
        let due = before.mined.max(first.height.saturating_add(late_after));
        let so_far = if before.epoch == first.epoch {
            before.late
        } else {
            0
        };
        so_far.saturating_add(first.mined.saturating_sub(due))
    }
}

impl Run {
    fn is_one_block_with(&self, head: &LogHead) -> bool {
        (self.head.mined, self.head.epoch) == (head.mined, head.epoch)
    }
}

impl Entry {
    /// The end of a log as the predecessor of its next entry; no message is read of it.
    pub(super) const fn at_head(head: &LogHead) -> Self {
        Self {
            slot: head.slot,
            message: Id::new([0; 32]),
            height: head.height,
            timestamp: head.timestamp,
            chain: head.chain,
            mined: head.mined,
            epoch: head.epoch,
        }
    }

    const fn content(&self) -> LogEntry {
        LogEntry {
            message: self.message,
            height: self.height,
            timestamp: self.timestamp,
        }
    }

    fn is_one_block_with(&self, other: &Self) -> bool {
        (self.mined, self.epoch) == (other.mined, other.epoch)
    }
}

/// Whether a stored entry follows from the one before: what was checked before it was stored is checked again after.
fn check_stored(before: &Entry, entry: &Entry) -> Result<(), LogFault> {
    let checks = [
        (entry.slot == before.slot + 1, "is not the next slot"),
        (
            entry.content().chain_after(before.chain) == entry.chain,
            "does not lead to its chain",
        ),
        (entry.height >= before.height, "goes back in height"),
        (entry.height <= entry.mined, "is stamped after it was mined"),
        (entry.timestamp > before.timestamp, "goes back in time"),
        (
            entry.mined >= before.mined,
            "was mined before its predecessor",
        ),
        (entry.epoch >= before.epoch, "goes back an epoch"),
    ];
    let slot = before.slot + 1;
    match checks.into_iter().find(|(holds, _)| !holds) {
        Some((_, what)) => Err(LogFault { slot, what }),
        None => Ok(()),
    }
}
