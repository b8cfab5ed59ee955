//! Which ticks the messenger may rely on: each interval's in order and once, whatever stands still beside it, and no more bytes at a time
//! than fit.

use aosec_wire::Id;

use super::Bench;
use super::book::{Book, SPAWNED_HEIGHT, SPAWNED_MS};
use super::cron::{Hand, moment, number, open, tags, ticks};
use crate::cu::CuError;
use crate::cu::ticks::{GRACE_MS, RIPE_BYTES_MAX, Taken};
use crate::store::cron::Ticked;

/// As many as a page of the messenger.
const LIMIT: u32 = 64;

/// Everything since the spawn but what was taken of each interval.
async fn ripe(bench: &Bench, process: Id, stamps: Vec<(u32, u64)>) -> Result<Vec<Ticked>, CuError> {
    let taken = Taken {
        since: moment(0, 0),
        stamps,
    };
    let found = bench.cu.ripe_ticks(process, &taken, LIMIT).await;
    found.map(|(ticks, _pause)| ticks)
}

/// Stamps of one interval, counted from those of the spawn.
fn of(rule: u32, ripe: &[Ticked]) -> Vec<u64> {
    let own = ripe.iter().filter(|one| one.tick.rule == rule);
    own.map(|one| match one.tick.stamp {
        stamp if stamp >= SPAWNED_MS => stamp - SPAWNED_MS,
        height => height - SPAWNED_HEIGHT,
    })
    .collect()
}

#[tokio::test]
async fn messages_of_a_tick_may_leave_once_no_slot_can_come_before_it_and_once_only() {
    let mut book = Book::with_tags(tags("1-second", "add 1"));
    let process = book.process();
    let folder = tempfile::tempdir().unwrap();
    let hand = Hand::at(3_000, 0);
    let (bench, shelf) = open(folder.path(), &book, &hand).await;
    let ripe = async |stamp_ms: Option<u64>| {
        let taken = stamp_ms.map(|stamp| (0, SPAWNED_MS + stamp));
        let ripe = ripe(&bench, process, taken.into_iter().collect()).await;
        of(0, &ripe.unwrap())
    };
    assert!(
        ripe(None).await.is_empty(),
        "a slot may still be on its way"
    );
    hand.set(2_000 + GRACE_MS, 0);
    assert_eq!(ripe(None).await, [1_000, 2_000]);
    assert_eq!(ripe(Some(1_000)).await, [2_000]);
    assert_eq!(ripe(Some(2_000)).await, [0; 0]);
    // A slot behind them settles them at once.
    book.send_at("what", 4_000, 0);
    shelf.put(book);
    assert_eq!(ripe(Some(2_000)).await, [3_000]);
}

/// The newest block's tick is never ripe and stands before all times: that keeps none of them.
#[tokio::test]
async fn a_block_that_is_not_ripe_keeps_no_tick_of_time() {
    let book = Book::with_tags(tags("1-block", "add 1").with("Cron-Interval", "1-second"));
    let process = book.process();
    let folder = tempfile::tempdir().unwrap();
    let (bench, _shelf) = open(folder.path(), &book, &Hand::at(20_000, 5)).await;
    let ripe = ripe(&bench, process, Vec::new()).await.unwrap();
    assert_eq!(of(0, &ripe), [1, 2, 3, 4]);
    let seconds: Vec<_> = (1..=15).map(|second| second * 1_000).collect();
    assert_eq!(of(1, &ripe), seconds);
}

/// A gap that is run anew stops halfway. Of what it held before nothing is left that stands beside what it holds now: a tick of the
/// first run may be missing in the second one, and those behind it would leave without it.
#[tokio::test]
async fn ticks_that_may_leave_are_those_of_one_run() {
    let tags = tags("2-blocks", "add 1")
        .with("Cron-Interval", "3-blocks")
        .with("Cron-Tag-Order", "stall")
        .with("Cron-Interval", "1-second")
        .with("Cron-Tag-Order", "add 1");
    let book = Book::with_tags(tags);
    let process = book.process();
    let folder = tempfile::tempdir().unwrap();
    let hand = Hand::at(3_000, 0);
    let (bench, _shelf) = open(folder.path(), &book, &hand).await;
    assert_eq!(ticks(&bench, process).await.len(), 3);
    hand.set(20_000, 3);
    let found = ripe(&bench, process, Vec::new()).await.unwrap();
    assert_eq!((of(0, &found), of(2, &found)), (vec![2], vec![]));
    let nothing = ripe(&bench, process, vec![(0, SPAWNED_HEIGHT + 2)]).await;
    assert!(
        matches!(nothing, Err(CuError::Interrupted { .. })),
        "where nothing may leave, the reason is told: {nothing:?}"
    );
}

#[tokio::test]
async fn ripe_ticks_come_in_pages_of_few_bytes_and_all_of_them_come() {
    const SAID: usize = 1024 * 1024;
    let order = format!("say {SAID}");
    let mut book = Book::with_tags(tags("1-second", &order));
    for slot in 1..=3 {
        book.send_at("what", slot * 3_000 + 1, 0);
    }
    let process = book.process();
    let folder = tempfile::tempdir().unwrap();
    let (bench, _shelf) = open(folder.path(), &book, &Hand::at(9_001, 0)).await;
    assert_eq!(number(&bench, process).await, "9");
    let (mut taken, mut got) = (Vec::new(), Vec::new());
    loop {
        let page = ripe(&bench, process, taken).await.unwrap();
        let Some(last) = page.last() else { break };
        let bytes: usize = page.iter().map(|one| one.json.len()).sum();
        assert!(bytes <= RIPE_BYTES_MAX, "{bytes} in {}", page.len());
        taken = vec![(0, last.tick.stamp)];
        got.extend(of(0, &page));
    }
    let all: Vec<_> = (1..=9).map(|second| second * 1_000).collect();
    assert_eq!(got, all);
}
