//! Table `voided`: what this node has forgotten of what it had computed, because the log that a court has derived says otherwise
//! (PROTOCOL 5.7, 5.10, 5.15).
//!
//! Each reason is gone through once a process: what is computed afterwards is the court's log, and stays.

use aosec_wire::Id;
use sqlx::Row;

use super::canonical::{self, LogKey};
use super::{Db, Store, StoreError, column};

/// Why something that was computed may be void.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Void {
    /// An epoch has ended with this slot: what its host signed behind it, or instead of what it published, is void (5.7).
    Cut {
        /// The epoch.
        epoch: u64,
        /// Its last slot.
        slot: u64,
    },
    /// The slot is a no-op, and so state is computed anew from there (5.10).
    Empty {
        /// The slot.
        slot: u64,
    },
    /// The process has joined a court: from this slot on its log is the court's (5.15).
    Joined {
        /// The first slot.
        first: u64,
    },
}

impl Void {
    /// What it is known by: the reason, and the epoch or slot.
    const fn key(self) -> (i64, u64) {
        match self {
            Self::Cut { epoch, .. } => (0, epoch),
            Self::Empty { slot } => (1, slot),
            Self::Joined { first } => (2, first),
        }
    }
}

/// Whether it was done.
pub async fn is_done(store: &Store, process: Id, void: Void) -> Result<bool, StoreError> {
    let (reason, number) = void.key();
    let row = sqlx::query("SELECT 1 FROM voided WHERE process = ? AND reason = ? AND number = ?")
        .bind(column::blob(process))
        .bind(reason)
        .bind(column::integer(number, "voided.number")?)
        .fetch_optional(store.readers())
        .await?;
    Ok(row.is_some())
}

/// The first slot of what has to be forgotten for this reason: where what was computed leaves the court's log.
pub async fn from(store: &Store, log: LogKey, void: Void) -> Result<u64, StoreError> {
    let own = match void {
        Void::Empty { slot } => return Ok(slot),
        Void::Cut { slot, .. } => slot,
        Void::Joined { first } => first.saturating_sub(1),
    };
    let last = canonical::last(store, log).await?;
    let behind = last.map_or(own, |last| last.max(own)).saturating_add(1);
    let other = first_other(store, log).await?;
    Ok(other.map_or(behind, |other| other.min(behind)))
}

/// The first slot that was computed of another message, at another time, or on another log than the canonical one.
async fn first_other(store: &Store, log: LogKey) -> Result<Option<u64>, StoreError> {
    let row = sqlx::query(
        "SELECT MIN(slot) FROM ( \
         SELECT o.slot AS slot FROM outcome o JOIN canonical c \
         ON c.court = ?1 AND c.process = o.process AND c.slot = o.slot WHERE o.process = ?2 \
         AND (o.message <> c.message OR o.timestamp <> c.timestamp OR o.chain <> c.chain) \
         UNION ALL SELECT k.slot AS slot FROM checkpoint k JOIN canonical c \
         ON c.court = ?1 AND c.process = k.process AND c.slot = k.slot WHERE k.process = ?2 AND k.log_chain <> c.chain)",
    )
    .bind(column::blob(log.court))
    .bind(column::blob(log.process))
    .fetch_one(store.readers())
    .await?;
    let slot: Option<i64> = row.get(0);
    slot.map(|slot| column::number(slot, "outcome.slot"))
        .transpose()
}

/// Forgets outcomes, ticks, checkpoints and pushes from `slot` on, and notes why; gives the slots of the checkpoints, whose files may go.
pub async fn forget_from(
    db: &mut Db,
    process: Id,
    slot: u64,
    voids: &[Void],
) -> Result<Vec<u64>, StoreError> {
    for void in voids {
        let (reason, number) = void.key();
        sqlx::query("INSERT OR IGNORE INTO voided (process, reason, number) VALUES (?, ?, ?)")
            .bind(column::blob(process))
            .bind(reason)
            .bind(column::integer(number, "voided.number")?)
            .execute(&mut *db)
            .await?;
    }
    let slot = column::integer(slot, "a slot")?;
    for sql in [
        "DELETE FROM outcome WHERE process = ? AND slot >= ?",
        "DELETE FROM pushed_before WHERE process = ? AND slot >= ?",
        // Ticks belong to the slot behind them.
        "DELETE FROM cron WHERE process = ? AND slot >= ? - 1",
    ] {
        sqlx::query(sql)
            .bind(column::blob(process))
            .bind(slot)
            .execute(&mut *db)
            .await?;
    }
    let sql = "DELETE FROM checkpoint WHERE process = ? AND slot >= ? RETURNING slot";
    let rows: Vec<(i64,)> = sqlx::query_as(sql)
        .bind(column::blob(process))
        .bind(slot)
        .fetch_all(db)
        .await?;
    let slots = rows.into_iter();
    slots
        .map(|(slot,)| column::number(slot, "checkpoint.slot"))
        .collect()
}

#[cfg(test)]
mod tests {
    use aosec_challenge::derive::Entry;

    use super::*;
    use crate::store::outcome::{self, Kind, Mark, Outcome};

    const PROCESS: Id = Id::new([1; 32]);
    const LOG: LogKey = LogKey {
        court: Id::new([9; 32]),
        process: PROCESS,
    };
    const CUT: Void = Void::Cut { epoch: 0, slot: 3 };

    fn id(slot: u64, of: &str) -> Id {
        Id::sha256_of(&[&slot.to_le_bytes(), of.as_bytes()])
    }

    fn outcome(slot: u64, chain: Option<Id>) -> Outcome {
        Outcome {
            slot,
            mark: Mark {
                message: id(slot, "message"),
                push: None,
            },
            timestamp_ms: slot,
            kind: Kind::Result,
            root: [0; 32],
            engine: String::new(),
            json: "{}".to_owned(),
            chain,
        }
    }

    struct Scene {
        store: Store,
        _folder: tempfile::TempDir,
    }

    impl Scene {
        /// Slots 1 to 3 are canonical.
        async fn open() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let store = Store::open(folder.path()).await.unwrap();
            let entries: Vec<_> = (1..4)
                .map(|slot| Entry {
                    slot,
                    message: id(slot, "message"),
                    height: 5,
                    timestamp: slot,
                    chain: id(slot, "chain"),
                    mined: 5,
                    epoch: 0,
                })
                .collect();
            let kept = async move |db: &mut Db| canonical::extend(db, LOG, &entries, 5).await;
            store.write(kept).await.unwrap();
            Self {
                store,
                _folder: folder,
            }
        }

        async fn computes(&self, outcomes: Vec<Outcome>) {
            let kept = async move |db: &mut Db| outcome::insert(db, PROCESS, &outcomes).await;
            self.store.write(kept).await.unwrap().unwrap();
        }

        async fn forgets(&self, void: Void) -> u64 {
            let from = from(&self.store, LOG, void).await.unwrap();
            let job = async move |db: &mut Db| forget_from(db, PROCESS, from, &[void]).await;
            self.store.write(job).await.unwrap();
            from
        }

        async fn last(&self) -> Option<u64> {
            let mut last = None;
            for slot in 0..9 {
                let found = outcome::at_slot(&self.store, PROCESS, slot).await;
                last = found.unwrap().map(|found| found.slot).or(last);
            }
            last
        }
    }

    #[tokio::test]
    async fn what_a_host_signed_behind_the_cut_is_forgotten() {
        let scene = Scene::open().await;
        scene
            .computes((0..6).map(|slot| outcome(slot, None)).collect())
            .await;
        assert!(!is_done(&scene.store, PROCESS, CUT).await.unwrap());
        assert_eq!(scene.forgets(CUT).await, 4);
        assert!(is_done(&scene.store, PROCESS, CUT).await.unwrap());
        assert_eq!(scene.last().await, Some(3));
        let other = Void::Cut { epoch: 1, slot: 3 };
        assert!(!is_done(&scene.store, PROCESS, other).await.unwrap());
    }

    /// A host with two histories has shown this node the one that it did not publish.
    #[tokio::test]
    async fn what_was_computed_on_another_history_is_forgotten_before_the_cut() {
        let own = |slot| outcome(slot, Some(id(slot, "chain")));
        let mut message = own(3);
        message.mark.message = id(3, "other");
        let mut time = own(3);
        time.timestamp_ms = 77;
        let chain = outcome(2, Some(id(2, "other")));
        for (outcomes, from) in [
            (vec![own(0), own(1), own(2), message], 3),
            (vec![own(0), own(1), own(2), time], 3),
            (vec![own(0), own(1), chain, own(3)], 2),
            (vec![own(0), own(1), own(2), own(3)], 4),
        ] {
            let scene = Scene::open().await;
            scene.computes(outcomes).await;
            assert_eq!(scene.forgets(CUT).await, from);
            assert_eq!(scene.last().await, Some(from - 1));
        }
    }

    #[tokio::test]
    async fn an_emptied_slot_takes_all_behind_it_along() {
        let scene = Scene::open().await;
        scene
            .computes((0..4).map(|slot| outcome(slot, None)).collect())
            .await;
        assert_eq!(scene.forgets(Void::Empty { slot: 2 }).await, 2);
        assert_eq!(scene.last().await, Some(1));
    }
}
