//! The carried Lua module behind the same door: equal roots for everybody, wherever one stops, whatever fails.

use std::sync::{Arc, LazyLock};
use std::time::Instant;

use aosec_wasm::process_module::WASM;
use aosec_wire::{Id, Tags, VerifiedItem};

use super::Bench;
use super::book::{Book, Shelf};
use crate::arweave::devchain::genesis;
use crate::cu::engine::{BOOT_HASH, Wasmtime, boot_hash};
use crate::cu::machine::Workshop;
use crate::cu::{CuError, dry, owed};
use crate::store::outcome::Kind;

/// Compiled once for all tests of this file.
pub(super) static ENGINE: LazyLock<Arc<Wasmtime>> =
    LazyLock::new(|| Arc::new(Wasmtime::new().unwrap()));

fn module() -> VerifiedItem {
    genesis::module_item(WASM).unwrap()
}

async fn bench(folder: &std::path::Path, book: &Book) -> Bench {
    let workshop: Arc<dyn Workshop> = ENGINE.clone();
    Bench::with(
        folder,
        &Shelf::of([book.clone()]),
        workshop,
        module(),
        u64::MAX,
    )
    .await
}

/// A process that counts, with errors and growth on its way.
fn book() -> (Book, Vec<Id>) {
    let mut book = Book::of_module(&module(), Tags::new().with("Name", "counter"));
    let orders = [
        "count = (count or 0) + 1; return count",
        "count = count + 1; error('no')",
        "count = count + 1; return count",
        "big = string.rep('x', 3000000); return #big",
        "while true do end",
        "big = nil; ao.send({Target = ao.id, Action = 'Hi', Data = tostring(count)}); return count",
        "return 1 +",
        "count = count + 1; return count",
    ];
    let ids = orders.iter().map(|order| book.send(order)).collect();
    (book, ids)
}

#[tokio::test]
async fn a_process_keeps_what_succeeded_and_forgets_what_failed() {
    let (book, ids) = book();
    let process = book.process();
    let folder = tempfile::tempdir().unwrap();
    let bench = bench(folder.path(), &book).await;
    let mut outcomes = Vec::new();
    for id in &ids {
        outcomes.push(bench.cu.result(process, *id).await.unwrap());
    }
    let kinds: Vec<_> = outcomes.iter().map(|outcome| outcome.kind).collect();
    let (good, bad) = (Kind::Result, Kind::Error);
    assert_eq!(
        kinds,
        [good, bad, good, good, bad, good, bad, good],
        "{outcomes:#?}"
    );
    assert_eq!(
        super::data(&outcomes[7]),
        "3",
        "the failed step did not count"
    );
    assert_eq!(outcomes[0].root, outcomes[1].root);
    assert_eq!(outcomes[3].root, outcomes[4].root);
    assert!(outcomes[4].json.contains("out of fuel"));
    let sent = aosec_wire::Outcome::parse(outcomes[5].json.clone()).unwrap();
    assert_eq!(
        (sent.messages.len(), sent.messages[0].data.as_str()),
        (1, "2")
    );
}

#[tokio::test]
async fn two_units_and_every_restart_come_to_the_same_roots() {
    let (mut book, _ids) = book();
    // The endless loop costs seconds for each of the many runs here, and shows nothing more.
    let process = book.process();
    book.entries.truncate(5);
    let slots = book.entries.len() as u64;
    let whole = tempfile::tempdir().unwrap();
    let roots = bench(whole.path(), &book).await.roots(process, slots).await;
    for cut in 0..slots {
        let folder = tempfile::tempdir().unwrap();
        let first = bench(folder.path(), &book).await;
        first.root(process, cut).await;
        first.stop().await;
        let second = bench(folder.path(), &book).await;
        assert_eq!(
            second.roots(process, slots).await,
            roots,
            "cut behind {cut}"
        );
    }
}

/// A long turn has its roots computed beside it, a short one by itself.
#[tokio::test]
async fn a_long_turn_comes_to_the_roots_of_short_ones() {
    const SLOTS: u64 = 3 * owed::LONG as u64;
    let mut book = Book::of_module(&module(), Tags::new());
    for slot in 0..SLOTS {
        book.send(match slot {
            // More than may wait for its root.
            150 => "big = string.rep('x', 9000000); return #big",
            _ if slot % 8 == 3 => "error('no')",
            _ => "count = (count or 0) + 1; return count",
        });
    }
    let process = book.process();
    let (whole, parts) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let at_once = bench(whole.path(), &book).await;
    at_once.root(process, SLOTS).await;
    let step_by_step = bench(parts.path(), &book).await;
    assert_eq!(
        at_once.roots(process, SLOTS + 1).await,
        step_by_step.roots(process, SLOTS + 1).await
    );
}

#[tokio::test]
async fn a_dry_run_changes_nothing_and_has_a_tenth_of_the_fuel() {
    let (mut book, _ids) = book();
    book.entries.truncate(2);
    let (process, owner) = (book.process(), book.user.address().clone());
    let folder = tempfile::tempdir().unwrap();
    let bench = bench(folder.path(), &book).await;
    let run = async |code: &str| {
        let tags = serde_json::json!([{"name": "Action", "value": "Eval"}]);
        let body = serde_json::json!({"Owner": owner, "Data": code, "Tags": tags});
        let dry = dry::read(body.to_string().as_bytes()).unwrap();
        let json = bench.cu.dry_run(process, dry, None, None).await.unwrap();
        serde_json::from_str::<serde_json::Value>(&json).unwrap()
    };
    let root = bench.root(process, 1).await;
    for _again in 0..2 {
        assert_eq!(
            run("count = count + 41; return count").await["Output"]["data"],
            "42"
        );
    }
    let endless = run("while true do end").await;
    assert_eq!(endless["Error"], "out of fuel");
    assert_eq!(endless["GasUsed"].as_u64(), Some(1_000_000_000));
    assert_eq!(run("return count").await["Output"]["data"], "1");
    let state = bench.cu.state(process, None).await.unwrap();
    assert!(state.memory.len() >= 64 * 1024);
    assert_eq!(bench.root(process, 1).await, root);
}

#[tokio::test]
async fn only_the_carried_module_with_its_own_boot_text_runs() {
    let resigned = |data: Vec<u8>, boot: &str| {
        let mut tags = Tags::new();
        for (name, value) in module().tags().iter() {
            tags.push(name, if name == BOOT_HASH { boot } else { value });
        }
        let draft = aosec_wire::Draft {
            tags,
            data: data.into(),
            ..Default::default()
        };
        draft
            .sign(&aosec_wire::SigningKey::ed25519([4; 32]))
            .unwrap()
    };
    let own = boot_hash().to_string();
    assert!(ENGINE.load(&resigned(WASM.to_vec(), &own)).is_ok());
    for refused in [
        resigned(WASM[..100].to_vec(), &own),
        resigned(WASM.to_vec(), "other"),
    ] {
        let book = Book::of_module(&refused, Tags::new());
        let folder = tempfile::tempdir().unwrap();
        let workshop: Arc<dyn Workshop> = ENGINE.clone();
        let shelf = Shelf::of([book.clone()]);
        let bench = Bench::with(folder.path(), &shelf, workshop, refused, u64::MAX).await;
        let error = bench.refusal(book.process(), book.process()).await;
        assert!(matches!(error, CuError::Module { .. }), "{error}");
    }
}

/// Not a judgement, a figure: run with `--ignored --nocapture`.
#[tokio::test]
#[ignore = "prints how many slots are replayed in a second"]
async fn how_fast_a_log_is_replayed() {
    const SLOTS: u64 = 2_000;
    let mut book = Book::of_module(&module(), Tags::new());
    for _slot in 0..SLOTS {
        book.send("count = (count or 0) + 1; return count");
    }
    let folder = tempfile::tempdir().unwrap();
    let bench = bench(folder.path(), &book).await;
    bench.root(book.process(), 0).await;
    let begun = Instant::now();
    bench.root(book.process(), SLOTS).await;
    let took = begun.elapsed().as_secs_f64();
    eprintln!(
        "{SLOTS} slots in {took:.2} s: {:.0} slots/s",
        SLOTS as f64 / took
    );
}
