//! A base layer that changes its mind: within the settlement depth it is followed, deeper it stops the reader for good.

use super::author::Author;
use super::{Bench, DEPTH, MODULE, mine, told};
use crate::arweave::devchain::chain::Orphans;
use crate::arweave::devchain::loopback::Loopback;
use crate::cu::source::{Log as _, SourceError};

/// Forks of every depth up to the settlement depth: what was orphaned is forgotten, what is mined again stands again.
#[tokio::test]
async fn forks_up_to_the_settlement_depth_are_followed() {
    let chain = Loopback::start(Vec::new()).await;
    let mut author = Author::spawn(&chain, MODULE, "one").await;
    author.publish(&chain, 0).await;
    mine(&chain, 1 + DEPTH).await;
    let bench = Bench::open(chain.gateway()).await;
    for depth in 1..=DEPTH {
        let slot = author.assignments.len();
        author.send(&format!("message {depth}"));
        author.publish(&chain, slot).await;
        let tip = mine(&chain, depth).await;
        bench.until(|view| view.soft == Some(tip)).await;
        chain.chain.fork(depth, Orphans::Wait).await.unwrap();
        bench.until(|view| view.soft > Some(tip)).await;
        let tip = mine(&chain, 1 + DEPTH).await;
        bench.until(|view| view.soft == Some(tip)).await;
        assert_eq!(
            bench.messages(author.process()).await.unwrap(),
            told(&author),
            "depth {depth}"
        );
    }
}

/// What an orphaned block alone held is no log, although it was seen.
#[tokio::test]
async fn what_only_an_orphaned_block_held_is_forgotten() {
    let chain = Loopback::start(Vec::new()).await;
    let mut author = Author::spawn(&chain, MODULE, "one").await;
    author.publish(&chain, 0).await;
    mine(&chain, 1 + DEPTH).await;
    let bench = Bench::open(chain.gateway()).await;
    author.send("a");
    author.publish(&chain, 1).await;
    let tip = mine(&chain, 1).await;
    bench.until(|view| view.soft == Some(tip)).await;
    chain.chain.fork(1, Orphans::Drop).await.unwrap();
    let tip = mine(&chain, 2 * DEPTH).await;
    bench.until(|view| view.soft == Some(tip)).await;
    assert_eq!(
        bench.derived.newest(author.process()).await.unwrap(),
        Some(0)
    );
}

#[tokio::test]
async fn a_deeper_fork_stops_the_reader_over_restarts_too() {
    let chain = Loopback::start(Vec::new()).await;
    let author = Author::spawn(&chain, MODULE, "one").await;
    author.publish(&chain, 0).await;
    let tip = mine(&chain, 3 * DEPTH).await;
    let bench = Bench::open(chain.gateway()).await;
    bench.until(|view| view.soft == Some(tip)).await;
    assert_eq!(bench.messages(author.process()).await.unwrap().len(), 1);
    chain.chain.fork(DEPTH + 1, Orphans::Mine).await.unwrap();
    let view = bench.until(|view| view.alarm).await;
    assert!(view.trouble.unwrap().contains("settlement depth"));
    let refused = bench.derived.newest(author.process()).await.unwrap_err();
    assert!(matches!(refused, SourceError::Derivation(_)), "{refused}");
    let bench = Bench::on(bench.stop().await, chain.gateway()).await;
    bench.until(|view| view.alarm).await;
}
