//! Table `court_inbox`: items that users gave this node for Origin's inbox, until they have run in a firm block or were posted in vain.
//!
//! What has an outcome is never posted: it has run, here or by somebody else's post, and a second post costs money alone. Where a
//! reorg takes the outcome back it is posted like any other.

use aosec_wire::{Address, Id};
use bytes::Bytes;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::{Db, Store, StoreError, column};

/// An item that waits for the inbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// Its id.
    pub id: Id,
    /// The item.
    pub item: Bytes,
}

/// How many items may wait at once: those for the court's inbox and those for orphans' count apart, so that neither takes the room of
/// the other.
#[derive(Clone, Copy, Debug)]
pub struct Room {
    /// The orphan whose inbox it is for; none for the court's.
    pub process: Option<Id>,
    /// Of one owner, those that have run aside.
    pub of_owner: u64,
    /// Of all.
    pub of_all: u64,
}

/// What became of an item that was to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Enqueued {
    /// It waits, now or since before.
    Waits,
    /// So many of its owner's wait already.
    OwnerFull(u64),
    /// Too many wait.
    Full,
}

/// Which items are posted next, and how many of them.
#[derive(Clone, Copy, Debug)]
pub struct Batch {
    /// A post at this height or below it is forgotten.
    pub forgotten_at: Option<u64>,
    /// How often an item is posted at most.
    pub posts_max: u32,
    /// Items at most.
    pub items_max: u32,
    /// Bytes at most, `row_bytes` for each item among them.
    pub bytes_max: u64,
    /// Bytes that an item takes beside its own.
    pub row_bytes: u64,
}

/// Takes an item for the inbox, where there is room.
pub async fn enqueue(
    db: &mut Db,
    id: Id,
    owner: &Address,
    item: &Bytes,
    room: Room,
) -> Result<Enqueued, StoreError> {
    if stands(&mut *db, id).await? {
        return Ok(Enqueued::Waits);
    }
    let for_orphans = room.process.is_some();
    let of_owner = of_owner(&mut *db, owner, for_orphans).await?;
    if of_owner >= room.of_owner {
        return Ok(Enqueued::OwnerFull(of_owner));
    }
    if of_all(&mut *db, for_orphans).await? >= room.of_all {
        return Ok(Enqueued::Full);
    }
    sqlx::query(
        "INSERT INTO court_inbox (id, number, owner, process, item) \
         VALUES (?, (SELECT COALESCE(MAX(number), 0) + 1 FROM court_inbox), ?, ?, ?)",
    )
    .bind(column::blob(id))
    .bind(owner.as_str())
    .bind(room.process.map(column::blob))
    .bind(item.to_vec())
    .execute(db)
    .await?;
    Ok(Enqueued::Waits)
}

async fn stands(db: &mut Db, id: Id) -> Result<bool, StoreError> {
    let row = sqlx::query("SELECT 1 FROM court_inbox WHERE id = ?")
        .bind(column::blob(id))
        .fetch_optional(db)
        .await?;
    Ok(row.is_some())
}

async fn of_owner(db: &mut Db, owner: &Address, for_orphans: bool) -> Result<u64, StoreError> {
    let row = sqlx::query(
        "SELECT COUNT(*) FROM court_inbox WHERE owner = ? AND (process IS NOT NULL) = ? \
         AND NOT EXISTS (SELECT 1 FROM court_outcome WHERE message = court_inbox.id)",
    )
    .bind(owner.as_str())
    .bind(for_orphans)
    .fetch_one(db)
    .await?;
    column::number(row.get(0), "a count")
}

async fn of_all(db: &mut Db, for_orphans: bool) -> Result<u64, StoreError> {
    let row = sqlx::query("SELECT COUNT(*) FROM court_inbox WHERE (process IS NOT NULL) = ?")
        .bind(for_orphans)
        .fetch_one(db)
        .await?;
    column::number(row.get(0), "a count")
}

/// How many items wait, posted or not.
pub async fn queued(store: &Store) -> Result<u64, StoreError> {
    let row = sqlx::query("SELECT COUNT(*) FROM court_inbox")
        .fetch_one(store.readers())
        .await?;
    column::number(row.get(0), "a count")
}

/// Items that have not run and were never posted, or last so long ago that it is forgotten; those for the court first, whose deadlines
/// run, then the oldest first, up to the first one that does not fit any more.
pub async fn to_post(store: &Store, batch: Batch) -> Result<Vec<Waiting>, StoreError> {
    // Bytes are summed over lengths alone, so that no item is read that is not posted.
    let rows = sqlx::query(
        "SELECT id, item FROM court_inbox WHERE number IN (SELECT number FROM (SELECT number, \
         SUM(length(item) + ?) OVER (ORDER BY process IS NOT NULL, number) AS bytes FROM court_inbox \
         WHERE posts < ? AND (posted_at IS NULL OR posted_at <= ?) \
         AND NOT EXISTS (SELECT 1 FROM court_outcome WHERE message = court_inbox.id)) WHERE bytes <= ?) \
         ORDER BY process IS NOT NULL, number LIMIT ?",
    )
    .bind(column::integer(batch.row_bytes, "a length")?)
    .bind(i64::from(batch.posts_max))
    .bind(height(batch.forgotten_at)?)
    .bind(column::integer(batch.bytes_max, "a length")?)
    .bind(i64::from(batch.items_max))
    .fetch_all(store.readers())
    .await?;
    let read = |row: &SqliteRow| {
        Ok(Waiting {
            id: column::id(row.get(0), "court_inbox.id")?,
            item: Bytes::from(row.get::<Vec<u8>, _>(1)),
        })
    };
    rows.iter().map(read).collect()
}

/// Notes that items were posted.
pub async fn posted(db: &mut Db, ids: &[Id], transaction: Id, at: u64) -> Result<(), StoreError> {
    for id in ids {
        sqlx::query(
            "UPDATE court_inbox SET posted_in = ?, posted_at = ?, posts = posts + 1 WHERE id = ?",
        )
        .bind(column::blob(transaction))
        .bind(column::integer(at, "court_inbox.posted_at")?)
        .bind(column::blob(*id))
        .execute(&mut *db)
        .await?;
    }
    Ok(())
}

/// Notes that items stand on the base layer already, by somebody else's post: they are not posted before that is long ago.
pub async fn passed(db: &mut Db, ids: &[Id], at: u64) -> Result<(), StoreError> {
    for id in ids {
        sqlx::query("UPDATE court_inbox SET posted_at = ? WHERE id = ?")
            .bind(column::integer(at, "court_inbox.posted_at")?)
            .bind(column::blob(*id))
            .execute(&mut *db)
            .await?;
    }
    Ok(())
}

/// Forgets items that have run in a firm block, and those that were posted in vain as often as it is tried.
pub async fn tidy(
    db: &mut Db,
    firm: u64,
    forgotten_at: Option<u64>,
    posts_max: u32,
) -> Result<(), StoreError> {
    sqlx::query(
        "DELETE FROM court_inbox WHERE (posts >= ? AND posted_at <= ?) \
         OR EXISTS (SELECT 1 FROM court_outcome WHERE message = court_inbox.id AND height <= ?)",
    )
    .bind(i64::from(posts_max))
    .bind(height(forgotten_at)?)
    .bind(column::integer(firm, "a height")?)
    .execute(db)
    .await?;
    Ok(())
}

/// Forgets items that are of no use.
pub async fn forget(db: &mut Db, ids: &[Id]) -> Result<(), StoreError> {
    for id in ids {
        sqlx::query("DELETE FROM court_inbox WHERE id = ?")
            .bind(column::blob(*id))
            .execute(&mut *db)
            .await?;
    }
    Ok(())
}

/// A height to compare with; below every other where there is none.
fn height(at: Option<u64>) -> Result<i64, StoreError> {
    at.map_or(Ok(-1), |at| column::integer(at, "a height"))
}

#[cfg(test)]
mod tests {
    use aosec_wire::SigningKey;

    use super::*;
    use crate::store::court::{self, CourtOutcome, Sat};

    const ALL: Batch = Batch {
        forgotten_at: None,
        posts_max: 2,
        items_max: 100,
        bytes_max: 1_000,
        row_bytes: 10,
    };

    struct Scene {
        store: Store,
        _folder: tempfile::TempDir,
    }

    impl Scene {
        async fn open() -> Self {
            let folder = tempfile::tempdir().unwrap();
            Self {
                store: Store::open(folder.path()).await.unwrap(),
                _folder: folder,
            }
        }

        async fn enqueue(&self, number: u8, owner: u8, bytes: usize, room: Room) -> Enqueued {
            let (id, item) = (Id::new([number; 32]), Bytes::from(vec![number; bytes]));
            let owner = SigningKey::ed25519([owner; 32]).address().clone();
            let job = async move |db: &mut Db| enqueue(db, id, &owner, &item, room).await;
            self.store.write(job).await.unwrap()
        }

        async fn to_post(&self, batch: Batch) -> Vec<u8> {
            let waiting = to_post(&self.store, batch).await.unwrap();
            waiting.iter().map(|one| one.id.as_bytes()[0]).collect()
        }

        async fn posted(&self, number: u8, at: u64) {
            let id = Id::new([number; 32]);
            let job = async move |db: &mut Db| posted(db, &[id], id, at).await;
            self.store.write(job).await.unwrap();
        }

        /// The block at `height` runs this message and replaces all above.
        async fn runs(&self, height: u64, number: Option<u8>) {
            let outcomes = number.into_iter().map(|number| CourtOutcome {
                message: Id::new([number; 32]),
                slot: height,
                height,
                json: "{}".to_owned(),
            });
            let sat = Sat {
                height,
                root: None,
                outcomes: outcomes.collect(),
            };
            let job = async move |db: &mut Db| court::keep(db, &[sat]).await;
            self.store.write(job).await.unwrap();
        }

        async fn tidy(&self, firm: u64, forgotten_at: Option<u64>) -> u64 {
            let job = async move |db: &mut Db| tidy(db, firm, forgotten_at, 2).await;
            self.store.write(job).await.unwrap();
            queued(&self.store).await.unwrap()
        }
    }

    const WIDE: Room = Room {
        process: None,
        of_owner: 9,
        of_all: 9,
    };

    #[tokio::test]
    async fn what_has_run_is_not_posted_unless_a_reorg_takes_it_back() {
        let scene = Scene::open().await;
        scene.runs(5, Some(1)).await;
        for number in [1, 2, 3] {
            assert_eq!(scene.enqueue(number, 1, 5, WIDE).await, Enqueued::Waits);
        }
        assert_eq!(scene.to_post(ALL).await, [2, 3]);
        scene.runs(5, Some(2)).await;
        assert_eq!(scene.to_post(ALL).await, [1, 3]);
        assert_eq!(scene.tidy(4, None).await, 3, "5 is not firm");
        assert_eq!(scene.tidy(5, None).await, 2);
    }

    #[tokio::test]
    async fn a_post_is_tried_again_once_it_is_forgotten_and_not_for_ever() {
        let scene = Scene::open().await;
        scene.enqueue(1, 1, 5, WIDE).await;
        scene.posted(1, 7).await;
        let at = |height| Batch {
            forgotten_at: Some(height),
            ..ALL
        };
        assert!(scene.to_post(ALL).await.is_empty());
        assert!(scene.to_post(at(6)).await.is_empty());
        assert_eq!(scene.to_post(at(7)).await, [1]);
        scene.posted(1, 9).await;
        assert!(scene.to_post(at(99)).await.is_empty(), "twice is enough");
        assert_eq!(scene.tidy(0, None).await, 1);
        assert_eq!(scene.tidy(0, Some(8)).await, 1);
        assert_eq!(scene.tidy(0, Some(9)).await, 0);
    }

    #[tokio::test]
    async fn one_round_takes_what_fits_a_transaction() {
        let scene = Scene::open().await;
        for (number, bytes) in [(1, 30), (2, 40), (3, 1)] {
            scene.enqueue(number, 1, bytes, WIDE).await;
        }
        let of = |bytes_max, items_max| Batch {
            bytes_max,
            items_max,
            ..ALL
        };
        assert_eq!(scene.to_post(of(40, 9)).await, [1]);
        assert_eq!(scene.to_post(of(89, 9)).await, [1], "in order");
        assert_eq!(scene.to_post(of(90, 9)).await, [1, 2]);
        assert_eq!(scene.to_post(of(900, 2)).await, [1, 2]);
        assert_eq!(scene.to_post(of(900, 9)).await, [1, 2, 3]);
    }

    #[tokio::test]
    async fn an_owner_and_all_together_have_their_room() {
        let scene = Scene::open().await;
        let room = Room {
            process: None,
            of_owner: 1,
            of_all: 2,
        };
        assert_eq!(scene.enqueue(1, 1, 5, room).await, Enqueued::Waits);
        assert_eq!(
            scene.enqueue(1, 1, 5, room).await,
            Enqueued::Waits,
            "it does"
        );
        assert_eq!(scene.enqueue(2, 1, 5, room).await, Enqueued::OwnerFull(1));
        scene.runs(5, Some(1)).await;
        assert_eq!(
            scene.enqueue(2, 1, 5, room).await,
            Enqueued::Waits,
            "1 is paid for"
        );
        assert_eq!(scene.enqueue(3, 2, 5, room).await, Enqueued::Full);
        let orphan = Room {
            process: Some(Id::new([9; 32])),
            of_owner: 1,
            of_all: 1,
        };
        let room_of_its_own = scene.enqueue(4, 1, 5, orphan).await;
        assert_eq!(
            room_of_its_own,
            Enqueued::Waits,
            "whoever writes to the court"
        );
        assert_eq!(scene.enqueue(5, 2, 5, orphan).await, Enqueued::Full);
        assert_eq!(scene.enqueue(6, 2, 5, WIDE).await, Enqueued::Waits);
        assert_eq!(scene.to_post(ALL).await, [2, 6, 4], "deadlines first");
    }
}
