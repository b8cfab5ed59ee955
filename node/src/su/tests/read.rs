//! Logs as others see them.

use super::*;
use crate::su::Span;

async fn slots(world: &World, process: Id, span: Span, limit: usize) -> (Vec<u64>, bool) {
    let page = world.su.page(process, span, limit).await.unwrap();
    (
        page.entries
            .iter()
            .map(|entry| entry.assignment.nonce())
            .collect(),
        page.has_more,
    )
}

#[tokio::test]
async fn pages_by_slot_and_by_time_miss_nothing() {
    let world = World::new().await;
    let process = world.spawn().await;
    let mut times = vec![NOW_MS];
    for number in 1..10 {
        times.push(
            world
                .su
                .submit(message(process, number))
                .await
                .unwrap()
                .timestamp(),
        );
    }
    let by_slot = |after, to| Span::Slots { after, to };
    let by_time = |after: Option<usize>, to: Option<usize>| Span::Times {
        after: after.map(|n| times[n]),
        to: to.map(|n| times[n]),
    };
    let cases = [
        (by_slot(None, None), 3, vec![0, 1, 2], true),
        (by_slot(Some(2), None), 3, vec![3, 4, 5], true),
        (by_slot(Some(6), None), 3, vec![7, 8, 9], false),
        (by_slot(Some(3), Some(5)), 9, vec![4, 5], false),
        (by_slot(Some(9), None), 9, vec![], false),
        (by_slot(None, Some(u64::MAX)), 2, vec![0, 1], true),
        (by_time(None, None), 100, (0..10).collect(), false),
        (by_time(Some(2), None), 3, vec![3, 4, 5], true),
        (by_time(Some(2), Some(4)), 3, vec![3, 4], false),
        (by_time(Some(9), None), 3, vec![], false),
    ];
    for (span, limit, expected, has_more) in cases {
        assert_eq!(
            slots(&world, process, span, limit).await,
            (expected, has_more),
            "{span:?}"
        );
    }
    let nowhere = slots(&world, Id::new([1; 32]), by_slot(None, None), 5).await;
    assert_eq!(nowhere, (vec![], false));
}

#[tokio::test]
async fn what_was_answered_is_seen_at_once_and_found_by_every_name() {
    let world = World::new().await;
    let process = world.spawn().await;
    for number in 1..30 {
        let sent = message(process, number);
        let assignment = world.su.submit(sent.clone()).await.unwrap();
        let latest = world.su.latest(process).await.unwrap().unwrap();
        assert_eq!(latest.assignment, assignment);
        assert_eq!(latest.message, Some(sent.clone()));
        for name in [sent.id(), assignment.id()] {
            let found = world.su.message(name, Some(process)).await.unwrap();
            assert_eq!(
                found.map(|entry| entry.assignment),
                Some(assignment.clone())
            );
            assert!(
                world
                    .su
                    .message(name, Some(Id::new([1; 32])))
                    .await
                    .unwrap()
                    .is_none()
            );
        }
        let anywhere = world.su.message(sent.id(), None).await.unwrap().unwrap();
        assert_eq!(anywhere.assignment, assignment);
        assert_eq!(
            world.su.raw(sent.id()).await.unwrap().unwrap(),
            sent.bytes()
        );
    }
    let spawn = world.su.process(process).await.unwrap().unwrap();
    assert_eq!(spawn.message.map(|item| item.id()), Some(process));
    assert_eq!(spawn.assignment.message(), None);
}
