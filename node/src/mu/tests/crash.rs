//! A kill between every two steps: whatever was done before, the next incarnation of the node does the rest, once.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use aosec_wire::{Id, VerifiedItem};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::Notify;

use super::fakes::{ALPHA, Around, action, message};
use super::fees;
use crate::mu::outbox::{Ending, State};

/// Counts the points that the node passes on its way through the fakes; at the chosen one everything stands still for ever, as
/// for a machine that lost its power.
#[derive(Clone, Default)]
pub(super) struct Points {
    inner: Arc<Inner>,
}

#[derive(Default)]
struct Inner {
    passed: AtomicI64,
    /// 0: never.
    fatal: AtomicI64,
    reached: Notify,
}

impl Points {
    pub(super) async fn pass(&self) {
        let number = self.inner.passed.fetch_add(1, Ordering::SeqCst) + 1;
        let fatal = self.inner.fatal.load(Ordering::SeqCst);
        if fatal != 0 && number >= fatal {
            self.inner.reached.notify_one();
            std::future::pending::<()>().await;
        }
    }

    fn arm(&self, fatal: i64) {
        self.inner.passed.store(0, Ordering::SeqCst);
        self.inner.fatal.store(fatal, Ordering::SeqCst);
    }

    fn passed(&self) -> i64 {
        self.inner.passed.load(Ordering::SeqCst)
    }
}

fn runtime() -> Runtime {
    Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
}

/// How often each (process, action) got a slot; spawned processes count as one.
fn tally(around: &Around) -> BTreeMap<(String, String), usize> {
    let mut tally = BTreeMap::new();
    for item in around.scheduled() {
        let place = match item.target() {
            Some(target) => target.to_string(),
            None => "a new process".to_owned(),
        };
        *tally.entry((place, action(&item).to_owned())).or_default() += 1;
    }
    tally
}

/// Runs the journey with a kill at point `fatal` (0: none); answers the points that an undisturbed run passes. With `is_paid` the messenger
/// asks a fee, which was paid before.
fn journey(
    fatal: i64,
    sent: &VerifiedItem,
    is_paid: bool,
) -> (i64, BTreeMap<(String, String), usize>) {
    let dir = tempfile::tempdir().unwrap();
    let outside = runtime();
    let around = outside.block_on(Around::new());
    if is_paid {
        outside.block_on(fees::paid_before(&around, dir.path()));
    }
    around.points().arm(fatal);
    if fatal != 0 {
        let doomed = runtime();
        let reached = around.points().inner.clone();
        doomed.block_on(async {
            let node = around.node(dir.path()).await;
            let handle = node.handle.clone();
            let item = sent.clone();
            tokio::spawn(async move { handle.accept(item).await });
            reached.reached.notified().await;
        });
        // A kill: nothing is closed and nobody is told.
        doomed.shutdown_background();
        around.points().arm(0);
    }
    let after = runtime();
    let tally = after.block_on(async {
        let node = around.node(dir.path()).await;
        if node.handle.status(sent.id()).await.unwrap().is_none() || fatal == 0 {
            node.handle.accept(sent.clone()).await.unwrap();
        }
        let status = node.ended(sent.id()).await;
        assert!(
            matches!(status.entry.state, State::Done(Ending::Scheduled(_))),
            "{status:?}"
        );
        let tally = tally(&around);
        if is_paid {
            fees::was_taken_once(&node).await;
        }
        node.stop().await;
        tally
    });
    (around.points().passed(), tally)
}

#[test]
fn a_kill_between_any_two_steps_loses_nothing_and_doubles_nothing() {
    let sent = message(ALPHA, "Start");
    let (points, whole) = journey(0, &sent, false);
    assert!(points > 12, "{points}");
    assert_eq!(whole.values().sum::<usize>(), 6, "{whole:?}");
    assert!(whole.values().all(|count| *count == 1), "{whole:?}");
    assert_eq!(
        whole.get(&(ALPHA.to_string(), "Spawned".to_owned())),
        Some(&1)
    );
    for fatal in 1..=points {
        let (_, tally) = journey(fatal, &sent, false);
        assert_eq!(tally, whole, "killed at point {fatal} of {points}");
    }
}

#[test]
fn a_kill_between_any_two_steps_takes_the_fee_once() {
    let sent = message(ALPHA, "Greet");
    let (points, whole) = journey(0, &sent, true);
    assert!(points > 5, "{points}");
    for fatal in 1..=points {
        let (_, tally) = journey(fatal, &sent, true);
        assert_eq!(tally, whole, "killed at point {fatal} of {points}");
    }
}

#[test]
fn the_same_result_pushed_by_a_second_node_with_the_same_key_has_the_same_ids() {
    let sent = message(ALPHA, "Greet");
    let outside = runtime();
    outside.block_on(async {
        let around = Around::new().await;
        let (first, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        for dir in [&first, &second] {
            let node = around.node(dir.path()).await;
            node.handle.accept(sent.clone()).await.unwrap();
            node.ended(sent.id()).await;
            node.stop().await;
        }
        let mut ids: Vec<Id> = around.scheduled().iter().map(VerifiedItem::id).collect();
        let all = ids.len();
        ids.dedup();
        assert_eq!((ids.len(), all), (3, 3));
    });
}
