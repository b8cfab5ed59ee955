//! Processes that wake themselves: whoever computes a log comes to one state, whatever it had computed behind the last slot, and
//! whenever it was killed.

use std::path::Path;
use std::sync::{Arc, Mutex};

use aosec_wire::{Id, Tags, VerifiedItem};
use serde_json::Value;

use super::abacus::Abacus;
use super::book::{self, Book, SPAWNED_HEIGHT, SPAWNED_MS, Shelf};
use super::lua::ENGINE;
use super::{Bench, Sources, patient};
use crate::arweave::devchain::genesis;
use crate::cu::cron::TICKS_MAX;
use crate::cu::input::Moment;
use crate::cu::machine::Workshop;
use crate::cu::present::Present;
use crate::cu::source::NoAuthorities;
use crate::cu::{CuError, dry, listing};
use crate::store::listed::{Kinds, Listed};

/// A clock that stands until somebody sets it.
#[derive(Debug)]
pub(super) struct Hand(Mutex<Moment>);

impl Hand {
    pub(super) fn at(later_ms: u64, blocks: u64) -> Arc<Self> {
        Arc::new(Self(Mutex::new(moment(later_ms, blocks))))
    }

    pub(super) fn set(&self, later_ms: u64, blocks: u64) {
        *self.0.lock().unwrap() = moment(later_ms, blocks);
    }
}

impl Present for Hand {
    fn now(&self) -> Option<Moment> {
        Some(*self.0.lock().unwrap())
    }
}

pub(super) const fn moment(later_ms: u64, blocks: u64) -> Moment {
    Moment {
        timestamp_ms: SPAWNED_MS + later_ms,
        height: SPAWNED_HEIGHT + blocks,
    }
}

pub(super) fn tags(every: &str, order: &str) -> Tags {
    Tags::new()
        .with("Cron-Interval", every)
        .with("Cron-Tag-Order", order)
}

pub(super) async fn open(folder: &Path, book: &Book, hand: &Arc<Hand>) -> (Bench, Arc<Shelf>) {
    open_with(folder, book, hand, Arc::new(Abacus), book::module()).await
}

async fn open_with(
    folder: &Path,
    book: &Book,
    hand: &Arc<Hand>,
    workshop: Arc<dyn Workshop>,
    module: VerifiedItem,
) -> (Bench, Arc<Shelf>) {
    let shelf = Shelf::of([book.clone()]);
    let sources = Sources {
        log: shelf.clone(),
        items: shelf.clone(),
        authorities: Arc::new(NoAuthorities),
        present: hand.clone(),
        workshop,
        module,
    };
    (Bench::from(folder, sources, u64::MAX).await, shelf)
}

pub(super) async fn listed(bench: &Bench, process: Id, kinds: Kinds) -> Vec<Listed> {
    let range = listing::read(kinds, None, None, None, Some(listing::LIMIT_MAX)).unwrap();
    let page = patient(async || match kinds {
        Kinds::All => bench.cu.results(process, &range).await,
        Kinds::Ticks => bench.cu.ticks(process, &range).await,
    });
    page.await.unwrap().results
}

pub(super) async fn ticks(bench: &Bench, process: Id) -> Vec<(u64, u64)> {
    let listed = listed(bench, process, Kinds::Ticks).await;
    listed
        .iter()
        .map(|one| (one.slot, one.timestamp_ms - SPAWNED_MS))
        .collect()
}

pub(super) async fn number(bench: &Bench, process: Id) -> String {
    let asked = async || {
        let dry = dry::read(br#"{"Data":"what"}"#).unwrap();
        bench.cu.dry_run(process, dry, None, None).await
    };
    let json = patient(asked).await.unwrap();
    let json: Value = serde_json::from_str(&json).unwrap();
    json["Output"]["data"].as_str().unwrap().to_owned()
}

/// Slots at 0, 0.5, 3.2 and 3.4 s, and blocks that come meanwhile.
fn clockwork() -> Book {
    let mut book = Book::with_tags(
        tags("1-second", "clock")
            .with("Cron-Interval", "2-blocks")
            .with("Cron-Tag-Order", "clock"),
    );
    book.send_at("add 1", 500, 0);
    book.send_at("clock", 3_200, 5);
    book.send_at("add 1", 3_400, 5);
    book
}

#[tokio::test]
async fn ticks_stand_between_slots_and_behind_the_last() {
    let book = clockwork();
    let process = book.process();
    let folder = tempfile::tempdir().unwrap();
    let hand = Hand::at(3_400, 5);
    let (bench, _shelf) = open(folder.path(), &book, &hand).await;
    let between = [(1, 500), (1, 500), (1, 1_000), (1, 2_000), (1, 3_000)];
    assert_eq!(ticks(&bench, process).await, between);
    hand.set(5_000, 5);
    assert_eq!(ticks(&bench, process).await[5..], [(3, 4_000), (3, 5_000)]);
    let all = listed(&bench, process, Kinds::All).await;
    let order: Vec<_> = all.iter().map(|one| (one.slot, one.number)).collect();
    assert_eq!(
        order,
        [
            (0, 0),
            (1, 0),
            (1, 1),
            (1, 2),
            (1, 3),
            (1, 4),
            (1, 5),
            (2, 0),
            (3, 0),
            (3, 1),
            (3, 2)
        ]
    );
    assert_eq!(all[2].interval.as_deref(), Some("2-blocks"));
}

#[tokio::test]
async fn whatever_was_computed_behind_the_last_slot_the_roots_are_those_of_the_log() {
    let book = clockwork();
    let process = book.process();
    let whole = tempfile::tempdir().unwrap();
    let (whole, _shelf) = open(whole.path(), &book, &Hand::at(0, 0)).await;
    let roots = whole.roots(process, 4).await;
    let settled = listed(&whole, process, Kinds::All).await;
    // Before the clock passed the next slot, long behind it, or where blocks came that no slot saw.
    for (later_ms, blocks) in [(700, 0), (2_500, 3), (2_500, 0), (60_000, 5), (9_000, 77)] {
        let mut short = book.clone();
        short.entries.truncate(2);
        let folder = tempfile::tempdir().unwrap();
        let hand = Hand::at(later_ms, blocks);
        let (bench, shelf) = open(folder.path(), &short, &hand).await;
        ticks(&bench, process).await;
        shelf.put(book.clone());
        hand.set(0, 0);
        assert_eq!(
            bench.roots(process, 4).await,
            roots,
            "{later_ms} ms, {blocks} blocks"
        );
        assert_eq!(listed(&bench, process, Kinds::All).await, settled);
    }
}

#[tokio::test]
async fn a_stop_and_a_kill_between_two_ticks_change_no_root() {
    let book = clockwork();
    let process = book.process();
    let whole = tempfile::tempdir().unwrap();
    let (whole, _shelf) = open(whole.path(), &book, &Hand::at(0, 0)).await;
    let roots = whole.roots(process, 4).await;
    for is_killed in [false, true] {
        let mut short = book.clone();
        short.entries.truncate(2);
        let folder = tempfile::tempdir().unwrap();
        let (bench, _shelf) = open(folder.path(), &short, &Hand::at(7_000, 9)).await;
        let before = ticks(&bench, process).await;
        match is_killed {
            true => bench.store.close().await,
            false => bench.stop().await,
        }
        let (bench, shelf) = open(folder.path(), &short, &Hand::at(7_000, 9)).await;
        assert_eq!(ticks(&bench, process).await, before);
        shelf.put(book.clone());
        assert_eq!(bench.roots(process, 4).await, roots, "killed: {is_killed}");
    }
}

#[tokio::test]
async fn a_dry_run_sees_the_ticks_and_a_state_for_others_does_not() {
    let mut book = Book::with_tags(tags("1-second", "add 1"));
    book.send_at("add 100", 100, 0);
    let process = book.process();
    let folder = tempfile::tempdir().unwrap();
    let hand = Hand::at(10_000, 0);
    let (bench, shelf) = open(folder.path(), &book, &hand).await;
    assert_eq!(number(&bench, process).await, "110");
    let root = bench.root(process, 1).await;
    let taken = bench.cu.take(process).await.unwrap();
    assert_eq!((taken.position.slot, *taken.root.as_bytes()), (1, root));
    let state = bench.cu.state(process, None).await.unwrap();
    assert_eq!(state.memory[..], 100_u64.to_be_bytes());
    assert_eq!(
        number(&bench, process).await,
        "110",
        "and they are there again"
    );
    book.send_at("add 1000", 4_500, 0);
    shelf.put(book);
    assert_eq!(number(&bench, process).await, "1110");
    let sum = bench.cu.at_slot(process, 2).await.unwrap();
    assert_eq!(
        super::data(&sum),
        "1104",
        "six of them come behind the slot"
    );
}

#[tokio::test]
async fn a_failing_tick_leaves_the_state_and_the_others_go_on() {
    let book = Book::with_tags(
        tags("2-seconds", "fail")
            .with("Cron-Interval", "1-second")
            .with("Cron-Tag-Order", "add 1"),
    );
    let process = book.process();
    let folder = tempfile::tempdir().unwrap();
    let (bench, _shelf) = open(folder.path(), &book, &Hand::at(4_000, 0)).await;
    assert_eq!(number(&bench, process).await, "4");
    assert_eq!(
        ticks(&bench, process).await.len(),
        4,
        "errors are not listed"
    );
}

#[tokio::test]
async fn a_thousand_ticks_and_then_it_sleeps_until_a_message() {
    let mut book = Book::with_tags(tags("1-second", "add 1"));
    let process = book.process();
    let folder = tempfile::tempdir().unwrap();
    let day = 86_400_000;
    let (bench, shelf) = open(folder.path(), &book, &Hand::at(day, 0)).await;
    assert_eq!(number(&bench, process).await, TICKS_MAX.to_string());
    book.send_at("what", day, 0);
    shelf.put(book);
    assert_eq!(
        super::data(&bench.cu.at_slot(process, 1).await.unwrap()),
        "1000"
    );
}

#[tokio::test]
async fn a_schedule_that_cannot_be_read_is_told_to_everybody_who_asks() {
    let book = Book::with_tags(Tags::new().with("Cron-Interval", "now and then"));
    let process = book.process();
    let folder = tempfile::tempdir().unwrap();
    let (bench, _shelf) = open(folder.path(), &book, &Hand::at(0, 0)).await;
    let refused = bench.cu.result(process, process).await.unwrap_err();
    assert!(matches!(refused, CuError::Cron { .. }), "{refused}");
}

/// A drip that pays each second, with the real module: two units, one of which is killed on its way, and one that comes late.
#[tokio::test]
async fn a_token_drips_a_thousand_times_and_everybody_comes_to_one_root() {
    const DRIP: &str = r#"
        Balances, Dripped = {}, 0
        Handlers.add("drip", Handlers.utils.hasMatchingTag("Action", "Drip"), function(msg)
            assert(msg.Cron and msg.From == Owner)
            Dripped = Dripped + 1
            local to = "w" .. Dripped % 7
            Balances[to] = (Balances[to] or 0) + msg.Timestamp % 1000 + 1
            Send({ Target = ao.id, Action = "Credit-Notice", Quantity = tostring(Dripped) })
        end)"#;
    let module = || genesis::module_item(aosec_wasm::process_module::WASM).unwrap();
    let tags = Tags::new()
        .with("Cron-Interval", "1-second")
        .with("Cron-Tag-Action", "Drip");
    let mut book = Book::of_module(&module(), tags);
    book.send_at(DRIP, 100, 0);
    let mut whole = book.clone();
    let last = whole.send_at("return Dripped", 1_000_001, 3);
    let process = book.process();
    let engine = || -> Arc<dyn Workshop> { ENGINE.clone() };
    let folders = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let hand = Hand::at(321_000, 0);
    let (killed, _shelf) = open_with(folders[0].path(), &book, &hand, engine(), module()).await;
    assert_eq!(ticks(&killed, process).await.len(), 321);
    killed.store.close().await;
    let (killed, shelf) = open_with(folders[0].path(), &book, &hand, engine(), module()).await;
    hand.set(2_000_000, 9);
    let provisional = listed(&killed, process, Kinds::Ticks).await;
    assert_eq!(provisional.len(), TICKS_MAX);
    shelf.put(whole.clone());
    let (late, _shelf) = open_with(
        folders[1].path(),
        &whole,
        &Hand::at(0, 0),
        engine(),
        module(),
    )
    .await;
    assert_eq!(killed.data(process, last).await, "1000");
    assert_eq!(late.root(process, 2).await, killed.root(process, 2).await);
    assert_eq!(listed(&late, process, Kinds::Ticks).await, provisional);
}
