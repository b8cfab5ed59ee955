//! The way to the base layer: everything arrives, nothing is forgotten, and nothing is promised that cannot be kept.

use super::*;
use crate::{
    store::publication,
    su::{Refusal, Unavailable},
};

async fn place(world: &World, process: Id, slot: u64) -> Option<publication::Place> {
    world.su.published(process, slot).await.unwrap()
}

fn posted_ids(world: &World) -> Vec<Id> {
    let posts = world.sky.posts();
    let items = posts.into_iter().flat_map(|(_, items)| items);
    items.map(|item| item.id()).collect()
}

#[tokio::test]
async fn messages_and_assignments_ride_to_a_settled_block() {
    let world = World::with(hasty()).await;
    let process = world.spawn().await;
    let first = world.su.submit(message(process, 1)).await.unwrap();
    until(async || place(&world, process, 1).await).await;
    assert_eq!(world.sky.posts().len(), 0, "a block gathers");
    world.sky.height.fetch_add(1, Ordering::Relaxed);
    let tx = until(async || place(&world, process, 1).await?.tx).await;
    let log = world.log(process).await;
    let mut expected = vec![process, log[0].id(), message(process, 1).id(), first.id()];
    let mut posted = posted_ids(&world);
    expected.sort();
    posted.sort();
    assert_eq!(posted, expected);
    world.sky.mine(tx, HEIGHT + 1, 1);
    until(async || place(&world, process, 1).await?.mined_height).await;
    assert!(!place(&world, process, 1).await.unwrap().firm);
    world.sky.mine(tx, HEIGHT + 1, 20);
    until(async || place(&world, process, 1).await.filter(|place| place.firm)).await;
    assert_eq!(publication::backlog(&world.store).await.unwrap().slots, 0);
    assert_eq!(world.sky.posts().len(), 1, "and once");
}

#[tokio::test]
async fn a_lost_transaction_is_posted_again() {
    let world = World::with(hasty()).await;
    let process = world.spawn().await;
    world.sky.height.fetch_add(1, Ordering::Relaxed);
    let lost = until(async || place(&world, process, 0).await?.tx).await;
    world.sky.height.fetch_add(21, Ordering::Relaxed);
    let again = until(async || place(&world, process, 0).await?.tx.filter(|tx| *tx != lost)).await;
    let posts = world.sky.posts();
    assert_eq!(
        posts
            .iter()
            .filter(|(tx, _)| [lost, again].contains(tx))
            .count(),
        2
    );
    assert_eq!(posts[0].1, posts[1].1, "the same items");
}

#[tokio::test]
async fn after_a_long_outage_nothing_is_taken_until_it_ends() {
    let world = World::with(hasty()).await;
    let process = world.spawn().await;
    until(async || place(&world, process, 0).await).await;
    world.sky.set_down(true);
    world.sky.height.fetch_add(31, Ordering::Relaxed);
    until(async || world.su.unavailable()).await;
    let refused = world.su.submit(message(process, 1)).await;
    assert!(
        matches!(refused, Err(Refusal::Unavailable(Unavailable::Publication))),
        "{refused:?}"
    );
    assert_eq!(world.log(process).await.len(), 1, "reading goes on");
    world.sky.set_down(false);
    let tx = until(async || place(&world, process, 0).await?.tx).await;
    world.sky.mine(tx, HEIGHT + 31, 1);
    until(async || world.su.unavailable().is_none().then_some(())).await;
    world.su.submit(message(process, 1)).await.unwrap();
}
