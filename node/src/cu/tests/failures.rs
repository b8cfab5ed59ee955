//! What fails, fails alone, says what it is, and can be asked again.

use std::time::Duration;

use aosec_wire::{Id, Tags};

use super::book::{Book, Shelf};
use super::{Bench, counting};
use crate::cu::CuError;
use crate::cu::replay::Reason;

#[tokio::test]
async fn a_panic_is_felt_by_its_own_process_alone_and_only_once() {
    let mut lost = Book::with_tags(Tags::new().with("Name", "lost"));
    let before = lost.send("add 1");
    let broken = lost.send("panic");
    let mut well = Book::new();
    let fine = well.send("add 2");
    let (one, two) = (lost.process(), well.process());
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::open(folder.path(), &Shelf::of([lost, well])).await;
    assert_eq!(bench.data(one, before).await, "1");
    assert_eq!(bench.refusal(one, broken).await, CuError::Panicked);
    assert_eq!(bench.data(two, fine).await, "2");
    assert_eq!(bench.data(one, before).await, "1");
    assert_eq!(bench.refusal(one, broken).await, CuError::Panicked);
}

#[tokio::test]
async fn an_interruption_is_no_outcome() {
    let mut book = counting(3);
    let stalled = book.send("stall");
    let process = book.process();
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::open(folder.path(), &Shelf::of([book])).await;
    let refused = bench.refusal(process, stalled).await;
    assert!(
        matches!(refused, CuError::Interrupted { slot: 3, .. }),
        "{refused}"
    );
    assert_eq!(bench.refusal(process, stalled).await, refused, "it rests");
    assert!(bench.cu.at_slot(process, 2).await.is_ok());
}

#[tokio::test]
async fn a_broken_log_is_refused_behind_its_last_good_slot() {
    let mut book = counting(4);
    let item = book.message("x");
    let mut plan = book.plan(Some(item.id()));
    plan.chain.hash = Id::new([0; 32]);
    book.write(&plan, Some(item.clone()));
    let process = book.process();
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::open(folder.path(), &Shelf::of([book])).await;
    let CuError::Fault(fault) = bench.refusal(process, item.id()).await else {
        panic!()
    };
    assert_eq!((fault.process, fault.slot), (process, 4));
    assert!(matches!(fault.reason, Reason::HashChain { .. }));
    assert_eq!(bench.cu.at_slot(process, 3).await.unwrap().slot, 3);
}

#[tokio::test]
async fn a_message_by_reference_is_waited_for_and_never_skipped() {
    let mut book = counting(2);
    let item = book.message("add 40");
    book.write(&book.plan(Some(item.id())), None);
    let last = book.send("what");
    let process = book.process();
    let shelf = Shelf::of([book]);
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::open(folder.path(), &shelf).await;
    let refused = bench.refusal(process, last).await;
    assert!(
        matches!(refused, CuError::Missing { slot: 2, .. }),
        "{refused}"
    );
    shelf.lend(item.into());
    assert_eq!(bench.data(process, last).await, "41");
}

#[tokio::test]
async fn a_slot_that_another_key_names_is_not_believed() {
    let mut book = counting(3);
    let item = book.message("x");
    let plan = book.plan(Some(item.id()));
    book.scheduler = aosec_wire::SigningKey::ed25519([77; 32]);
    book.write(&plan, Some(item.clone()));
    let process = book.process();
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::open(folder.path(), &Shelf::of([book])).await;
    let refused = bench.refusal(process, item.id()).await;
    assert!(
        refused.to_string().contains("not its assignment"),
        "{refused}"
    );
}

#[tokio::test]
async fn a_message_may_come_a_moment_late_but_not_never() {
    let mut book = counting(2);
    let process = book.process();
    let shelf = Shelf::of([book.clone()]);
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::open(folder.path(), &shelf).await;
    let never = Id::new([5; 32]);
    let refused = bench.refusal(process, never).await;
    assert_eq!(
        refused,
        CuError::NoMessage {
            process,
            message: never
        }
    );
    let late = book.message("add 1");
    let asking = bench.cu.result(process, late.id());
    let sending = async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        book.enter(late.clone());
        shelf.put(book.clone());
    };
    let (answer, ()) = tokio::join!(asking, sending);
    assert_eq!(answer.unwrap().slot, 2);
}

#[tokio::test]
async fn limits_and_formats_are_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let absurd = Book::with_tags(Tags::new().with("Memory-Limit", "9999-gb"));
    let greedy = Book::with_tags(Tags::new().with("Compute-Limit", "9000000000000"));
    let unreadable = Book::with_tags(Tags::new().with("Memory-Limit", "lots"));
    let books = [&absurd, &greedy, &unreadable].map(|book| book.process());
    let bench = Bench::open(folder.path(), &Shelf::of([absurd, greedy, unreadable])).await;
    for process in books {
        let refused = bench.refusal(process, process).await;
        assert!(matches!(refused, CuError::Terms { .. }), "{refused}");
    }
    let unknown = Id::new([6; 32]);
    assert!(matches!(
        bench.cu.at_slot(unknown, 0).await,
        Err(CuError::NoProcess(_))
    ));
    let process = Book::new();
    let bench_two = tempfile::tempdir().unwrap();
    let bench_two = Bench::open(bench_two.path(), &Shelf::of([process.clone()])).await;
    let beyond = bench_two.cu.at_slot(process.process(), 9).await;
    assert!(matches!(beyond, Err(CuError::NoSlot { newest: 0, .. })));
}

#[tokio::test]
async fn many_callers_share_one_evaluation() {
    let book = counting(200);
    let process = book.process();
    let shelf = Shelf::of([book]);
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::open(folder.path(), &shelf).await;
    let asks = (0..200_u64).map(|slot| {
        let cu = bench.cu.clone();
        tokio::spawn(async move { cu.at_slot(process, slot).await.unwrap().slot })
    });
    for (slot, ask) in (0_u64..).zip(asks.collect::<Vec<_>>()) {
        assert_eq!(ask.await.unwrap(), slot);
    }
    let mut asked = shelf.asked.lock().unwrap().clone();
    asked.dedup();
    assert!(asked.is_sorted(), "no slot was evaluated twice: {asked:?}");
}
