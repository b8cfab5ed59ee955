//! Step 1 of D1 for many logs at once: what comes while one commit is under way goes into the next one, as one job.
//!
//! 1. The part of each log is applied whole or not at all, and answered once it is durable.
//! 2. Where the common job fails, every part is tried by itself: a log whose part is refused, as one that repeats a message,
//!    costs the others a moment and nothing else.
//!
//! Rows of all parts go to a table together, so that a commit costs the same few statements however many logs take part.
//! Deliberately absent: any rule. What stands in a part is decided by the owner of the log ([`super::actor`]).

use std::{ops::Range, sync::Arc};

use aosec_wire::{Assignment, Id, VerifiedItem, record::HeadSignature};
use tokio::sync::{mpsc, oneshot};

use super::{outbox, registry::Unkept};
use crate::store::{Db, Store, StoreError, item, log, process, publication, receipt};

/// Parts that may wait, one for each of many busy logs. Whoever comes later waits for a place.
const QUEUE: usize = 1_024;
/// A commit takes no further part from so many new slots on: the first of them would wait longer than it gains.
const SLOTS_AIM: usize = 512;
/// Parts of one commit: those without new slots cost something too.
const PARTS_MAX: usize = 256;

/// What one log wants kept.
#[derive(Debug)]
pub(super) struct Part {
    /// The log.
    pub(super) process: Id,
    /// The epoch in which it begins and the court that its spawn names, where it begins.
    pub(super) opens: Option<(u64, Id)>,
    /// Messages of the new slots.
    pub(super) items: Vec<VerifiedItem>,
    /// The new slots.
    pub(super) rows: Vec<log::Row>,
    /// Signatures of the batch before.
    pub(super) unkept: Unkept,
}

impl Part {
    /// No new slots, only signatures.
    pub(super) fn to_keep(process: Id, unkept: Unkept) -> Self {
        Self {
            process,
            opens: None,
            items: Vec::new(),
            rows: Vec::new(),
            unkept,
        }
    }
}

/// The road to the task that commits. The task ends with it.
#[derive(Debug)]
pub(super) struct Gather {
    queue: mpsc::Sender<Order>,
}

#[derive(Debug)]
struct Order {
    part: Part,
    reply: Reply,
}

type Reply = oneshot::Sender<Result<(), StoreError>>;

impl Gather {
    pub(super) fn start(store: Store) -> Self {
        let (queue, orders) = mpsc::channel(QUEUE);
        tokio::spawn(run(store, orders));
        Self { queue }
    }

    /// Returns once the part is durable, or is known not to be.
    pub(super) async fn commit(&self, part: Part) -> Result<(), StoreError> {
        let (reply, answer) = oneshot::channel();
        let order = Order { part, reply };
        self.queue
            .send(order)
            .await
            .map_err(|_| StoreError::Closed)?;
        answer.await.map_err(|_| StoreError::Closed)?
    }
}

async fn run(store: Store, mut orders: mpsc::Receiver<Order>) {
    while let Some(first) = orders.recv().await {
        commit(&store, gathered(first, &mut orders)).await;
    }
}

/// `first` and what else waits, up to a commit's size.
fn gathered(first: Order, orders: &mut mpsc::Receiver<Order>) -> Vec<Order> {
    let mut slots = first.part.rows.len();
    let mut gathered = vec![first];
    while slots < SLOTS_AIM && gathered.len() < PARTS_MAX {
        let Ok(next) = orders.try_recv() else { break };
        slots += next.part.rows.len();
        gathered.push(next);
    }
    gathered
}

async fn commit(store: &Store, orders: Vec<Order>) {
    let (parts, replies): (Vec<_>, Vec<_>) = orders
        .into_iter()
        .map(|order| (order.part, order.reply))
        .unzip();
    let parts: Arc<[Part]> = parts.into();
    let written = write(store.clone(), parts.clone(), 0..parts.len()).await;
    if written.is_err() && parts.len() > 1 {
        return apart(store, &parts, replies);
    }
    // An error has one part and goes to it; a success goes to all.
    let failed = written.err();
    let mut answers = failed
        .map(Err)
        .into_iter()
        .chain(std::iter::repeat_with(|| Ok(())));
    for (reply, done) in replies.into_iter().zip(&mut answers) {
        answer(reply, done);
    }
}

/// Tries each part by itself. The store gathers those into one commit again.
fn apart(store: &Store, parts: &Arc<[Part]>, replies: Vec<Reply>) {
    for (index, reply) in replies.into_iter().enumerate() {
        let written = write(store.clone(), parts.clone(), index..index + 1);
        tokio::spawn(async move { answer(reply, written.await) });
    }
}

async fn write(store: Store, parts: Arc<[Part]>, chosen: Range<usize>) -> Result<(), StoreError> {
    store
        .write(async move |db| apply(db, parts.get(chosen).unwrap_or_default()).await)
        .await
}

/// Parents before their children: processes, messages, slots, the signatures of earlier slots, what is to be published.
async fn apply(db: &mut Db, parts: &[Part]) -> Result<(), StoreError> {
    for part in parts {
        if let Some((epoch, origin)) = part.opens {
            process::insert(db, part.process, epoch, origin).await?;
        }
    }
    let items: Vec<_> = parts.iter().flat_map(|part| part.items.clone()).collect();
    item::insert(db, &items).await?;
    let rows: Vec<_> = parts.iter().flat_map(Part::placed).collect();
    log::insert(db, &rows).await?;
    let signed: Vec<_> = parts.iter().flat_map(Part::signed).collect();
    receipt::insert(db, &signed).await?;
    let runs: Vec<_> = parts.iter().flat_map(Part::runs).collect();
    publication::insert(db, &runs).await
}

impl Part {
    fn placed(&self) -> impl Iterator<Item = (Id, &log::Row)> {
        self.rows.iter().map(|row| (self.process, row))
    }

    fn signed(&self) -> impl Iterator<Item = &Assignment> {
        self.unkept.signed.iter().map(|one| &one.assignment)
    }

    /// What is to be published, the last with the signature over its end.
    fn runs(&self) -> Vec<(publication::Run, Option<&HeadSignature>)> {
        let mut runs: Vec<_> = outbox::runs(self.process, &self.unkept.signed)
            .into_iter()
            .map(|run| (run, None))
            .collect();
        if let Some((_, head)) = runs.last_mut() {
            *head = self.unkept.head.as_ref();
        }
        runs
    }
}

fn answer(reply: Reply, answer: Result<(), StoreError>) {
    // Whoever asked may have gone; what is kept stays kept.
    let _ = reply.send(answer);
}

#[cfg(test)]
mod tests {
    use aosec_wire::record::NO_ORIGIN;

    use super::*;

    fn row(slot: u64, message: Id) -> log::Row {
        log::Row {
            slot,
            epoch: 0,
            message,
            content: None,
            height: 1,
            timestamp: 1_000 + slot,
            log_chain: Id::new([0; 32]),
            entry: log::Entry::Sent,
            exclude: Vec::new(),
        }
    }

    /// The log of process `number` goes on with `message` in `slot`.
    fn part(number: u8, slot: u64, message: Id) -> Part {
        Part {
            process: Id::new([number; 32]),
            opens: (slot == 0).then_some((0, NO_ORIGIN)),
            items: Vec::new(),
            rows: vec![row(slot, message)],
            unkept: Unkept::default(),
        }
    }

    async fn length(store: &Store, number: u8) -> usize {
        let rows = log::from(store, Id::new([number; 32]), 0, 9).await;
        rows.unwrap().len()
    }

    #[tokio::test]
    async fn a_log_that_repeats_a_message_costs_the_others_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).await.unwrap();
        let gather = Gather::start(store.clone());
        let message = |number| Id::new([number; 32]);
        let begun = tokio::join!(
            gather.commit(part(1, 0, message(1))),
            gather.commit(part(2, 0, message(2))),
            gather.commit(part(3, 0, message(3))),
        );
        assert!(begun.0.is_ok() && begun.1.is_ok() && begun.2.is_ok());
        let (first, repeats, last) = tokio::join!(
            gather.commit(part(1, 1, message(9))),
            gather.commit(part(2, 1, message(2))),
            gather.commit(part(3, 1, message(9))),
        );
        assert!(
            first.is_ok() && last.is_ok(),
            "one message may stand in two logs"
        );
        assert!(repeats.unwrap_err().is_repetition());
        let alone = gather.commit(part(2, 1, message(2))).await;
        assert!(alone.unwrap_err().is_repetition(), "also by itself");
        gather.commit(part(2, 1, message(4))).await.unwrap();
        for number in 1..=3 {
            assert_eq!(length(&store, number).await, 2, "log {number}");
        }
    }

    #[tokio::test]
    async fn a_commit_has_a_bounded_number_of_slots_and_logs() {
        let orders = |count: usize, slots: u64| {
            let (queue, mut waiting) = mpsc::channel(QUEUE);
            for _ in 0..count {
                let rows = (0..slots).map(|slot| row(slot, Id::new([1; 32])));
                let mut part = part(1, 0, Id::new([1; 32]));
                part.rows = rows.collect();
                queue
                    .try_send(Order {
                        part,
                        reply: oneshot::channel().0,
                    })
                    .unwrap();
            }
            let first = waiting.try_recv().unwrap();
            gathered(first, &mut waiting).len()
        };
        assert_eq!(orders(9, 256), 2);
        assert_eq!(orders(9, 1), 9);
        assert_eq!(orders(QUEUE, 0), PARTS_MAX);
    }
}
