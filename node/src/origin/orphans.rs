//! Messages for processes that have lost their host: no scheduler takes them, so they go into the process's own inbox on the base layer,
//! which orders them (PROTOCOL 5.8). Any node takes them for their senders (2.6), as it does for the court.
//!
//! Nobody pays the node for it: no inbox fee is burned for another process's inbox. So it takes few and small ones; whoever wants more
//! posts them himself.

use aosec_challenge::inbox::check_eligible;
use aosec_wire::{Id, VerifiedItem};

use super::client::TakeError;
use super::mirror::MirrorError;
use super::{Handle, OriginError};
use crate::store::inbox::{self, Enqueued, Room};

/// Of one sender, items for orphans that wait at once.
const OF_OWNER_MAX: u64 = 16;
/// Of all, likewise: at the longest four transactions a settlement depth. What waits for the court's own inbox counts apart.
const OF_ALL_MAX: u64 = 64;
/// The longest item: what a challenge may enclose (6.3). The law itself takes up to 1 MiB.
pub const ORPHAN_ITEM_BYTES_MAX: usize = 256 * 1_024;

impl Handle {
    /// Whether the base layer orders the process: it was hosted under this court, and has no host now.
    #[must_use]
    pub fn is_orphan(&self, process: &Id) -> bool {
        let row = self.row(process);
        row.is_some_and(|row| row.operator.is_none() && row.u.is_some())
    }

    /// Takes an item for the inbox of an orphan, verified as at the entrance; it is on the disk when this returns.
    ///
    /// # Errors
    /// [`TakeError`].
    pub async fn take_for(&self, process: Id, item: &VerifiedItem) -> Result<Id, TakeError> {
        check_eligible(item, process)?;
        let bytes = item.bytes().len();
        if bytes > ORPHAN_ITEM_BYTES_MAX {
            return Err(TakeError::TooLong { bytes });
        }
        if !self.is_caught_up() {
            return Err(TakeError::Behind);
        }
        let (id, owner) = (item.id(), item.owner_address().clone());
        let stands = self.stands(process, id).await;
        if stands.map_err(MirrorError::from)? {
            return Ok(id);
        }
        let room = Room {
            process: Some(process),
            of_owner: OF_OWNER_MAX,
            of_all: OF_ALL_MAX,
        };
        let bytes = item.bytes().clone();
        let kept = async move |db: &mut _| inbox::enqueue(db, id, &owner, &bytes, room).await;
        match self.0.store.write(kept).await? {
            Enqueued::Waits => Ok(id),
            Enqueued::Full | Enqueued::OwnerFull(_) => Err(TakeError::Full),
        }
    }

    /// Whether an item stands in the log of a process under the court, at the tip.
    ///
    /// # Errors
    /// [`OriginError`].
    pub async fn stands(&self, process: Id, item: Id) -> Result<bool, OriginError> {
        let (soft, _firm) = self.ordered(vec![(process, item)]).await?;
        Ok(!soft.is_empty())
    }

    /// Those of the items that stand in the log of their process: at the tip, and for good.
    pub(super) async fn ordered(
        &self,
        items: Vec<(Id, Id)>,
    ) -> Result<(Vec<Id>, Vec<Id>), OriginError> {
        let found = self.on_track(move |track| {
            let logs = [track.soft().0.logs(), track.firm().0.logs()];
            logs.map(|logs| {
                let stands = |(process, item): &&(Id, Id)| {
                    let log = logs.and_then(|logs| logs.log(process));
                    log.is_some_and(|log| log.knows(item))
                };
                items.iter().filter(stands).map(|(_, item)| *item).collect()
            })
        });
        let [soft, firm] = found.await?;
        Ok((soft, firm))
    }
}
