//! Streams of batches with the verdict that each must get, in the manner of slashing-protection suites.

use aosec_wire::Chain;

use super::*;
use crate::su::chain::Slot;

pub(super) const KEY: [u8; 32] = [3; 32];
pub(super) const ORIGIN: Id = Id::new([6; 32]);

pub(super) fn process(number: u8) -> Id {
    Id::new([number; 32])
}

fn slots(messages: &[u8]) -> Vec<Slot> {
    let slot = |(index, message): (usize, &u8)| Slot {
        message: Id::new([*message; 32]),
        height: 5,
        timestamp: 1_000 + index as u64,
        exclude: Vec::new(),
    };
    messages.iter().enumerate().map(slot).collect()
}

pub(super) fn spawn(number: u8, messages: &[u8]) -> Arc<Batch> {
    let batch = Batch {
        process: process(number),
        epoch: 0,
        first: 0,
        before: None,
        slots: slots(messages),
    };
    Arc::new(batch)
}

pub(super) fn after(log: &Sealed, messages: &[u8]) -> Arc<Batch> {
    let last = log.assignments.last().unwrap();
    let (process, first) = (last.process(), last.nonce() + 1);
    Arc::new(Batch {
        process,
        epoch: last.epoch(),
        first,
        before: Before::after(last),
        slots: slots(messages),
    })
}

pub(super) struct Place {
    dir: tempfile::TempDir,
}

impl Place {
    pub(super) fn new() -> Self {
        Self {
            dir: tempfile::tempdir().unwrap(),
        }
    }

    pub(super) fn path(&self) -> std::path::PathBuf {
        self.dir.path().join("sign.guard")
    }

    pub(super) fn open(&self) -> Guard {
        Guard::open(&self.path(), SigningKey::ed25519(KEY)).unwrap()
    }

    /// Opens again once the thread of the guard before has let go of the file.
    pub(super) async fn reopen(&self, guard: Guard) -> Guard {
        drop(guard);
        loop {
            match Guard::open(&self.path(), SigningKey::ed25519(KEY)) {
                Err(GuardFileError::InUse(_)) => tokio::task::yield_now().await,
                other => return other.unwrap(),
            }
        }
    }
}

/// All that the key has said: assignments, and the signature over the end.
pub(super) fn bytes(sealed: &Sealed) -> Vec<Bytes> {
    let assignments = sealed.assignments.iter();
    assignments
        .map(|assignment| assignment.item().bytes().clone())
        .chain([sealed.head.signature.clone()])
        .collect()
}

#[tokio::test]
async fn a_log_is_signed_slot_by_slot_and_equal_batches_give_equal_bytes() {
    let place = Place::new();
    let guard = place.open();
    let first = guard.seal(spawn(1, &[1, 2, 3]), ORIGIN).await.unwrap();
    let second = guard.seal(after(&first, &[4, 5]), ORIGIN).await.unwrap();
    assert_eq!(
        second
            .assignments
            .iter()
            .map(Assignment::nonce)
            .collect::<Vec<_>>(),
        [3, 4]
    );
    let again = guard.seal(after(&first, &[4, 5]), ORIGIN).await.unwrap();
    assert_eq!(bytes(&again), bytes(&second));
    let guard = place.reopen(guard).await;
    let again = guard.seal(after(&first, &[4, 5]), ORIGIN).await.unwrap();
    assert_eq!(bytes(&again), bytes(&second), "also after a start");
    assert_eq!(guard.recorded()[&(process(1), 0)].slot, 4);
}

#[tokio::test]
async fn the_signed_end_makes_a_log_record() {
    let guard = Place::new().open();
    let first = guard.seal(spawn(1, &[1, 2, 3]), ORIGIN).await.unwrap();
    let second = guard.seal(after(&first, &[4, 5]), ORIGIN).await.unwrap();
    let log = [first.assignments, second.assignments].concat();
    // From slot 1 on, over both batches, under the signature of the last.
    let entries = log[1..].iter().map(|slot| log_record::LogEntry {
        message: slot.message().unwrap(),
        height: slot.height(),
        timestamp: slot.timestamp(),
    });
    let chain = Chain::genesis(process(1)).log;
    let record =
        log_record::LogRecord::new(process(1), 0, 1, chain, entries.collect(), second.head);
    let record = record.unwrap();
    assert_eq!(Some(record.head_chain()), log[4].log_chain());
    assert_eq!(record.signature().signer(), *guard.address());
    record.verify(ORIGIN).unwrap();
    assert!(record.verify(log_record::NO_ORIGIN).is_err());
}

#[tokio::test]
async fn no_second_content_is_ever_signed() {
    let place = Place::new();
    let guard = place.open();
    let first = guard.seal(spawn(1, &[1, 2]), ORIGIN).await.unwrap();
    let second = guard.seal(after(&first, &[3, 4]), ORIGIN).await.unwrap();
    let guard = place.reopen(guard).await;
    let mut late = (*after(&first, &[3, 4])).clone();
    late.slots[1].timestamp += 1;
    let mut excluding = (*after(&first, &[3, 4])).clone();
    excluding.slots[0].exclude.push("Data".to_owned());
    let mut forked = (*after(&second, &[5])).clone();
    forked.before.as_mut().unwrap().chain = Chain::genesis(process(9));
    // It claims to follow the last slot, and to be the last slot.
    let mut shifted = (*after(&second, &[5])).clone();
    shifted.first -= 1;
    let conflicts = [
        Arc::new(shifted),
        spawn(1, &[1, 2]),
        spawn(1, &[9]),
        after(&first, &[9, 4]),
        after(&first, &[3]),
        after(&first, &[3, 4, 5]),
        Arc::new(late),
        Arc::new(excluding),
        Arc::new(forked),
    ];
    for (number, batch) in conflicts.into_iter().enumerate() {
        let verdict = guard.seal(batch, ORIGIN).await;
        assert!(
            matches!(verdict, Err(GuardError::Conflict { .. })),
            "case {number}: {verdict:?}"
        );
    }
    guard.seal(after(&second, &[5]), ORIGIN).await.unwrap();
}

#[tokio::test]
async fn gaps_and_foreign_epochs_are_refused() {
    let guard = Place::new().open();
    let first = guard.seal(spawn(1, &[1]), ORIGIN).await.unwrap();
    let mut gap = (*after(&first, &[2])).clone();
    gap.first += 1;
    assert!(matches!(
        guard.seal(Arc::new(gap), ORIGIN).await,
        Err(GuardError::Gap { next: 1, .. })
    ));
    let mut unknown = (*after(&first, &[2])).clone();
    unknown.process = process(8);
    assert!(matches!(
        guard.seal(Arc::new(unknown.clone()), ORIGIN).await,
        Err(GuardError::Gap { next: 0, .. })
    ));
    unknown.epoch = 1;
    assert!(matches!(
        guard.seal(Arc::new(unknown), ORIGIN).await,
        Err(GuardError::Epoch { epoch: 1, .. })
    ));
}

#[tokio::test]
async fn of_many_contents_at_once_one_wins() {
    let guard = Place::new().open();
    let first = guard.seal(spawn(1, &[1]), ORIGIN).await.unwrap();
    let tries = (0..32_u8).map(|message| {
        let (guard, batch) = (guard.clone(), after(&first, &[message]));
        tokio::spawn(async move { guard.seal(batch, ORIGIN).await })
    });
    let mut signed = 0;
    for one in tries.collect::<Vec<_>>() {
        signed += usize::from(one.await.unwrap().is_ok());
    }
    assert_eq!(signed, 1);
}

#[tokio::test]
async fn processes_share_the_file_and_not_their_slots() {
    let place = Place::new();
    let guard = place.open();
    let all = (1..41_u8).map(|number| {
        let guard = guard.clone();
        tokio::spawn(async move {
            guard
                .seal(spawn(number, &[number, 77]), ORIGIN)
                .await
                .unwrap()
        })
    });
    for one in all.collect::<Vec<_>>() {
        assert_eq!(one.await.unwrap().assignments.len(), 2);
    }
    let guard = place.reopen(guard).await;
    assert_eq!(guard.recorded().len(), 40);
    assert!(guard.recorded().values().all(|head| head.slot == 1));
}

#[tokio::test]
async fn a_location_names_the_scheduler_and_is_no_assignment() {
    let guard = Place::new().open();
    let tags = Tags::new()
        .with("Type", "Assignment")
        .with("Url", "http://127.0.0.1:4003")
        .with("Time-To-Live", "10000")
        .with("Timestamp", "5")
        .with("Nonce", "1");
    let item = guard
        .seal_location(&Draft {
            tags,
            ..Draft::default()
        })
        .unwrap();
    assert_eq!(item.owner_address(), guard.address());
    assert_eq!(item.tags().get("Url"), Some("http://127.0.0.1:4003"));
    let token = guard.token().to_string();
    assert_eq!(item.tags().get(START_TOKEN), Some(token.as_str()));
    assert_eq!(
        (item.tags().get("Type"), item.tags().len()),
        (Some("Scheduler-Location"), 7)
    );
    assert!(guard.seal_location(&Draft::default()).is_err());
}
