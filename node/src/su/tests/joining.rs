//! A log that comes under a court (PROTOCOL 5.15), and a node that is killed at every step of it.

use aosec_wire::{Chain, record::LogRecord};

use tokio::{sync::mpsc, task::JoinSet};

use super::*;
use crate::store::joined::Seam;
use crate::su::{
    Refusal, Unavailable,
    actor::Actor,
    admission::Want,
    chain::{Batch, next_batch},
    ports::Joining,
};

fn court_id() -> Id {
    Id::new([8; 32])
}

/// A court that says what the test says.
#[derive(Debug)]
struct Clerk(Mutex<Joining>);

impl Clerk {
    fn says(&self, joining: Joining) {
        *self.0.lock().unwrap() = joining;
    }
}

impl Court for Clerk {
    fn spawn<'a>(&'a self, _origin: &'a str) -> Answer<'a, Tenure> {
        Box::pin(async { Ok(Tenure::Open) })
    }

    fn tenure(&self, _process: Id) -> Tenure {
        Tenure::Open
    }

    fn joining(&self, _process: Id) -> Joining {
        self.0.lock().unwrap().clone()
    }
}

fn unknown() -> Joining {
    Joining::Unknown("the court is behind".into())
}

fn registered(seam: Seam) -> Joining {
    Joining::Registered {
        seam,
        is_settled: true,
    }
}

fn hosted(seam: Seam) -> Joining {
    Joining::Hosted {
        seam,
        tenure: Tenure::Open,
    }
}

/// The owner names the next slot of a log, and the chain that is there.
fn seam(log: &[Assignment]) -> Seam {
    let last = log.last().unwrap();
    Seam {
        origin: court_id(),
        first: last.nonce() + 1,
        legacy: last.chain().unwrap().hash,
    }
}

/// A scheduler with a log of some slots, and a court that has said nothing yet.
async fn world(slots: u32) -> (World, Arc<Clerk>, Id) {
    let clerk = Arc::new(Clerk(Mutex::new(Joining::No)));
    let world = under(None, &clerk, Sky::new()).await;
    let process = world.spawn().await;
    for number in 0..slots {
        world.su.submit(message(process, number)).await.unwrap();
    }
    (world, clerk, process)
}

/// A scheduler under this court: with an empty disk, or with what a killed one left.
async fn under(killed: Option<&World>, clerk: &Arc<Clerk>, sky: Arc<Sky>) -> World {
    let dir = tempfile::tempdir().unwrap();
    let home = dir.path().join("node");
    if let Some(killed) = killed {
        copy(&killed.home, &home);
    }
    let store = Store::open(&home).await.unwrap();
    let mut parts = parts(&store, &home, &sky, hasty());
    parts.court = clerk.clone();
    let su = Handle::start(parts).await.unwrap();
    World {
        _dir: dir,
        home,
        sky,
        store,
        su,
    }
}

fn is_later(answer: &Result<Assignment, Refusal>) -> bool {
    matches!(answer, Err(Refusal::Unavailable(Unavailable::Court(_))))
}

#[tokio::test]
async fn a_registered_log_waits_where_its_owner_said_and_only_there() {
    let (world, clerk, process) = world(2).await;
    let log = world.log(process).await;
    let next = seam(&log);
    // Another slot ahead, and one that is passed: neither stops it at once.
    let ahead = Seam { first: 5, ..next };
    clerk.says(registered(ahead));
    let mut sent = JoinSet::new();
    for number in 10..14 {
        let su = world.su.clone();
        sent.spawn(async move { su.submit(message(process, number)).await });
    }
    let mut given = Vec::new();
    while let Some(answer) = sent.join_next().await {
        match answer.unwrap() {
            Ok(assignment) => given.push(assignment.nonce()),
            later => assert!(is_later(&later), "{later:?}"),
        }
    }
    given.sort_unstable();
    assert_eq!(given, [3, 4], "slots below 5 alone");
    assert!(world.su.hold(process).await.is_err(), "over another chain");
    clerk.says(registered(Seam { first: 3, ..next }));
    assert_eq!(
        world.su.submit(message(process, 20)).await.unwrap().nonce(),
        5
    );
    let past = world.su.hold(process).await.unwrap_err();
    assert!(past.to_string().contains("slot 6"), "{past}");
    let stranger = world.su.hold(Id::new([3; 32])).await;
    assert!(matches!(stranger, Err(Refusal::UnknownProcess(_))));
}

#[tokio::test]
async fn what_was_held_for_its_operator_stays_so_whatever_crash_comes() {
    let (world, clerk, process) = world(2).await;
    let seam = seam(&world.log(process).await);
    clerk.says(registered(seam));
    assert_eq!(world.su.hold(process).await.unwrap(), seam);
    for says in [unknown(), Joining::No, registered(seam)] {
        clerk.says(says);
        let again = under(Some(&world), &clerk, world.sky.clone()).await;
        let later = again.su.submit(message(process, 9)).await;
        assert!(is_later(&later), "{later:?}");
    }
    // Its owner names another slot in a settled block: then it is free as far as that.
    clerk.says(registered(Seam { first: 4, ..seam }));
    let again = under(Some(&world), &clerk, world.sky.clone()).await;
    assert_eq!(
        again.su.submit(message(process, 9)).await.unwrap().nonce(),
        3
    );
    clerk.says(hosted(seam));
    let never = again.su.submit(message(process, 10)).await;
    assert!(matches!(never, Err(Refusal::Court { .. })), "{never:?}");
}

/// A node is killed after every step of the crossing. Each copy gives the same bytes, and each slot once.
#[tokio::test]
async fn a_log_crosses_once_whatever_crash_comes() {
    let (world, clerk, process) = world(3).await;
    until(async || world.su.published(process, 3).await.unwrap()).await;
    let (before, seam) = (world.log(process).await, seam(&world.log(process).await));
    clerk.says(hosted(seam));
    let (_, mailbox) = mpsc::channel(1);
    let mut owner = Actor::new(process, world.su.shared.clone(), mailbox, Arc::default());
    owner.wake().await.unwrap();
    let mut copies = Vec::new();
    let mut killed = async |step: &'static str| {
        // What has crossed needs no court to be signed again.
        clerk.says(unknown());
        copies.push((step, under(Some(&world), &clerk, world.sky.clone()).await));
        clerk.says(hosted(seam));
    };
    killed("before").await;
    assert!(owner.parted(Vec::new()).await.unwrap().1.is_none());
    killed("kept").await;
    let want = Want::Message(message(process, 7));
    let entrants = vec![want.entrant()];
    let next = next_batch(process, owner.last.as_ref(), entrants, NOW_MS, HEIGHT);
    let batch = Arc::new(Batch {
        before: owner.before(),
        ..next.unwrap()
    });
    owner.commit(&batch, &[&want]).await.unwrap();
    killed("committed").await;
    owner.let_cross(&batch).await.unwrap();
    killed("crossed").await;
    let guard = &owner.shared_for_test().guard;
    let signed = guard.seal(batch.clone(), court_id()).await.unwrap();
    killed("guarded").await;
    let signed = signed.assignments;
    let [first] = &signed[..] else {
        panic!("one slot")
    };
    let over = Chain::registered(process, seam.legacy);
    let last = before.last().unwrap();
    let wanted = over.next(
        last.id(),
        first.message().unwrap(),
        first.height(),
        first.timestamp(),
    );
    assert_eq!((first.nonce(), first.chain()), (4, Some(wanted)));
    for (step, copy) in &copies {
        let log = copy.log(process).await;
        assert_eq!(log[..4], before, "{step}");
        let again = copy.su.submit(message(process, 7)).await;
        match log.get(4) {
            Some(signed) => assert_eq!(signed, first, "{step}: equal bytes"),
            None => assert_eq!(again.unwrap().nonce(), 4, "{step}"),
        }
        let next = copy.su.submit(message(process, 8)).await.unwrap();
        let log = copy.log(process).await;
        let follows = log[4].chain().unwrap().next(
            log[4].id(),
            next.message().unwrap(),
            next.height(),
            next.timestamp(),
        );
        assert_eq!((next.nonce(), next.chain()), (5, Some(follows)), "{step}");
    }
}

#[tokio::test]
async fn records_before_and_behind_the_seam_are_each_their_courts() {
    let (world, clerk, process) = world(2).await;
    let seam = seam(&world.log(process).await);
    clerk.says(hosted(seam));
    let referred = world
        .su
        .assign(process, Id::new([5; 32]), true, Vec::new())
        .await;
    assert!(referred.is_err(), "{referred:?}");
    for number in 10..12 {
        world.su.submit(message(process, number)).await.unwrap();
    }
    let referred = world
        .su
        .assign(process, Id::new([5; 32]), true, Vec::new())
        .await;
    assert!(matches!(referred, Err(Refusal::NoReferences(_))));
    until(async || world.su.published(process, 4).await.unwrap()).await;
    world.sky.height.fetch_add(1, Ordering::Relaxed);
    for (tx, _items) in
        until(async || Some(world.sky.posts()).filter(|posts| !posts.is_empty())).await
    {
        world.sky.mine(tx, HEIGHT + 1, 1);
    }
    world.sky.height.fetch_add(1, Ordering::Relaxed);
    let records = until(async || {
        world
            .sky
            .posts()
            .iter()
            .for_each(|(tx, _)| world.sky.mine(*tx, HEIGHT + 2, 1));
        let logs: Vec<_> = world
            .sky
            .logs()
            .into_iter()
            .flat_map(|(_, records)| records)
            .collect();
        let records: Vec<_> = logs
            .iter()
            .map(|bytes| LogRecord::decode(bytes).unwrap())
            .collect();
        records
            .iter()
            .any(|record| record.last_slot() == 4)
            .then_some(records)
    })
    .await;
    let mut next = 1;
    for record in &records {
        assert_eq!(record.first_slot(), next);
        next = record.last_slot() + 1;
        let is_court = record.first_slot() >= seam.first;
        assert_eq!(record.verify(court_id()).is_ok(), is_court);
        assert!(is_court || record.last_slot() < seam.first);
        assert_eq!(
            record.verify(aosec_wire::record::NO_ORIGIN).is_ok(),
            !is_court
        );
    }
    assert_eq!(next, 5);
}
