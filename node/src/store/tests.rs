//! What the store promises, tried on real files.

use std::{
    fs::{self, DirBuilder},
    os::unix::fs::DirBuilderExt,
    path::Path,
};

use aosec_challenge::derive::Entry;
use aosec_wire::Id;
use sqlx::Row;

use super::{Db, Store, StoreError, canonical, outbox};

async fn open(dir: &Path) -> Store {
    Store::open(dir).await.unwrap()
}

async fn put(db: &mut Db, key: u8, bytes: &[u8]) -> Result<(), StoreError> {
    let query = sqlx::query("INSERT INTO item (id, bytes) VALUES (?, ?)");
    query
        .bind(vec![key; 32])
        .bind(bytes.to_vec())
        .execute(db)
        .await?;
    Ok(())
}

async fn keys(store: &Store) -> Vec<u8> {
    let rows = sqlx::query("SELECT id FROM item ORDER BY id")
        .fetch_all(store.readers())
        .await
        .unwrap();
    rows.iter().map(|row| row.get::<Vec<u8>, _>(0)[0]).collect()
}

#[tokio::test]
async fn what_was_answered_is_there_after_the_next_start() {
    let dir = tempfile::tempdir().unwrap();
    let copy = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    store
        .write(async |db| put(db, 1, b"kept").await)
        .await
        .unwrap();
    let copy = copy.path().join("copy");
    DirBuilder::new().mode(0o700).create(&copy).unwrap();
    // A copy of the files at this moment is what a killed node leaves behind.
    for file in fs::read_dir(dir.path()).unwrap() {
        let file = file.unwrap();
        fs::copy(file.path(), copy.join(file.file_name())).unwrap();
    }
    assert_eq!(keys(&open(&copy).await).await, [1]);
}

#[tokio::test]
async fn a_failing_job_is_undone_alone() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    let jobs = (0..40_u8).map(|key| {
        let store = store.clone();
        tokio::spawn(async move {
            store
                .write(async move |db| {
                    put(db, key, b"x").await?;
                    // Every fourth job trips over its own second row.
                    if key % 4 == 0 {
                        put(db, key, b"y").await
                    } else {
                        Ok(())
                    }
                })
                .await
        })
    });
    for (key, job) in jobs.collect::<Vec<_>>().into_iter().enumerate() {
        assert_eq!(job.await.unwrap().is_err(), key % 4 == 0, "job {key}");
    }
    assert_eq!(
        keys(&store).await,
        (0..40).filter(|key| key % 4 != 0).collect::<Vec<u8>>()
    );
}

#[tokio::test]
async fn a_failing_job_that_is_alone_is_undone_and_the_next_one_is_not() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    for key in 0..6_u8 {
        let twice = store.write(async move |db| {
            put(db, key, b"x").await?;
            put(db, key, b"y").await
        });
        let refused = twice.await.unwrap_err();
        assert!(refused.is_repetition(), "{refused}");
        store
            .write(async move |db| put(db, key + 100, b"x").await)
            .await
            .unwrap();
    }
    assert_eq!(keys(&store).await, (100..106).collect::<Vec<u8>>());
}

#[tokio::test]
async fn after_a_failed_commit_nothing_is_written_and_reads_go_on() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    store
        .write(async |db| put(db, 1, b"before").await)
        .await
        .unwrap();
    let broken = store.write(async |db| {
        // A reference that is checked at the COMMIT only, and fails there.
        sqlx::query(
            "CREATE TABLE child (of BLOB REFERENCES item (id) DEFERRABLE INITIALLY DEFERRED)",
        )
        .execute(&mut *db)
        .await?;
        sqlx::query("INSERT INTO child VALUES (x'00')")
            .execute(db)
            .await?;
        Ok(())
    });
    assert!(matches!(broken.await, Err(StoreError::Refusing(_))));
    let later = store.write(async |db| put(db, 2, b"after").await).await;
    assert!(matches!(later, Err(StoreError::Refusing(_))), "{later:?}");
    assert_eq!(keys(&store).await, [1]);
    store.close().await;
    let store = open(dir.path()).await;
    store
        .write(async |db| put(db, 2, b"after").await)
        .await
        .unwrap();
    assert_eq!(keys(&store).await, [1, 2]);
}

#[tokio::test]
async fn a_full_disk_is_named_and_survived() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    let limit = |pages: &'static str| {
        store.write(async move |db| Ok(sqlx::query(pages).execute(db).await.map(drop)?))
    };
    limit("PRAGMA max_page_count = 1").await.unwrap();
    let full = store
        .write(async |db| put(db, 1, &[0; 100_000]).await)
        .await;
    assert!(matches!(full, Err(StoreError::DiskFull)), "{full:?}");
    limit("PRAGMA max_page_count = 100000").await.unwrap();
    store
        .write(async |db| put(db, 2, &[0; 100_000]).await)
        .await
        .unwrap();
    assert_eq!(keys(&store).await, [2]);
}

#[tokio::test]
async fn a_closed_store_refuses_and_gives_the_folder_back() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    assert!(matches!(
        Store::open(dir.path()).await,
        Err(StoreError::InUse { .. })
    ));
    store.close().await;
    let late = store.write(async |db| put(db, 1, b"late").await).await;
    assert!(matches!(late, Err(StoreError::Closed)), "{late:?}");
    open(dir.path()).await;
}

#[tokio::test]
async fn every_commit_waits_for_the_disk() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    let (synchronous, mode) = store
        .write(async |db| {
            let full = sqlx::query("PRAGMA synchronous")
                .fetch_one(&mut *db)
                .await?;
            let mode = sqlx::query("PRAGMA journal_mode").fetch_one(db).await?;
            Ok((full.get::<i64, _>(0), mode.get::<String, _>(0)))
        })
        .await
        .unwrap();
    const FULL: i64 = 2;
    assert_eq!((synchronous, mode.as_str()), (FULL, "wal"));
}

/// An entry of the outbox, with a receipt for this slot.
fn row(number: u8, slot: Option<u64>) -> outbox::Row {
    let id = |number: u8| Id::new([number; 32]);
    outbox::Row {
        key: id(number),
        load: 0,
        pushed: false,
        process: id(100),
        message: id(number),
        is_cast: false,
        base_layer: false,
        exclude: String::new(),
        root: id(number),
        pushed_for: id(number),
        depth: 0,
        parent: None,
        sender: None,
        progress: outbox::Progress {
            stage: 6,
            receipt: slot.map(|slot| (slot, vec![number].into())),
            ..outbox::Progress::default()
        },
        remark: None,
    }
}

/// A slot that the log shows.
fn shown(slot: u64, message: u8) -> Entry {
    let id = |number: u8| Id::new([number; 32]);
    Entry {
        slot,
        message: id(message),
        height: 1,
        timestamp: 1,
        chain: id(0),
        mined: 2,
        epoch: 0,
    }
}

/// What the settled log shows in its slot is passed over; what it shows elsewhere, or not at all, is given, each once, in the order of
/// arrival.
#[tokio::test]
async fn receipts_that_the_log_does_not_show_are_found() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    let id = |number: u8| Id::new([number; 32]);
    let rows = [
        row(1, Some(1)),
        row(2, Some(2)),
        row(3, None),
        row(4, Some(4)),
    ];
    let kept = store.write(async move |db: &mut Db| {
        for row in &rows {
            outbox::insert(&mut *db, row, 0).await?;
        }
        // Slot 1 is shown, and the message of slot 4 stands in another one.
        let log = canonical::LogKey {
            court: id(99),
            process: id(100),
        };
        canonical::extend(db, log, &[shown(1, 1), shown(3, 4)], 2).await
    });
    kept.await.unwrap();
    let found = async |after, limit| {
        let page = outbox::receipts(&store, id(99), after, limit).await;
        let page = page.unwrap();
        let unshown: Vec<u8> = page.unshown.iter().map(|receipt| receipt[0]).collect();
        (unshown, page.last, page.has_more)
    };
    assert_eq!(found(0, 9).await, (vec![2, 4], 3, false));
    assert_eq!(found(0, 2).await, (vec![2], 2, true));
    assert_eq!(found(2, 9).await, (vec![4], 3, false));
    assert_eq!(found(3, 9).await, (vec![], 3, false), "each once");

    // One that is given later comes later, whatever its key; what is saved again does not come again.
    let given = outbox::Progress {
        stage: 6,
        receipt: Some((3, vec![3].into())),
        ..outbox::Progress::default()
    };
    let twice = async move |db: &mut Db| {
        outbox::save(&mut *db, id(3), &given, 0).await?;
        outbox::save(db, id(3), &given, 0).await
    };
    store.write(twice).await.unwrap();
    assert_eq!(found(3, 9).await, (vec![3], 4, false));
}
