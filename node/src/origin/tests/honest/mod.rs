//! A whole node that means well, and what may happen to it in the middle of a case (PROTOCOL 9, 19): it loses nothing.

mod demands;
mod scene;

use std::sync::atomic::Ordering;

pub(super) use self::scene::{LOOK_EVERY, PATIENCE, sits_over, whole, whole_of};
use self::scene::{Scene, unseen};
use super::orphan::process;
use super::*;
use crate::follow::tests::gateways::{Vice, mending};
use crate::origin::cases;

/// Cases that one challenge of spam opens: what costs its sender 8 × (1 + 2 + 4 + 8 + 16) tokens (6.4).
const SPAM: usize = 40;

async fn hosting() -> Scene {
    let chain = Loopback::start(Vec::new()).await;
    let gateway = chain.url.clone();
    Scene::open(chain, gateway).await
}

/// The block that held the answer is replaced, and the answer with it: it is given again before the deadline.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_a_reorg_has_dropped_is_given_again() {
    let scene = hosting().await;
    let (cases, _) = scene.accused(&alice(), &unseen("a", 1)).await;
    while scene.state(cases[0]).await == "Open" {
        scene.in_step().await;
        scene.heard().await;
    }
    scene.chain.chain.fork(1, Orphans::Drop).await.unwrap();
    scene.in_step().await;
    assert_eq!(
        scene.state(cases[0]).await,
        "Open",
        "as if nobody had answered"
    );
    scene.is_whole(&cases).await;
}

/// Reorgs as deep as they may be, that forget what they replace, just before, at and just after the deadline of a case.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reorgs_about_a_deadline_cost_a_host_nothing() {
    let scene = hosting().await;
    let mut all = Vec::new();
    for (name, beside) in [("before", -1), ("at", 0), ("after", 1)] {
        let (cases, deadline) = scene.accused(&alice(), &unseen(name, 1)).await;
        scene.until(deadline.saturating_add_signed(beside)).await;
        scene.chain.chain.fork(DEPTH, Orphans::Drop).await.unwrap();
        scene.in_step().await;
        scene.closes(&cases).await;
        scene.is_unharmed().await;
        all.extend(cases);
    }
    scene.is_whole(&all).await;
}

/// A host that could not read before answers in the last block that counts, and just that block is replaced.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_in_the_last_block_outlives_a_reorg_of_it() {
    let chain = Loopback::start(Vec::new()).await;
    let outage = Shutdown::new();
    let (gateway, is_up) = mending(&chain, Vice::Fails, &outage).await;
    is_up.store(true, Ordering::Release);
    let scene = Scene::open(chain, gateway).await;
    is_up.store(false, Ordering::Release);
    let (cases, deadline) = scene.accused(&alice(), &unseen("a", 1)).await;
    let left = deadline - 1 - scene.tip().await;
    mine(&scene.chain, u32::try_from(left).unwrap()).await;
    is_up.store(true, Ordering::Release);
    scene.in_step().await;
    scene.heard().await;
    assert_eq!(scene.tip().await, deadline);
    assert_eq!(
        scene.state(cases[0]).await,
        "Closed",
        "a receipt in an answer is published"
    );
    scene.chain.chain.fork(DEPTH, Orphans::Mine).await.unwrap();
    scene.in_step().await;
    scene.is_whole(&cases).await;
    outage.tell();
}

/// The node's gateway is down from before the case opens to shortly before its deadline.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn gateways_that_are_down_for_some_blocks_cost_a_host_nothing() {
    let chain = Loopback::start(Vec::new()).await;
    let outage = Shutdown::new();
    let (gateway, is_up) = mending(&chain, Vice::Fails, &outage).await;
    is_up.store(true, Ordering::Release);
    let scene = Scene::open(chain, gateway).await;
    is_up.store(false, Ordering::Release);
    let (cases, _) = scene.accused(&alice(), &unseen("a", 1)).await;
    mine(&scene.chain, 4).await;
    is_up.store(true, Ordering::Release);
    scene.is_whole(&cases).await;
    outage.tell();
}

/// Two who can pay for it demand slots for many messages at once, among many words that mean nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_host_under_spam_answers_all_of_it() {
    let scene = hosting().await;
    let other = &operator(40)[0];
    scene.charge(&alice(), &unseen("one", SPAM)).await;
    scene.charge(other, &unseen("other", SPAM)).await;
    let junk: Vec<_> = (0..1_000)
        .map(|number| transfer(number, 0, &key(9)))
        .collect();
    post(&scene.chain, &junk).await;
    let opened = mine(&scene.chain, 1).await;
    scene.looker.until(opened).await;
    let (cases, _) = scene.opened_at(opened).await;
    assert_eq!(cases.len(), 2 * SPAM);
    scene.is_whole(&cases).await;
}

/// Somebody fills the court's inbox for longer than the window of a case: nothing is decided before the answer has run (2.4).
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_jammed_inbox_beside_a_case_costs_a_host_nothing() {
    let scene = hosting().await;
    scene.charge(&alice(), &unseen("a", 1)).await;
    // Behind the challenge, so that it opens, and in front of whatever answers it.
    for part in 0..FULL_BLOCKS {
        post_full_block(&scene.chain, part).await;
    }
    let opened = mine(&scene.chain, 1).await;
    scene.looker.until(opened).await;
    let (cases, deadline) = scene.opened_at(opened).await;
    scene.until(deadline + 1).await;
    assert!(scene.queued() > 0, "the jam is over");
    assert_eq!(scene.state(cases[0]).await, "Open", "nothing is decided");
    scene.drained().await;
    scene.is_whole(&cases).await;
}

/// A host is stopped with its answer on the way and comes back on the same folder: nothing is answered twice, nothing is lost.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_host_that_stops_in_mid_case_goes_on_where_it_was() {
    let mut scene = hosting().await;
    let (cases, _) = scene.accused(&alice(), &unseen("a", 1)).await;
    scene.spoken().await;
    scene.stop().await;
    scene.start().await;
    scene.guard_is("signing").await;
    scene.closes(&cases).await;
    let (more, _) = scene.accused(&alice(), &unseen("b", 1)).await;
    scene.is_whole(&[cases, more].concat()).await;
}

/// A host comes back on a backup from before its last answer. What it had posted answers for it, it signs no slot a second time, and
/// what it cannot do any more costs it the next case that asks for a new slot: no tombstone, and 2 % of the allocation.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restored_backup_signs_nothing_twice_and_answers_nothing_new() {
    let mut scene = hosting().await;
    scene.stop().await;
    let backup = scene.copied();
    scene.start().await;
    scene.guard_is("signing").await;
    let (cases, _) = scene.accused(&alice(), &unseen("a", 1)).await;
    scene.spoken().await;
    scene.stop().await;
    scene.restore(backup);
    scene.start().await;
    scene.guard_is("observer").await;
    scene
        .refuses(&unseen("b", 1)[0], "was published by this key")
        .await;
    scene.closes(&cases).await;
    scene.is_unharmed().await;
    let (cases, deadline) = scene.accused(&alice(), &unseen("b", 1)).await;
    scene.until(deadline + 1).await;
    assert_eq!(scene.state(cases[0]).await, "Expired");
    let row = scene.operator().await;
    assert_eq!(row["Tombstoned"], false, "{row}");
    assert!(row["Jailed-Until"].is_u64(), "{row}");
    scene.stop().await;
    scene.looker.stop().await;
}

/// Blocks that the jam lasts: more than a window.
const FULL_BLOCKS: u64 = 9;
/// Items that fill what runs in a block (2.3: 10 MiB), as many transactions as need be.
const ITEMS_A_BLOCK: u64 = 10;
const ITEM_BYTES: usize = 1_040_000;
const ITEMS_A_TRANSACTION: usize = 4;

async fn post_full_block(chain: &Loopback, part: u64) {
    let jammer = &operator(30)[0];
    let items = (0..ITEMS_A_BLOCK).map(|number| {
        let mut draft = messages::message(origin(), "Info");
        draft
            .tags
            .push("Number", (part * ITEMS_A_BLOCK + number).to_string());
        draft.data = vec![0; ITEM_BYTES].into();
        draft.sign_deterministic(jammer).unwrap()
    });
    let items: Vec<_> = items.collect();
    for some in items.chunks(ITEMS_A_TRANSACTION) {
        post(chain, some).await;
    }
}
