//! Table `hostless`: how far the messenger has looked at what senders without a host have sent (D10), orphans and the court itself.
//!
//! The database itself notes each slot that the base layer has ordered, as it settles; nothing walks over all processes.

use aosec_wire::Id;
use sqlx::Row;

use super::canonical::LogKey;
use super::{Db, Store, StoreError, column};

/// A sender of whose settled slots some have not been looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    /// The process.
    pub process: Id,
    /// The last slot that was looked at; 0 before the first, for slot 0 is never one of them.
    pub taken: u64,
}

/// A settled slot that the base layer itself has ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turn {
    /// The slot.
    pub slot: u64,
    /// Its message.
    pub message: Id,
}

/// Orphans of a court with slots to look at, by id behind `after`, at most so many.
pub async fn due(
    store: &Store,
    court: Id,
    after: Option<Id>,
    limit: u32,
) -> Result<Vec<Due>, StoreError> {
    let rows = sqlx::query(
        "SELECT process, taken FROM hostless WHERE court = ? AND process > ? AND newest > taken \
         ORDER BY process LIMIT ?",
    )
    .bind(column::blob(court))
    .bind(after.map(column::blob).unwrap_or_default())
    .bind(i64::from(limit))
    .fetch_all(store.readers())
    .await?;
    let due = rows.iter().map(|row| {
        let (process, taken) = column::place(row)?;
        Ok(Due { process, taken })
    });
    due.collect()
}

/// The slots of an orphan behind `after` that the base layer itself has ordered, in order, at most so many.
pub async fn turns(
    store: &Store,
    log: LogKey,
    after: u64,
    limit: u32,
) -> Result<Vec<Turn>, StoreError> {
    let rows = sqlx::query(
        "SELECT c.message, c.slot FROM virtual_slot v JOIN canonical c ON c.court = v.court AND c.process = v.process \
         AND c.slot = v.slot WHERE v.court = ? AND v.process = ? AND v.slot > ? ORDER BY v.slot LIMIT ?",
    )
    .bind(column::blob(log.court))
    .bind(column::blob(log.process))
    .bind(column::integer(after, "hostless.taken")?)
    .bind(i64::from(limit))
    .fetch_all(store.readers())
    .await?;
    let turns = rows.iter().map(|row| {
        let (message, slot) = column::place(row)?;
        Ok(Turn { slot, message })
    });
    turns.collect()
}

/// The last slot of a sender that was looked at; 0 before the first.
pub async fn taken(store: &Store, log: LogKey) -> Result<u64, StoreError> {
    let row = sqlx::query("SELECT taken FROM hostless WHERE court = ? AND process = ?")
        .bind(column::blob(log.court))
        .bind(column::blob(log.process))
        .fetch_optional(store.readers())
        .await?;
    row.map_or(Ok(0), |row| column::number(row.get(0), "hostless.taken"))
}

/// Notes that a slot was looked at, with all before it; false where that was noted before, and then nothing is changed.
pub async fn take(db: &mut Db, log: LogKey, slot: u64) -> Result<bool, StoreError> {
    let slot = column::integer(slot, "hostless.taken")?;
    let done = sqlx::query(
        "INSERT INTO hostless (court, process, newest, taken) VALUES (?1, ?2, ?3, ?3) \
         ON CONFLICT (court, process) DO UPDATE SET taken = ?3 WHERE taken < ?3",
    )
    .bind(column::blob(log.court))
    .bind(column::blob(log.process))
    .bind(slot)
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

#[cfg(test)]
pub(crate) mod tests {
    use aosec_challenge::derive::{Entry, Position};

    use super::*;
    use crate::store::court_log::{self, Courted, Growth};

    pub(crate) const COURT: Id = Id::new([8; 32]);

    fn log(process: u8) -> LogKey {
        LogKey {
            court: COURT,
            process: Id::new([process; 32]),
        }
    }

    /// A slot of a process; where nobody signed it, its message stands in the one transaction that there is.
    pub(crate) fn slot(process: Id, slot: u64, is_virtual: bool) -> Courted {
        let message = Id::sha256_of(&[process.as_bytes(), &slot.to_be_bytes()]);
        Courted {
            process,
            entry: Entry {
                slot,
                message,
                height: slot,
                timestamp: slot,
                chain: message,
                mined: slot,
                epoch: 0,
            },
            found: is_virtual.then_some(Position {
                height: 1,
                transaction: 0,
                item: 0,
                child: 0,
            }),
        }
    }

    /// What a block has settled.
    pub(crate) async fn settled(store: &Store, height: u64, slots: Vec<Courted>) {
        let growth = Growth {
            slots,
            ..Growth::default()
        };
        let blocks = [(height, growth)].into();
        let job = async move |db: &mut Db| {
            sqlx::query(
                "INSERT OR IGNORE INTO law_transaction (height, place, id, block, time_s, tags, data) \
                 VALUES (1, 0, zeroblob(32), zeroblob(48), 1, x'', x'')",
            )
            .execute(&mut *db)
            .await?;
            court_log::extend(db, COURT, &blocks, height).await
        };
        store.write(job).await.unwrap();
    }

    async fn dues(store: &Store, after: Option<Id>, limit: u32) -> Vec<Due> {
        due(store, COURT, after, limit).await.unwrap()
    }

    #[tokio::test]
    async fn slots_that_nobody_signed_are_due_until_they_were_taken_and_others_never() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).await.unwrap();
        settled(
            &store,
            5,
            vec![
                slot(log(1).process, 1, false),
                slot(log(1).process, 2, true),
                slot(log(1).process, 3, true),
                slot(log(2).process, 1, false),
                slot(log(3).process, 1, true),
            ],
        )
        .await;
        let [first, third] = [log(1), log(3)].map(|log| Due {
            process: log.process,
            taken: 0,
        });
        assert_eq!(dues(&store, None, 9).await, [first, third]);
        assert_eq!(dues(&store, None, 1).await, [first]);
        assert_eq!(dues(&store, Some(first.process), 9).await, [third]);
        let found = turns(&store, log(1), 0, 9).await.unwrap();
        let slots: Vec<_> = found.iter().map(|turn| turn.slot).collect();
        assert_eq!(slots, [2, 3], "what its host signed is none of them");
        assert_eq!(
            found[0].message,
            slot(log(1).process, 2, true).entry.message
        );
        let take = async |log, slot| {
            let job = async move |db: &mut Db| take(db, log, slot).await;
            store.write(job).await.unwrap()
        };
        assert!(take(log(1), 2).await);
        assert!(!take(log(1), 2).await, "a second time");
        assert!(!take(log(1), 1).await, "nothing goes back");
        let rest = turns(&store, log(1), 2, 9).await.unwrap();
        assert_eq!(rest.len(), 1);
        assert!(take(log(1), 3).await);
        assert_eq!(dues(&store, None, 9).await, [third]);
        settled(&store, 6, vec![slot(log(1).process, 4, true)]).await;
        assert_eq!(dues(&store, None, 1).await[0].taken, 3, "it goes on");
        let court = log(8);
        assert_eq!(taken(&store, court).await.unwrap(), 0);
        assert!(take(court, 7).await);
        assert_eq!(taken(&store, court).await.unwrap(), 7);
        assert_eq!(dues(&store, None, 9).await.len(), 2, "the court is none");
    }
}
