//! One process as callers see it: results in order, errors without effect, repetitions passed over, dry runs without trace.

use std::net::{IpAddr, Ipv4Addr};

use aosec_wire::{SigningKey, Tags};

use super::book::{Book, Shelf, sign};
use super::{Bench, counting};
use crate::cu::source::PAGE_SLOTS;
use crate::cu::{CuError, dry, listing, rate};
use crate::store::listed::Kinds;
use crate::store::outcome::{self, Kind};

#[tokio::test]
async fn results_follow_the_log_and_the_spawn_has_one_too() {
    let mut book = Book::new();
    let ids = [book.send("add 5"), book.send("add 7"), book.send("what")];
    let process = book.process();
    let assigned = book.entries[1].assignment.id();
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::open(folder.path(), &Shelf::of([book])).await;
    // The last first: what lies before it is evaluated on the way.
    assert_eq!(bench.data(process, ids[2]).await, "12");
    assert_eq!(bench.data(process, ids[0]).await, "5");
    assert_eq!(
        bench.data(process, assigned).await,
        "5",
        "an assignment stands for its message"
    );
    let spawned = bench.cu.result(process, process).await.unwrap();
    assert_eq!((spawned.slot, spawned.kind), (0, Kind::Result));
    bench.stop().await;
}

#[tokio::test]
async fn two_units_find_the_same_roots() {
    let book = counting(100);
    let process = book.process();
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let one = Bench::open(one.path(), &Shelf::of([book.clone()])).await;
    let two = Bench::open(two.path(), &Shelf::of([book])).await;
    // One goes slot by slot, the other in one sweep.
    let roots = one.roots(process, 100).await;
    two.root(process, 99).await;
    assert_eq!(roots, two.roots(process, 100).await);
    assert!(roots.windows(2).skip(1).all(|pair| pair[0] != pair[1]));
}

#[tokio::test]
async fn an_error_a_trap_and_an_empty_tank_leave_the_root() {
    let mut book = Book::new();
    let before = book.send("add 1");
    let failed = ["fail", "trap", "burn"].map(|order| book.send(order));
    let after = book.send("add 1");
    let process = book.process();
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::open(folder.path(), &Shelf::of([book])).await;
    assert_eq!(bench.data(process, after).await, "2");
    let root = bench.cu.result(process, before).await.unwrap().root;
    for (id, words) in failed
        .iter()
        .zip(["told to fail", "trapped", "out of fuel"])
    {
        let outcome = bench.cu.result(process, *id).await.unwrap();
        assert_eq!((outcome.kind, outcome.root), (Kind::Error, root));
        let json: serde_json::Value = serde_json::from_str(&outcome.json).unwrap();
        assert!(json["Error"].as_str().unwrap().contains(words));
        assert_eq!(json["Messages"].as_array().map(Vec::len), Some(0));
    }
    let burnt = bench.cu.result(process, failed[2]).await.unwrap();
    assert!(
        burnt.json.contains(r#""GasUsed":1000"#),
        "the module's Compute-Limit"
    );
}

#[tokio::test]
async fn what_repeats_an_earlier_slot_is_not_evaluated() {
    let (first, second) = (SigningKey::ed25519([11; 32]), SigningKey::ed25519([12; 32]));
    let authorities = format!("{},{}", first.address(), second.address());
    let mut book = Book::with_tags(Tags::new().with("Authority", authorities));
    let push = |book: &Book, key: &SigningKey| {
        let tags = Tags::new().with("From-Process", "p");
        sign(key, Some(book.process()), tags, "add 5")
    };
    let (item, twin) = (push(&book, &first), push(&book, &second));
    let id = book.enter(item.clone());
    let twin = book.enter(twin);
    book.enter(item);
    let last = book.send("what");
    let process = book.process();
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::open(folder.path(), &Shelf::of([book])).await;
    assert_eq!(bench.data(process, last).await, "5");
    assert_eq!(bench.cu.result(process, id).await.unwrap().slot, 1);
    let repeated = bench.cu.result(process, twin).await.unwrap();
    assert_eq!((repeated.slot, repeated.kind), (2, Kind::Repetition));
    assert_eq!(bench.root(process, 3).await, bench.root(process, 1).await);
}

/// What a page would repeat is looked up while the one before it runs, when the store shows nothing of that.
#[tokio::test]
async fn a_repetition_is_seen_over_pages_whoever_asks_in_between() {
    let mut book = counting(PAGE_SLOTS - 1);
    let repeated = book.message("add 7");
    book.enter(repeated.clone());
    for _slot in 0..8 {
        book.send("add 1");
    }
    book.enter(repeated);
    let (process, again) = (book.process(), PAGE_SLOTS + 8);
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::open(folder.path(), &Shelf::of([book])).await;
    // Whoever asks for an earlier slot has what was computed made durable before the next page.
    let (last, _early) = tokio::join!(bench.root(process, again), bench.root(process, 3));
    assert_eq!(last, bench.root(process, again - 1).await);
    assert_ne!(last, bench.root(process, again - 2).await);
}

#[tokio::test]
async fn a_dry_run_sees_everything_and_leaves_nothing() {
    let mut book = counting(4);
    let process = book.process();
    let shelf = Shelf::of([book.clone()]);
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::open(folder.path(), &shelf).await;
    let run = async |order: &str| {
        let dry = dry::read(format!(r#"{{"Data":"{order}"}}"#).as_bytes()).unwrap();
        let json = bench.cu.dry_run(process, dry, None, None).await.unwrap();
        let json: serde_json::Value = serde_json::from_str(&json).unwrap();
        json["Output"]["data"].as_str().unwrap().to_owned()
    };
    assert_eq!(run("add 100").await, "106");
    let root = bench.root(process, 3).await;
    assert_eq!(run("what").await, "6");
    assert_eq!(run("fuel").await, "100", "a tenth of a message's fuel");
    assert_eq!(
        outcome::at_slot(&bench.store, process, 4).await.unwrap(),
        None
    );
    // The next answer is of the next state: nothing was kept from the last one.
    book.send("add 4");
    shelf.put(book);
    assert_eq!(run("what").await, "10");
    assert_eq!(bench.root(process, 3).await, root);
}

#[tokio::test]
async fn dry_runs_have_a_share_for_each_address_but_this_machine() {
    let book = counting(2);
    let process = book.process();
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::open(folder.path(), &Shelf::of([book.clone()])).await;
    let run = async |caller: Ipv4Addr| {
        let dry = dry::read(b"{}").unwrap();
        let caller = Some(IpAddr::V4(caller));
        bench.cu.dry_run(process, dry, None, caller).await
    };
    let stranger = Ipv4Addr::new(203, 0, 113, 7);
    for _run in 0..rate::RUNS_PER_WINDOW {
        assert!(run(stranger).await.is_ok());
        assert!(run(Ipv4Addr::LOCALHOST).await.is_ok());
    }
    assert_eq!(run(stranger).await, Err(CuError::TooMany));
    assert!(run(Ipv4Addr::LOCALHOST).await.is_ok());
    let past = bench
        .cu
        .dry_run(process, dry::read(b"{}").unwrap(), Some(process), None)
        .await;
    assert!(matches!(past, Err(CuError::PastState(_))));
}

#[tokio::test]
async fn a_list_is_walked_by_its_cursors() {
    let mut book = counting(6);
    book.send("fail");
    book.send("add 1");
    let process = book.process();
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::open(folder.path(), &Shelf::of([book])).await;
    let empty = listing::read(Kinds::All, None, None, None, None).unwrap();
    assert!(
        bench
            .cu
            .results(process, &empty)
            .await
            .unwrap()
            .results
            .is_empty(),
        "lists evaluate nothing"
    );
    bench.root(process, 7).await;
    for (sort, slots) in [
        ("ASC", [0, 1, 2, 3, 4, 5, 7]),
        ("DESC", [7, 5, 4, 3, 2, 1, 0]),
    ] {
        let mut walked = Vec::new();
        let (mut from, mut to) = (None::<String>, None::<String>);
        loop {
            let range = listing::read(
                Kinds::All,
                from.as_deref(),
                to.as_deref(),
                Some(sort),
                Some(2),
            )
            .unwrap();
            let page = bench.cu.results(process, &range).await.unwrap();
            walked.extend(page.results.iter().map(|listed| listed.slot));
            let Some(last) = page.results.last().filter(|_| page.has_more) else {
                break;
            };
            let cursor = listing::cursor(last, range.order);
            match sort {
                "ASC" => from = Some(cursor),
                // `to` is inclusive: a walk downwards names the moment before the last one.
                _ => to = Some((last.timestamp_ms - 1).to_string()),
            }
        }
        assert_eq!(walked, slots);
    }
}

#[tokio::test]
async fn the_state_is_the_newest_or_none() {
    let book = counting(4);
    let process = book.process();
    let time = book.entries[3].assignment.timestamp();
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::open(folder.path(), &Shelf::of([book])).await;
    let state = bench.cu.state(process, Some(time)).await.unwrap();
    assert_eq!(
        (state.position.slot, &state.memory[..]),
        (3, &6_u64.to_be_bytes()[..])
    );
    let past = bench.cu.state(process, Some(time - 1)).await;
    assert!(matches!(past, Err(CuError::PastState(_))));
    let mut held = vec![state];
    let full = loop {
        match bench.cu.state(process, None).await {
            Ok(state) => held.push(state),
            Err(full) => break full,
        }
    };
    assert!(
        matches!(full, CuError::Busy(_)),
        "states held by slow readers are counted"
    );
    drop(held);
    assert!(bench.cu.state(process, None).await.is_ok());
}
