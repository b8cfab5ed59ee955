//! What ticks may cost a machine: bytes of a gap, and evaluations that a question for the state must not repeat.

use super::abacus::tally;
use super::book::Book;
use super::cron::{Hand, number, open, tags, ticks};
use crate::cu::cron::GAP_BYTES_MAX;
use crate::store::cron;

const MIB: usize = 1024 * 1024;

/// Sixteen times almost a mebibyte fit; all that is said beyond is an error on every machine, and a smaller answer still fits.
#[tokio::test]
async fn all_ticks_of_a_gap_together_say_no_more_than_one_result_may() {
    let order = format!("say {}", MIB - 1_000);
    let tags = tags("1-second", &order)
        .with("Cron-Interval", "10-seconds")
        .with("Cron-Tag-Order", "add 1000");
    let mut book = Book::with_tags(tags);
    let process = book.process();
    let folder = tempfile::tempdir().unwrap();
    let hand = Hand::at(9_000, 0);
    let (bench, _shelf) = open(folder.path(), &book, &hand).await;
    ticks(&bench, process).await;
    // Killed on its way: what the first nine have said counts none the less.
    bench.store.close().await;
    let (bench, shelf) = open(folder.path(), &book, &hand).await;
    hand.set(20_000, 0);
    assert_eq!(number(&bench, process).await, "2016");
    book.send_at("what", 20_500, 0);
    // Another gap has as much again.
    let last = book.send_at("what", 38_500, 0);
    shelf.put(book.clone());
    assert_eq!(bench.data(process, last).await, "3032");
    let stood = cron::above(&bench.store, process, 0, 0, 1_000)
        .await
        .unwrap();
    let said: usize = stood.iter().map(|one| one.bytes).sum();
    assert_eq!(stood.len(), 38);
    assert!(said <= 2 * GAP_BYTES_MAX + 38 * 1_000, "{said}");
    let whole = tempfile::tempdir().unwrap();
    let (whole, _shelf) = open(whole.path(), &book, &Hand::at(0, 0)).await;
    assert_eq!(whole.roots(process, 3).await, bench.roots(process, 3).await);
}

#[tokio::test]
async fn a_question_for_the_state_takes_no_tick_back() {
    let mut book = Book::with_tags(tags("1-second", "tally state"));
    book.send_at("add 1000", 100, 0);
    let process = book.process();
    let folder = tempfile::tempdir().unwrap();
    let (bench, _shelf) = open(folder.path(), &book, &Hand::at(100_000, 0)).await;
    assert_eq!(number(&bench, process).await, "1100");
    for _question in 0..3 {
        let state = bench.cu.state(process, None).await.unwrap();
        assert_eq!(state.memory[..], 1_000_u64.to_be_bytes());
        assert_eq!(ticks(&bench, process).await.len(), 100);
    }
    assert_eq!(tally("state"), 100, "each tick ran once");
}
