//! Stops at every step of D1, restored backups, lost files: no slot ever gets a second content, nothing answered is lost.

use aosec_wire::record::NO_ORIGIN;
use tokio::sync::mpsc;

use super::*;
use crate::su::{
    Refusal, Span, Standing, Unavailable, actor::Actor, admission::Want, chain::next_batch,
    recover::Disagreement, registry::Tail,
};

/// The owner of a log, driven by hand so that the test can stop it between two steps.
struct ByHand {
    actor: Actor,
    process: Id,
}

impl ByHand {
    async fn new(world: &World, process: Id) -> Self {
        let (_, mailbox) = mpsc::channel(1);
        let mut actor = Actor::new(
            process,
            world.su.shared.clone(),
            mailbox,
            Arc::new(Tail::default()),
        );
        actor.wake().await.unwrap();
        Self { actor, process }
    }

    /// One batch, with `stop` called after each step: committed, guarded and signed.
    async fn batch(
        &mut self,
        last: &Assignment,
        numbers: &[u32],
        mut stop: impl AsyncFnMut(&str),
    ) -> Vec<Assignment> {
        let wants: Vec<_> = numbers
            .iter()
            .map(|number| Want::Message(message(self.process, *number)))
            .collect();
        let entrants = wants.iter().map(Want::entrant).collect();
        let batch = next_batch(self.process, Some(last), entrants, NOW_MS, HEIGHT).unwrap();
        let (batch, wants): (_, Vec<_>) = (Arc::new(batch), wants.iter().collect());
        self.actor.commit(&batch, &wants).await.unwrap();
        stop("committed").await;
        let signed = self
            .actor
            .shared_for_test()
            .guard
            .seal(batch.clone(), NO_ORIGIN)
            .await
            .unwrap();
        stop("guarded").await;
        self.actor
            .seal(batch, vec![0; numbers.len()])
            .await
            .unwrap();
        signed.assignments
    }
}

/// What a copy of the files must lead to: all that was `answered` is there in equal bytes, and the log goes on.
async fn verify_copy(
    copy: &World,
    process: Id,
    answered: &[Assignment],
    committed: usize,
    step: &str,
) {
    let log = copy.log(process).await;
    assert_eq!(
        log.len(),
        committed,
        "{step}: seen from the first moment on"
    );
    assert_eq!(
        &log[..answered.len()],
        answered,
        "{step}: what was answered stands"
    );
    let next = copy.su.submit(message(process, 9_999)).await.unwrap();
    assert_eq!(
        next.nonce(),
        committed as u64,
        "{step}: the next slot follows what was committed"
    );
    let last = &log[committed - 1];
    let follows = last.chain().unwrap().next(
        last.id(),
        next.message().unwrap(),
        next.height(),
        next.timestamp(),
    );
    assert_eq!(next.chain(), Some(follows), "{step}: and its chain");
}

#[tokio::test]
async fn a_stop_after_any_step_loses_nothing_and_signs_nothing_twice() {
    let world = World::new().await;
    let process = world.spawn().await;
    until(async || world.su.published(process, 0).await.unwrap()).await;
    let mut answered = world.log(process).await;
    let mut owner = ByHand::new(&world, process).await;
    for round in 0..3_u32 {
        let numbers: Vec<_> = (round * 10..round * 10 + 4).collect();
        let (before, last) = (answered.clone(), answered.last().unwrap().clone());
        let mut copies = Vec::new();
        let signed = owner
            .batch(&last, &numbers, async |step: &str| {
                copies.push((step.to_owned(), world.copy().await))
            })
            .await;
        for (step, copy) in copies {
            let committed = before.len() + numbers.len();
            let found = copy.log(process).await;
            assert_eq!(found.len(), committed, "{step} {round}");
            assert_eq!(
                found[before.len()..],
                signed,
                "{step} {round}: the same batch in equal bytes"
            );
            verify_copy(&copy, process, &before, committed, &step).await;
        }
        answered.extend(signed);
        verify_copy(
            &world.copy().await,
            process,
            &answered,
            answered.len(),
            "answered",
        )
        .await;
    }
    owner.actor.keep().await.unwrap();
    verify_copy(
        &world.copy().await,
        process,
        &answered,
        answered.len(),
        "kept",
    )
    .await;
}

#[tokio::test]
async fn a_spawn_stopped_at_any_moment_is_signed_once() {
    let world = World::new().await;
    let process = world.spawn().await;
    let log = world.log(process).await;
    verify_copy(&world.copy().await, process, &log, 1, "spawned").await;
}

#[tokio::test]
async fn a_clean_stop_leaves_nothing_to_be_signed_again() {
    let world = World::new().await;
    let process = world.spawn().await;
    let last = world.su.submit(message(process, 1)).await.unwrap();
    world.su.close().await;
    let stopped = world.su.submit(message(process, 2)).await;
    assert!(
        matches!(stopped, Err(Refusal::Unavailable(Unavailable::Stopping))),
        "{stopped:?}"
    );
    let kept = crate::store::receipt::last(&world.store, process)
        .await
        .unwrap();
    assert_eq!(kept, Some(last));
}

fn disagreement(world: &World) -> Disagreement {
    match world.su.unavailable() {
        Some(Unavailable::Disagreement(disagreement)) => (*disagreement).clone(),
        other => panic!("{other:?}"),
    }
}

async fn settled_log(count: u32) -> (World, Id) {
    let world = World::new().await;
    let process = world.spawn().await;
    for number in 0..count {
        world.su.submit(message(process, number)).await.unwrap();
    }
    until(async || world.su.published(process, count.into()).await.unwrap()).await;
    (world, process)
}

#[tokio::test]
async fn a_restored_store_is_read_and_signed_for_where_it_is_whole() {
    let (world, process) = settled_log(2).await;
    let backup = tempfile::tempdir().unwrap();
    copy(&world.home, &backup.path().join("old"));
    world.su.submit(message(process, 7)).await.unwrap();
    fs::copy(
        world.home.join("sign.guard"),
        backup.path().join("old/sign.guard"),
    )
    .unwrap();
    let restored = World::open(
        tempfile::tempdir().unwrap(),
        backup.path().join("old"),
        Sky::new(),
        Settings::default(),
    )
    .await;
    let found = restored.su.blocked()[&process].clone();
    assert_eq!(
        *found,
        Disagreement::StoreBehind {
            process,
            recorded: 3,
            kept: Some(2)
        }
    );
    assert!(found.to_string().contains("Bring back the store"));
    let refused = restored.su.submit(message(process, 8)).await;
    assert!(
        matches!(
            refused,
            Err(Refusal::Unavailable(Unavailable::Disagreement(_)))
        ),
        "{refused:?}"
    );
    assert_eq!(restored.su.standing(), Standing::Signing);
    let another = item(
        None,
        &[
            ("Data-Protocol", "ao"),
            ("Type", "Process"),
            ("Module", &Id::new([9; 32]).to_string()),
            ("Scheduler", restored.su.address().as_str()),
        ],
        5,
    );
    let other = restored.su.submit(another).await.unwrap();
    assert_eq!(other.nonce(), 0, "other processes are signed for");
    let page = restored
        .su
        .page(
            process,
            Span::Slots {
                after: None,
                to: None,
            },
            9,
        )
        .await
        .unwrap();
    assert_eq!(page.entries.len(), 3);
}

#[tokio::test]
async fn a_lost_or_older_guard_file_stops_the_signing() {
    let (world, process) = settled_log(2).await;
    let backup = tempfile::tempdir().unwrap();
    for (name, keep) in [("older", true), ("lost", false)] {
        let home = backup.path().join(name);
        let old = fs::read(world.home.join("sign.guard")).unwrap();
        world
            .su
            .submit(message(process, if keep { 10 } else { 11 }))
            .await
            .unwrap();
        world
            .su
            .submit(message(process, if keep { 20 } else { 21 }))
            .await
            .unwrap();
        let slot = world
            .su
            .latest(process)
            .await
            .unwrap()
            .unwrap()
            .assignment
            .nonce();
        until(async || world.su.published(process, slot).await.unwrap()).await;
        copy(&world.home, &home);
        if keep {
            fs::write(home.join("sign.guard"), old).unwrap()
        } else {
            fs::remove_file(home.join("sign.guard")).unwrap()
        }
        let restored = World::open(
            tempfile::tempdir().unwrap(),
            home,
            Sky::new(),
            Settings::default(),
        )
        .await;
        assert!(
            matches!(disagreement(&restored), Disagreement::GuardBehind { .. }),
            "{name}"
        );
        assert!(restored.su.submit(message(process, 99)).await.is_err());
    }
}

#[tokio::test]
async fn a_log_that_the_guard_refuses_stands_still() {
    let (world, process) = settled_log(1).await;
    let last = world.su.latest(process).await.unwrap().unwrap().assignment;
    let entrant = Want::Message(message(process, 50)).entrant();
    let foreign = next_batch(process, Some(&last), vec![entrant], NOW_MS, HEIGHT).unwrap();
    // Somebody else had the guard sign the next slot: the log of the store can never be signed there.
    world
        .su
        .shared
        .guard
        .seal(Arc::new(foreign), NO_ORIGIN)
        .await
        .unwrap();
    for number in 60..64 {
        let refused = world.su.submit(message(process, number)).await;
        assert!(
            matches!(refused, Err(Refusal::Unavailable(Unavailable::Guard(_)))),
            "{refused:?}"
        );
    }
    assert_eq!(
        world.log(process).await.len(),
        2,
        "what is signed is read on"
    );
    let rows = crate::store::log::from(&world.store, process, 0, 100)
        .await
        .unwrap();
    assert_eq!(rows.len(), 3, "nothing is put behind an unsigned slot");
}
