//! Where an evaluation was stopped does not show in what it comes to.

use std::fs;

use super::abacus;
use super::book::{Book, Shelf};
use super::{Bench, counting};
use crate::cu::CuError;
use crate::store::outcome;

const SLOTS: u64 = 9;

#[tokio::test]
async fn a_stop_behind_each_slot_changes_no_root() {
    let book = counting(SLOTS);
    let process = book.process();
    let whole = tempfile::tempdir().unwrap();
    let whole = Bench::open(whole.path(), &Shelf::of([book.clone()])).await;
    let roots = whole.roots(process, SLOTS).await;
    for cut in 0..SLOTS - 1 {
        let folder = tempfile::tempdir().unwrap();
        let bench = Bench::open(folder.path(), &Shelf::of([book.clone()])).await;
        bench.root(process, cut).await;
        bench.stop().await;
        let shelf = Shelf::of([book.clone()]);
        let bench = Bench::open(folder.path(), &shelf).await;
        bench.root(process, SLOTS - 1).await;
        assert_eq!(bench.roots(process, SLOTS).await, roots, "cut behind {cut}");
        assert_eq!(
            shelf.asked.lock().unwrap()[0],
            cut + 1,
            "it went on, not again"
        );
    }
}

#[tokio::test]
async fn a_damaged_snapshot_costs_time_and_nothing_else() {
    let mut book = counting(SLOTS);
    let process = book.process();
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::open(folder.path(), &Shelf::of([book.clone()])).await;
    let root = bench.root(process, SLOTS - 1).await;
    bench.stop().await;
    for file in fs::read_dir(folder.path().join("cu/snapshots")).unwrap() {
        fs::write(file.unwrap().path(), [0; 8]).unwrap();
    }
    let last = book.send("add 1");
    let shelf = Shelf::of([book]);
    let bench = Bench::open(folder.path(), &shelf).await;
    assert_eq!(bench.data(process, last).await, "37");
    assert_eq!(bench.root(process, SLOTS - 1).await, root);
    assert_eq!(shelf.asked.lock().unwrap()[0], 0);
}

#[tokio::test]
async fn another_history_than_the_one_computed_before_is_not_believed() {
    let book = counting(SLOTS);
    let process = book.process();
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::open(folder.path(), &Shelf::of([book.clone()])).await;
    bench.root(process, 4).await;
    bench.stop().await;
    fs::remove_dir_all(folder.path().join("cu/snapshots")).unwrap();
    // The same scheduler signs another slot 3: each history holds by itself.
    let mut other = book.clone();
    other.entries.truncate(3);
    other.send("add 1000");
    other.send("add 4");
    other.send("add 5");
    let bench = Bench::open(folder.path(), &Shelf::of([other])).await;
    let refused = bench.cu.at_slot(process, 5).await.unwrap_err();
    let CuError::Diverged { divergence, .. } = refused else {
        panic!("{refused}")
    };
    assert_eq!((divergence.slot, divergence.what), (3, "message"));
    assert_eq!(
        outcome::at_slot(&bench.store, process, 5).await.unwrap(),
        None
    );
}

#[tokio::test]
async fn processes_make_room_for_one_another_and_come_back_where_they_were() {
    let books: Vec<Book> = (0..4_u8)
        .map(|number| {
            let mut book =
                Book::with_tags(aosec_wire::Tags::new().with("Name", number.to_string()));
            for _slot in 0..6 {
                book.send("add 1");
            }
            book
        })
        .collect();
    let shelf = Shelf::of(books.clone());
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::with_memory(folder.path(), &shelf, abacus::BYTES * 2).await;
    for slot in 1..=6_u64 {
        for book in &books {
            let message = book.entries[slot as usize].assignment.message().unwrap();
            assert_eq!(bench.data(book.process(), message).await, slot.to_string());
        }
    }
    let from_zero = shelf
        .asked
        .lock()
        .unwrap()
        .iter()
        .filter(|from| **from == 0)
        .count();
    assert_eq!(
        from_zero,
        books.len(),
        "each began once; after that it slept and went on"
    );
    bench.stop().await;
}
