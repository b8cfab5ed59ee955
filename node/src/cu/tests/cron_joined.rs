//! A process that wakes itself and joins a court: from there on its ticks count from the first slot under the court, so that nobody needs
//! what lies before.

use super::book::Book;
use super::cron::{Hand, listed, number, open, tags};
use crate::store::listed::Kinds;

/// The first slot under the court.
const FIRST: u64 = 3;

/// Slots at 0, 0.5 and 3.2 s, then those under the court at 9.7 and 13.9 s.
fn joining() -> (Book, Book) {
    let mut book = Book::with_tags(tags("1-second", "clock"));
    book.send_at("add 1", 500, 0);
    book.send_at("clock", 3_200, 2);
    let before = book.clone();
    book.send_at("clock", 9_700, 5);
    book.send_at("add 1", 13_900, 6);
    (before, book)
}

#[tokio::test]
async fn ticks_of_a_joined_process_count_from_its_first_slot_under_the_court() {
    let (before, book) = joining();
    let process = book.process();
    let whole = tempfile::tempdir().unwrap();
    let (whole, shelf) = open(whole.path(), &book, &Hand::at(0, 0)).await;
    shelf.join(process, FIRST);
    let roots = whole.roots(process, 5).await;
    let listed_whole = listed(&whole, process, Kinds::Ticks).await;
    let at: Vec<_> = listed_whole
        .iter()
        .map(|one| (one.slot, one.timestamp_ms % 100_000))
        .collect();
    assert_eq!(
        at,
        [
            (1, 1_000),
            (1, 2_000),
            (1, 3_000),
            (3, 10_700),
            (3, 11_700),
            (3, 12_700),
            (3, 13_700)
        ]
    );
    // Another one has a state of the slot before, and slot 0 nobody serves any more.
    let folder = tempfile::tempdir().unwrap();
    let (bench, _shelf) = open(folder.path(), &before, &Hand::at(7_000, 2)).await;
    number(&bench, process).await;
    bench.stop().await;
    let (bench, shelf) = open(folder.path(), &book, &Hand::at(0, 0)).await;
    shelf.join(process, FIRST);
    shelf.lose_slot_zero();
    assert_eq!(bench.root(process, 3).await, roots[3]);
    assert_eq!(bench.root(process, 4).await, roots[4]);
    assert_eq!(listed(&bench, process, Kinds::Ticks).await, listed_whole);
    bench.stop().await;
    // Nor is it needed behind the seam.
    let (bench, shelf) = open(folder.path(), &book, &Hand::at(0, 0)).await;
    shelf.join(process, FIRST);
    shelf.lose_slot_zero();
    let mut more = book.clone();
    more.send_at("clock", 16_000, 6);
    shelf.put(more.clone());
    let root = bench.root(process, 5).await;
    let fresh = tempfile::tempdir().unwrap();
    let (fresh, shelf) = open(fresh.path(), &more, &Hand::at(0, 0)).await;
    shelf.join(process, FIRST);
    assert_eq!(fresh.root(process, 5).await, root);
}
