//! Which logs are awake: one task for each, one mailbox each, and the signed slots that are not kept yet.
//!
//! The registry holds the only sender of every mailbox and hands requests in under its lock, so a task that finds its mailbox
//! empty under the same lock can go to sleep without losing anything, and dropping the senders ends all tasks in order.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use aosec_wire::{Assignment, Id, record::HeadSignature};
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};

use super::{
    admission::Want,
    refusal::{Refusal, Unavailable},
};
use crate::store::joined::Seam;

/// Requests that may wait for one process: a thousand clients that speak at the same moment, and as many again; eight batches.
pub(super) const MAILBOX: usize = 2_048;
/// Processes that may be awake at once; a sleeping one costs nothing. Each holds a mailbox and its last assignment, some 4 KiB.
const AWAKE: usize = 65_536;

/// A message on its way to its slot.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) want: Want,
    pub(super) reply: oneshot::Sender<Result<Assignment, Refusal>>,
    pub(super) since: Instant,
    /// Its share of the memory that waiting messages may take.
    pub(super) _room: OwnedSemaphorePermit,
}

/// What comes into the mailbox of a log.
#[derive(Debug)]
pub(super) enum Letter {
    /// A message on its way.
    Item(Request),
    /// The log is to be held where its owner has registered it (PROTOCOL 5.15): answered once nothing of it can be signed there.
    Hold(oneshot::Sender<Result<Seam, Refusal>>),
}

impl Letter {
    /// Answers that it is not done, and why.
    pub(super) fn refuse(self, reason: Refusal) {
        // Whoever asked may have gone.
        match self {
            Self::Item(request) => drop(request.reply.send(Err(reason))),
            Self::Hold(reply) => drop(reply.send(Err(reason))),
        }
    }
}

/// A signed slot.
#[derive(Clone, Debug)]
pub struct Signed {
    /// The assignment.
    pub assignment: Assignment,
    /// Bytes of the message that are published beside the assignment.
    pub message_bytes: u64,
}

/// The signed end of a log that the store does not hold yet: at most one batch. Readers look here first, then at the store.
#[derive(Debug, Default)]
pub(super) struct Tail(Mutex<Unkept>);

/// A sealed batch that the store does not hold yet, or nothing.
#[derive(Clone, Debug, Default)]
pub(super) struct Unkept {
    pub(super) signed: Vec<Signed>,
    /// The signature over its end; none where it has no slots.
    pub(super) head: Option<HeadSignature>,
}

impl Tail {
    pub(super) fn get(&self) -> Vec<Signed> {
        unpoisoned(&self.0).signed.clone()
    }

    /// What is to be kept: the slots with the signature over their end.
    pub(super) fn unkept(&self) -> Unkept {
        unpoisoned(&self.0).clone()
    }

    pub(super) fn set(&self, unkept: Unkept) {
        *unpoisoned(&self.0) = unkept;
    }

    pub(super) fn is_empty(&self) -> bool {
        unpoisoned(&self.0).signed.is_empty()
    }
}

/// The logs that are awake.
#[derive(Debug, Default)]
pub(super) struct Registry(Mutex<Logs>);

#[derive(Debug, Default)]
struct Logs {
    awake: BTreeMap<Id, Log>,
    closed: bool,
}

#[derive(Debug)]
struct Log {
    mailbox: mpsc::Sender<Letter>,
    tail: Arc<Tail>,
}

/// What became of a letter that was handed in.
pub(super) enum Handed {
    /// It waits in the mailbox.
    In,
    /// The log sleeps: wake it and hand the letter in again.
    Asleep(Box<Letter>),
}

impl Registry {
    /// Puts the letter into the mailbox of its process.
    pub(super) fn hand(&self, process: Id, letter: Letter) -> Result<Handed, Unavailable> {
        let mut logs = unpoisoned(&self.0);
        if logs.closed {
            return Err(Unavailable::Stopping);
        }
        let Some(log) = logs.awake.get(&process) else {
            return Ok(Handed::Asleep(Box::new(letter)));
        };
        match log.mailbox.try_send(letter) {
            Ok(()) => Ok(Handed::In),
            Err(mpsc::error::TrySendError::Full(_)) => Err(Unavailable::Full),
            Err(mpsc::error::TrySendError::Closed(letter)) => {
                // Its task ended against its will; a new one reads the log from the store.
                logs.awake.remove(&process);
                Ok(Handed::Asleep(Box::new(letter)))
            }
        }
    }

    /// Wakes the log with `start`, which gets the mailbox and the tail, unless it is awake.
    pub(super) fn wake(
        &self,
        process: Id,
        start: impl FnOnce(mpsc::Receiver<Letter>, Arc<Tail>),
    ) -> Result<(), Unavailable> {
        let mut logs = unpoisoned(&self.0);
        if logs.closed {
            return Err(Unavailable::Stopping);
        }
        if logs.awake.contains_key(&process) {
            return Ok(());
        }
        if logs.awake.len() >= AWAKE {
            return Err(Unavailable::Full);
        }
        let (mailbox, requests) = mpsc::channel(MAILBOX);
        let tail = Arc::new(Tail::default());
        logs.awake.insert(
            process,
            Log {
                mailbox,
                tail: tail.clone(),
            },
        );
        start(requests, tail);
        Ok(())
    }

    /// Lets the log sleep if nothing waits for it; says whether it may.
    pub(super) fn sleep(&self, process: Id, mailbox: &mpsc::Receiver<Letter>) -> bool {
        let mut logs = unpoisoned(&self.0);
        let idle = mailbox.is_empty();
        if idle {
            logs.awake.remove(&process);
        }
        idle
    }

    /// Forgets a log whose task cannot go on.
    pub(super) fn forget(&self, process: Id) {
        unpoisoned(&self.0).awake.remove(&process);
    }

    /// The signed slots of `process` that the store may not hold yet. To be read before the store.
    pub(super) fn tail(&self, process: Id) -> Vec<Signed> {
        let tail = unpoisoned(&self.0)
            .awake
            .get(&process)
            .map(|log| log.tail.clone());
        tail.map_or_else(Vec::new, |tail| tail.get())
    }

    /// Takes nothing new; every task ends once its mailbox is empty.
    pub(super) fn close(&self) {
        let mut logs = unpoisoned(&self.0);
        logs.closed = true;
        logs.awake.clear();
    }
}

/// The lock is held for single map operations only, none of which can leave the map half changed.
fn unpoisoned<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use aosec_wire::Id;
    use tokio::sync::Semaphore;

    use super::*;

    const PROCESS: Id = Id::new([1; 32]);

    fn letter() -> Letter {
        let room = Arc::new(Semaphore::new(1));
        Letter::Item(Request {
            want: Want::Reference {
                id: PROCESS,
                item: None,
                exclude: Vec::new(),
            },
            reply: oneshot::channel().0,
            since: Instant::now(),
            _room: room.try_acquire_owned().unwrap(),
        })
    }

    fn awake(registry: &Registry) -> mpsc::Receiver<Letter> {
        let mut mailbox = None;
        let woken = registry.wake(PROCESS, |requests, _| mailbox = Some(requests));
        woken.unwrap();
        mailbox.unwrap()
    }

    fn is_asleep(registry: &Registry) -> bool {
        matches!(registry.hand(PROCESS, letter()), Ok(Handed::Asleep(_)))
    }

    #[test]
    fn a_log_sleeps_only_while_nothing_waits() {
        let registry = Registry::default();
        assert!(is_asleep(&registry));
        let mut mailbox = awake(&registry);
        assert!(!is_asleep(&registry));
        assert!(!registry.sleep(PROCESS, &mailbox), "a message waits");
        assert!(mailbox.try_recv().is_ok());
        assert!(registry.sleep(PROCESS, &mailbox));
        assert!(is_asleep(&registry), "the next message wakes it again");
        assert!(mailbox.blocking_recv().is_none(), "and its task has ended");
    }

    #[test]
    fn a_full_mailbox_and_a_dead_task_are_told() {
        let registry = Registry::default();
        let mailbox = awake(&registry);
        for _ in 0..MAILBOX {
            assert!(!is_asleep(&registry));
        }
        let full = registry.hand(PROCESS, letter());
        assert!(matches!(full, Err(Unavailable::Full)));
        drop(mailbox);
        assert!(is_asleep(&registry), "another task may take over");
    }

    #[test]
    fn a_closed_registry_takes_nothing() {
        let registry = Registry::default();
        let mut mailbox = awake(&registry);
        assert!(!is_asleep(&registry));
        registry.close();
        let late = registry.hand(PROCESS, letter());
        assert!(matches!(late, Err(Unavailable::Stopping)));
        assert!(mailbox.try_recv().is_ok(), "what was taken is done");
        assert!(mailbox.blocking_recv().is_none());
    }
}
