//! The loop that reads blocks: it asks gateways, has [`super::trail`] and [`super::accord`] decide, and keeps what the law looks at.
//!
//! One round reads a settled span, or links the tip back to the trail. What was not had makes the round fail whole: nothing is
//! kept of it, the next round tries again later. A reorg deeper than `settlement_depth` ends the loop, and stays shown.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use aosec_wire::Id;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::accord::{self, Discord};
use super::law;
use super::trail::{Plan, TooDeep, Trail};
use super::{Settings, View};
use crate::arweave::block::{BlockHead, BlockId};
use crate::arweave::gateway::{Gateway, GatewayError, Reading};
use crate::arweave::transaction::{Format, Transaction};
use crate::metrics;
use crate::shutdown::Shutdown;
use crate::store::law::{LawTransaction, Read, Seen};
use crate::store::{self, Store, StoreError};

/// Transactions fetched at once: each may take 4 MiB and its JSON form as much again.
const FETCHED_AT_ONCE: usize = 4;
/// The longest pause after failures.
const BACK_OFF_MAX: Duration = Duration::from_secs(60);

/// Why a round read nothing.
#[derive(Debug, thiserror::Error)]
pub(super) enum ReadError {
    /// The gateways failed.
    #[error(transparent)]
    Gateway(#[from] GatewayError),
    /// They contradict each other.
    #[error("block {height}: {discord}")]
    Discord {
        /// The block.
        height: u64,
        /// About what.
        discord: Discord,
    },
    /// No gateway has the head of a block that must be there.
    #[error("no gateway has block {0}, on which newer ones stand")]
    NoBlock(u64),
    /// A transaction that a block lists cannot be had.
    #[error("block {height} lists transaction {id}, and no gateway has it whole")]
    NoTransaction {
        /// The block.
        height: u64,
        /// The transaction.
        id: Id,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The alarm of PROTOCOL 1.4.
    #[error(transparent)]
    TooDeep(#[from] TooDeep),
    /// A task was lost.
    #[error("reading was stopped")]
    Stopped,
}

/// The reading of one base layer.
#[derive(Debug)]
pub(super) struct Reader {
    gateway: Gateway,
    store: Store,
    settings: Settings,
    trail: Trail,
    view: watch::Sender<View>,
}

impl Reader {
    /// Goes on where the store says that reading stopped.
    pub(super) async fn open(
        gateway: Gateway,
        store: Store,
        settings: Settings,
        view: watch::Sender<View>,
    ) -> Result<Self, StoreError> {
        let blocks = store::law::trail(&store).await?;
        let trail = Trail::new(settings.settlement_depth, settings.start, blocks);
        let reader = Self {
            gateway,
            store,
            settings,
            trail,
            view,
        };
        reader.show(None);
        Ok(reader)
    }

    /// Reads until the stop is told, or an alarm ends it.
    pub(super) async fn run(mut self, shutdown: Shutdown) {
        tokio::select! {
            () = shutdown.told() => {}
            () = self.follow() => shutdown.told().await,
        }
    }

    async fn follow(&mut self) {
        let mut pause = self.settings.every;
        loop {
            match self.round().await {
                Ok(true) => pause = Duration::ZERO,
                Ok(false) => pause = self.settings.every,
                Err(ReadError::TooDeep(alarm)) => return self.sound(alarm),
                Err(error) => {
                    pause = (pause * 2)
                        .clamp(self.settings.every, BACK_OFF_MAX.max(self.settings.every));
                    tracing::warn!(%error, next_in_ms = pause.as_millis(), "the base layer is not followed at the moment");
                    self.view
                        .send_modify(|view| view.trouble = Some(error.to_string().into()));
                }
            }
            tokio::time::sleep(pause).await;
        }
    }

    fn sound(&self, alarm: TooDeep) {
        metrics::follow_alarms().inc();
        tracing::error!(%alarm, "the base layer is followed no further: a human must look");
        self.view.send_modify(|view| {
            view.trouble = Some(alarm.to_string().into());
            view.alarm = true;
        });
    }

    /// True where there is more to read at once.
    async fn round(&mut self) -> Result<bool, ReadError> {
        let tip = self.gateway.tip().await?.height;
        let more = match self.trail.plan(tip) {
            Plan::Settled(span) => {
                self.settled(*span.start(), *span.end()).await?;
                true
            }
            Plan::Recent { lowest } if tip >= lowest => {
                self.recent(tip, lowest).await?;
                false
            }
            Plan::Recent { .. } => false,
        };
        self.show(Some(tip));
        Ok(more)
    }

    fn show(&self, tip: Option<u64>) {
        let soft = self.trail.soft();
        metrics::followed_height().set(i64::try_from(soft.unwrap_or(0)).unwrap_or(i64::MAX));
        self.view.send_modify(|view| {
            *view = View {
                tip: tip.or(view.tip),
                soft,
                firm: self.trail.firm(),
                trouble: None,
                alarm: false,
            };
        });
    }

    async fn settled(&mut self, from: u64, to: u64) -> Result<(), ReadError> {
        if let Some(first) = self.trail.blocks().first() {
            let now = self.heads(first.height, None).await?;
            self.trail.check_first(now.0)?;
        }
        let mut listed = self.listed(from, to).await?;
        let mut read = Vec::new();
        let last = listed.remove(&to).unwrap_or_default();
        for (height, wanted) in listed {
            read.extend(self.law(&self.block(height, None, &wanted).await?).await?);
        }
        let anchor = self.block(to, None, &last).await?;
        read.extend(self.law(&anchor).await?);
        self.keep(from, self.trail.settled_at(anchor), read).await
    }

    async fn recent(&mut self, tip: u64, lowest: u64) -> Result<(), ReadError> {
        let linked = self.linked(tip, lowest).await?;
        let listed = self.listed(lowest, tip).await?;
        let fresh = self.fresh(linked, listed, tip).await?;
        let (trail, changed) = self.trail.with(fresh);
        let Some(changed) = changed else {
            return Ok(());
        };
        if self.trail.soft().is_some_and(|soft| changed <= soft) {
            tracing::info!(from = changed, "blocks of the base layer were replaced");
        }
        let mut read = Vec::new();
        for block in trail
            .blocks()
            .iter()
            .filter(|block| block.height >= changed)
        {
            read.extend(self.law(block).await?);
        }
        self.keep(changed, trail, read).await
    }

    /// The blocks from the tip down to, but without, the first that the trail knows; by height.
    async fn linked(
        &self,
        tip: u64,
        lowest: u64,
    ) -> Result<BTreeMap<u64, (BlockId, Vec<BlockHead>)>, ReadError> {
        let mut linked = BTreeMap::new();
        let (mut height, mut expected) = (tip, None);
        loop {
            let (id, heads) = self.heads(height, expected).await?;
            let head = heads.first().ok_or(ReadError::NoBlock(height))?;
            if self.trail.knows(head) {
                return Ok(linked);
            }
            if height == lowest {
                self.trail.check_first(id)?;
            }
            let previous = head.previous;
            linked.insert(height, (id, heads));
            if height == lowest {
                return Ok(linked);
            }
            height -= 1;
            expected = Some(previous.ok_or(ReadError::NoBlock(height))?);
        }
    }

    /// All blocks from the lowest on that is new or holds a transaction that was not seen in it before.
    async fn fresh(
        &self,
        linked: BTreeMap<u64, (BlockId, Vec<BlockHead>)>,
        listed: BTreeMap<u64, BTreeSet<Id>>,
        tip: u64,
    ) -> Result<Vec<Seen>, ReadError> {
        let mut fresh: Vec<Seen> = Vec::new();
        for known in self.trail.blocks().iter().skip(1) {
            let is_known = known.height <= tip && !linked.contains_key(&known.height);
            let grows = listed
                .get(&known.height)
                .is_some_and(|ids| ids.iter().any(|id| !known.law.contains(id)));
            match (is_known, grows, fresh.is_empty()) {
                (true, true, _) => {
                    let mut wanted = listed.get(&known.height).cloned().unwrap_or_default();
                    wanted.extend(&known.law);
                    fresh.push(self.block(known.height, Some(known.id), &wanted).await?);
                }
                (true, false, false) => fresh.push(known.clone()),
                _ => {}
            }
        }
        for (height, (_id, heads)) in linked {
            let wanted = listed.get(&height).cloned().unwrap_or_default();
            fresh.push(seen(height, &heads, &wanted)?);
        }
        Ok(fresh)
    }

    /// The transactions that call themselves a Log, by the height that some gateway names.
    async fn listed(&self, from: u64, to: u64) -> Result<BTreeMap<u64, BTreeSet<Id>>, ReadError> {
        let mut by_height: BTreeMap<u64, BTreeSet<Id>> = BTreeMap::new();
        let listed = self.gateway.listed(&law::LOG_TAGS, from..=to).await?;
        for one in listed.into_iter().filter(|one| one.parent.is_none()) {
            by_height.entry(one.height).or_default().insert(one.id);
        }
        Ok(by_height)
    }

    /// The heads that gateways serve for the block at `height`: the `expected` one, else that of the majority.
    async fn heads(
        &self,
        height: u64,
        expected: Option<BlockId>,
    ) -> Result<(BlockId, Vec<BlockHead>), ReadError> {
        let mut heads = self.gateway.heads(height).await?;
        let discord = |discord| ReadError::Discord { height, discord };
        let id = match expected {
            Some(id) => Some(id),
            None => accord::majority(&heads).map_err(discord)?,
        };
        let id = id.ok_or(ReadError::NoBlock(height))?;
        heads.retain(|head| head.id == id);
        match heads.is_empty() {
            true => Err(ReadError::NoBlock(height)),
            false => Ok((id, heads)),
        }
    }

    async fn block(
        &self,
        height: u64,
        expected: Option<BlockId>,
        wanted: &BTreeSet<Id>,
    ) -> Result<Seen, ReadError> {
        let (_id, heads) = self.heads(height, expected).await?;
        seen(height, &heads, wanted)
    }

    /// The law's transactions of a block, fetched and verified, a few at once.
    async fn law(&self, block: &Seen) -> Result<Vec<Read>, ReadError> {
        let mut read = BTreeMap::new();
        let mut waiting = (0_u64..).zip(block.law.iter().copied());
        let mut fetching = JoinSet::new();
        loop {
            while fetching.len() < FETCHED_AT_ONCE
                && let Some((place, id)) = waiting.next()
            {
                let (gateway, height) = (self.gateway.clone(), block.height);
                fetching.spawn(async move { (place, reading(&gateway, height, id).await) });
            }
            let Some(fetched) = fetching.join_next().await else {
                return Ok(read.into_values().collect());
            };
            let (place, fetched) = fetched.map_err(|_lost| ReadError::Stopped)?;
            if let Some((transaction, mentions)) = fetched? {
                read.insert(place, stored(block, place, &transaction, mentions));
            }
        }
    }

    async fn keep(&mut self, from: u64, trail: Trail, read: Vec<Read>) -> Result<(), ReadError> {
        let blocks = trail.blocks().to_vec();
        let written = self
            .store
            .write(async move |db| store::law::rewrite(db, from, &blocks, &read).await);
        written.await?;
        self.trail = trail;
        Ok(())
    }
}

fn seen(height: u64, heads: &[BlockHead], wanted: &BTreeSet<Id>) -> Result<Seen, ReadError> {
    let first = heads.first().ok_or(ReadError::NoBlock(height))?;
    let lists = heads.iter().map(|head| head.txs.as_slice());
    let law = accord::ordered(lists, wanted);
    Ok(Seen {
        height,
        id: first.id,
        time_s: first.time_s,
        law: law.map_err(|discord| ReadError::Discord { height, discord })?,
    })
}

/// The reading of a transaction that counts, with the processes that it names; none where that one is no law.
async fn reading(
    gateway: &Gateway,
    height: u64,
    id: Id,
) -> Result<Option<(Transaction, Vec<Id>)>, ReadError> {
    let readings = gateway.readings(id).await?;
    let judge = move || -> Vec<_> { readings.into_iter().map(judged).collect() };
    let mut judged = tokio::task::spawn_blocking(judge)
        .await
        .map_err(|_lost| ReadError::Stopped)?;
    let voices: Vec<accord::Reading> = judged.iter().map(|(reading, ..)| *reading).collect();
    let counts = accord::reading(&voices, gateway.configured());
    let counts = counts.map_err(|discord| ReadError::Discord { height, discord })?;
    let counts = counts.ok_or(ReadError::NoTransaction { height, id })?;
    let (_voices, transaction, mentions) = judged.swap_remove(counts);
    Ok(mentions.map(|mentions| (transaction, mentions)))
}

fn judged(reading: Reading) -> (accord::Reading, Transaction, Option<Vec<Id>>) {
    let Reading {
        transaction,
        gateways,
    } = reading;
    let mentions = law::mentions(&transaction);
    let voices = accord::Reading {
        voices: gateways,
        is_law: mentions.is_some(),
        is_unique: transaction.format() == Format::Two,
    };
    (voices, transaction, mentions)
}

fn stored(block: &Seen, place: u64, transaction: &Transaction, mentions: Vec<Id>) -> Read {
    Read {
        transaction: LawTransaction {
            height: block.height,
            place,
            id: transaction.id(),
            block: block.id,
            time_s: block.time_s,
            tags: transaction.tags().to_vec(),
            data: transaction.data().cloned().unwrap_or_default(),
        },
        mentions,
    }
}
