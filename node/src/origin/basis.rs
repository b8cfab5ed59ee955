//! What one slot rests on, out of the blocks that this node has read: which transactions, in which blocks, under which leases. Whoever
//! asks fetches the transactions himself and checks everything (`aosec_challenge::proof`); nothing here is believed.

use std::collections::{BTreeMap, BTreeSet};

use aosec_challenge::derive::{Block, Tenure};
use aosec_challenge::inbox::Mail;
use aosec_wire::Id;

use super::{Handle, OriginError};
use crate::arweave::block::BlockId;
use crate::follow::law;
use crate::store::canonical::LogKey;
use crate::store::law::LawTransaction;
use crate::store::{StoreError, canonical, clock, court_log};

/// Most transactions that one slot's basis names: a file of them has at most some 64 MiB in practice, and who wants more computes the
/// process from blocks.
pub const TRANSACTIONS_MAX: usize = 1_024;
/// Transactions that are looked at together: of the longest, 64 MiB.
const AT_ONCE: u32 = 16;
/// Transactions of the court's own inbox that are searched for receipts: some weeks of it, and seconds of work.
const SEARCHED_MAX: usize = 4_096;

/// What a slot rests on.
#[derive(Clone, Debug, Default)]
pub struct Basis {
    /// The court's tenures of the process, by epoch; none where it never was under it.
    pub tenures: Vec<(u64, Tenure)>,
    /// The first slot under the court and the legacy chain before it, of a process that joined by `Register` (5.15).
    pub joined: Option<(u64, Id)>,
    /// The blocks in which something of the log stands, or a slot ran, by height.
    pub blocks: BTreeMap<u64, BasisBlock>,
}

/// One block of it.
#[derive(Clone, Debug)]
pub struct BasisBlock {
    /// Its id.
    pub id: BlockId,
    /// Its time in seconds.
    pub time_s: u64,
    /// Those of the law's transactions that matter: id by place.
    pub transactions: BTreeMap<u64, Id>,
}

/// Why there is none.
#[derive(Debug, thiserror::Error)]
pub enum BasisError {
    /// The slot is not settled, or there is none.
    #[error(
        "slot {slot} of {process} is not settled on the base layer, or there is none: settled is up to slot {last}"
    )]
    NotSettled {
        /// The process.
        process: Id,
        /// The slot.
        slot: u64,
        /// The last settled one.
        last: u64,
    },
    /// Too much.
    #[error(
        "more lies under slot {slot} of {process} than a node searches, or a file of {TRANSACTIONS_MAX} transactions holds: `aosec process verify` computes it from blocks instead"
    )]
    TooMany {
        /// The process.
        process: Id,
        /// The slot.
        slot: u64,
    },
    /// Too many search at once.
    #[error(
        "as many searches as this node makes at once are running already; ask again in a moment"
    )]
    Busy,
    /// The court.
    #[error(transparent)]
    Origin(#[from] OriginError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Handle {
    /// What a settled slot rests on. Of a process under no court all that names it, for its log is derived only where somebody asks.
    ///
    /// # Errors
    /// [`BasisError`].
    pub async fn basis(&self, process: Id, slot: u64) -> Result<Basis, BasisError> {
        let _place = self.0.questions.search().ok_or(BasisError::Busy)?;
        let known = self.on_track(move |track| {
            let court = track.firm().0;
            (court.tenures(&process), court.joined(&process))
        });
        let (tenures, joined) = known.await?;
        // What lies before the first slot of a process that joined is outside the court's law: slot 0 asks for the rows alone.
        let is_before = joined.is_some_and(|(first, _)| slot > 0 && slot < first);
        let mut basis = match is_before {
            true => Basis::default(),
            false => Basis {
                tenures,
                joined,
                ..Basis::default()
            },
        };
        let Some(first) = basis.tenures.first() else {
            let firm = self.standing().firm.unwrap_or(0);
            self.named(process, 0, firm, &mut basis).await?;
            return basis.bounded(process, slot);
        };
        if slot == 0 {
            // It is in no record (5.4): who asks for it wants to know the leases.
            return Ok(basis);
        }
        let from = first.1.from_height.saturating_sub(1);
        let to = self.mined(process, slot).await?;
        self.named(process, from, to, &mut basis).await?;
        self.ordered_under(process, slot, &mut basis).await?;
        self.receipts((process, slot), from, to, &mut basis).await?;
        basis.bounded(process, slot)
    }

    fn log_of(&self, process: Id) -> LogKey {
        LogKey {
            court: self.0.settings.origin,
            process,
        }
    }

    /// The height since which a slot is canonical.
    async fn mined(&self, process: Id, slot: u64) -> Result<u64, BasisError> {
        let found = canonical::from(&self.0.store, self.log_of(process), slot, 1).await?;
        match found.first().filter(|entry| entry.slot == slot) {
            Some(entry) => Ok(entry.mined),
            None => Err(BasisError::NotSettled {
                process,
                slot,
                last: canonical::last(&self.0.store, self.log_of(process))
                    .await?
                    .unwrap_or(0),
            }),
        }
    }

    /// The transactions that name the process: logs, and its own inbox.
    async fn named(
        &self,
        process: Id,
        from: u64,
        to: u64,
        basis: &mut Basis,
    ) -> Result<(), StoreError> {
        let mut after = from.checked_sub(1);
        while basis.count() <= TRANSACTIONS_MAX {
            let store = &self.0.store;
            let some = crate::store::law::mentioning(store, process, after, to, AT_ONCE).await?;
            let Some(last) = some.last() else { break };
            after = Some(last.height);
            some.iter().for_each(|one| basis.take(one));
        }
        Ok(())
    }

    /// The transactions in which the messages of slots stand that the base layer has ordered, and the blocks in which these ran.
    async fn ordered_under(
        &self,
        process: Id,
        slot: u64,
        basis: &mut Basis,
    ) -> Result<(), BasisError> {
        let store = &self.0.store;
        let limit = u32::try_from(TRANSACTIONS_MAX).unwrap_or(u32::MAX);
        let log = self.log_of(process);
        let found = court_log::found(store, log, 0..=slot, limit.saturating_add(1)).await?;
        let too_many = BasisError::TooMany { process, slot };
        if found.len() > TRANSACTIONS_MAX {
            return Err(too_many);
        }
        let Some(first) = found.first().map(|first| first.slot) else {
            return Ok(());
        };
        for one in &found {
            let there = basis.blocks.get(&one.height);
            let mut named = there
                .into_iter()
                .flat_map(|block| block.transactions.values());
            if named.any(|id| *id == one.carrier) {
                continue;
            }
            let block = clock::in_block(store, one.height).await?;
            let carrier = block.iter().filter(|known| known.id == one.carrier);
            carrier.for_each(|known| basis.take(known));
        }
        let slots = canonical::from(store, log, first, limit).await?;
        if slots.last().is_some_and(|last| last.slot < slot) {
            return Err(too_many);
        }
        let ran = slots
            .iter()
            .filter(|entry| entry.slot <= slot)
            .map(|entry| entry.mined);
        for height in ran.collect::<BTreeSet<_>>() {
            for block in clock::blocks(store, height, 1).await? {
                basis.block(block.height, block.id, block.time_s);
            }
        }
        Ok(())
    }

    /// The court's own transactions that enclose receipts of the process: they may have extended its log, or promise slots (5.6, 5.8).
    async fn receipts(
        &self,
        (process, slot): (Id, u64),
        from: u64,
        to: u64,
        basis: &mut Basis,
    ) -> Result<(), BasisError> {
        let (mut after, mut searched) = (from.checked_sub(1), 0);
        let origin = self.id();
        loop {
            let store = &self.0.store;
            let some = crate::store::law::mentioning(store, origin, after, to, AT_ONCE).await?;
            let Some(last) = some.last() else { break };
            after = Some(last.height);
            searched += some.len();
            if searched > SEARCHED_MAX {
                return Err(BasisError::TooMany { process, slot });
            }
            // Signatures are arithmetic: not on the threads that carry requests.
            let found = move || {
                let promising = some.into_iter();
                promising
                    .filter(|one| promises(one, origin, process))
                    .collect()
            };
            let found: Vec<_> = tokio::task::spawn_blocking(found)
                .await
                .map_err(|_stopped| OriginError::Stopped)?;
            found.iter().for_each(|one| basis.take(one));
        }
        Ok(())
    }
}

/// Whether a transaction encloses a receipt of the process.
fn promises(one: &LawTransaction, origin: Id, process: Id) -> bool {
    let Some(transaction) = law::as_read(one.clone()) else {
        return false;
    };
    let block = Block {
        height: one.height,
        id: *one.block.as_bytes(),
        previous: [0; 48],
        time_s: one.time_s,
        transactions: vec![transaction],
    };
    let mail = Mail::of(&block, origin);
    mail.receipts()
        .iter()
        .any(|(_, receipt)| receipt.process() == process)
}

impl Basis {
    fn block(&mut self, height: u64, id: BlockId, time_s: u64) -> &mut BasisBlock {
        self.blocks.entry(height).or_insert_with(|| BasisBlock {
            id,
            time_s,
            transactions: BTreeMap::new(),
        })
    }

    fn take(&mut self, one: &LawTransaction) {
        let block = self.block(one.height, one.block, one.time_s);
        block.transactions.insert(one.place, one.id);
    }

    fn count(&self) -> usize {
        self.blocks
            .values()
            .map(|block| block.transactions.len())
            .sum()
    }

    fn bounded(self, process: Id, slot: u64) -> Result<Self, BasisError> {
        match self.count() > TRANSACTIONS_MAX {
            true => Err(BasisError::TooMany { process, slot }),
            false => Ok(self),
        }
    }
}
