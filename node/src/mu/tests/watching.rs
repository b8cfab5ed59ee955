//! Watched processes: what their ticks send leaves once, whoever is killed in between, and only by the owner's word.

use std::path::Path;
use std::time::Duration;

use aosec_wire::{Draft, Id, Tags, VerifiedItem};
use bytes::Bytes;

use super::fakes::{ALPHA, Around, BETA, Node, action, user};

pub(super) fn wish(number: u8) -> VerifiedItem {
    let draft = Draft {
        target: Some(ALPHA),
        anchor: Some([number; 32]),
        tags: Tags::new(),
        data: Bytes::from_static(b" "),
    };
    draft.sign(&user()).unwrap()
}

/// The ids of all that BETA was sent, once they are as many.
async fn sent(around: &Around, count: usize) -> Vec<Id> {
    for _poll in 0..3_000 {
        let log = around.scheduler.log(BETA);
        if log.len() >= count {
            // What comes too often comes soon after.
            tokio::time::sleep(Duration::from_millis(50)).await;
            return around
                .scheduler
                .log(BETA)
                .iter()
                .map(VerifiedItem::id)
                .collect();
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!(
        "{:?}",
        around
            .scheduler
            .log(BETA)
            .iter()
            .map(action)
            .collect::<Vec<_>>()
    );
}

async fn pass_seconds(around: &Around, seconds: u64) {
    *around.seconds.lock().unwrap() = Some(seconds);
}

async fn node(around: &Around, folder: &Path) -> Node {
    around.node(folder).await
}

#[tokio::test]
async fn each_tick_is_pushed_once_and_a_restart_goes_on() {
    let around = Around::new().await;
    let folder = tempfile::tempdir().unwrap();
    pass_seconds(&around, 3).await;
    let first = node(&around, folder.path()).await;
    first.handle.monitor(ALPHA, &wish(1), true).await.unwrap();
    pass_seconds(&around, 6).await;
    assert_eq!(
        sent(&around, 6).await.len(),
        6,
        "two messages of each of three seconds, none of those before"
    );
    first.stop().await;
    pass_seconds(&around, 8).await;
    let second = node(&around, folder.path()).await;
    let ids = sent(&around, 10).await;
    assert_eq!(ids.len(), 10);
    let mut unique = ids.clone();
    unique.sort();
    unique.dedup();
    assert_eq!(unique.len(), ids.len());
    // A wish that says the same again changes nothing.
    second.handle.monitor(ALPHA, &wish(2), true).await.unwrap();
    second.handle.monitor(ALPHA, &wish(3), false).await.unwrap();
    pass_seconds(&around, 20).await;
    second.handle.monitor(ALPHA, &wish(4), true).await.unwrap();
    pass_seconds(&around, 21).await;
    assert_eq!(
        sent(&around, 12).await.len(),
        12,
        "nobody watched in between"
    );
    second.stop().await;
}

/// A disk that is busy at the start must not end all watching.
#[tokio::test]
async fn a_list_that_cannot_be_read_is_read_again() {
    let around = Around::new().await;
    let folder = tempfile::tempdir().unwrap();
    let before = node(&around, folder.path()).await;
    before.handle.monitor(ALPHA, &wish(1), true).await.unwrap();
    rename(&before, "watched", "away").await;
    before.stop().await;
    pass_seconds(&around, 2).await;
    let node = node(&around, folder.path()).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(around.scheduler.log(BETA).is_empty());
    rename(&node, "away", "watched").await;
    assert_eq!(sent(&around, 4).await.len(), 4);
    node.stop().await;
}

async fn rename(node: &Node, from: &'static str, to: &'static str) {
    let renamed = node.store.write(async move |db| {
        sqlx::query(sqlx::AssertSqlSafe(format!(
            "ALTER TABLE {from} RENAME TO {to}"
        )))
        .execute(db)
        .await?;
        Ok(())
    });
    renamed.await.unwrap();
}

#[tokio::test]
async fn two_nodes_that_watch_one_process_send_the_same_items() {
    let around = Around::new().await;
    let folders = [(); 2].map(|()| tempfile::tempdir().unwrap());
    for folder in &folders {
        pass_seconds(&around, 0).await;
        let node = node(&around, folder.path()).await;
        node.handle.monitor(ALPHA, &wish(1), true).await.unwrap();
        pass_seconds(&around, 2).await;
        assert_eq!(sent(&around, 4).await.len(), 4);
        node.stop().await;
    }
}
