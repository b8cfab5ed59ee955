//! The loop that reads blocks: it asks gateways, has [`super::trail`] and [`super::accord`] decide, and keeps what the law looks at.
//!
//! One round reads a settled span, or links the tip back to the trail. What was not had makes the round fail whole: nothing is
//! kept of it, the next round tries again later. A reorg deeper than `settlement_depth` ends the loop, and stays shown.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use aosec_wire::Id;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::accord::Discord;
use super::law;
use super::reading::{Span, block, heads, reading, seen, stored};
use super::start::TooLate;
use super::trail::{COURT_SPAN_BLOCKS, Plan, SPAN_BLOCKS, TooDeep, Trail};
use super::{Settings, View, start};
use crate::arweave::block::{BlockHead, BlockId};
use crate::arweave::gateway::{Gateway, GatewayError};
use crate::metrics;
use crate::shutdown::Shutdown;
use crate::store::clock::Seat;
use crate::store::law::{Read, Seen};
use crate::store::{self, Store, StoreError};

/// Transactions fetched at once: each may take 4 MiB and its JSON form as much again.
const FETCHED_AT_ONCE: usize = 4;
/// Blocks asked for at once, where each of a span is wanted: what gateways bear of one reader.
const HEADS_AT_ONCE: usize = 8;
/// The longest pause after failures, and in looks: two blocks. A case whose deadline came nearer while gateways were down is seen at once
/// when they are back.
const BACK_OFF_MAX: Duration = Duration::from_secs(60);
const BACK_OFF_LOOKS: u32 = 8;

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
    /// The court began before the first block that is read.
    #[error(transparent)]
    Late(#[from] TooLate),
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
    /// Whether it is known that the court did not begin before the first block.
    is_start_known: bool,
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
        let seat = settings.court.map(|origin| Seat {
            origin,
            start: settings.start,
        });
        if store::clock::seat(&store).await? != seat {
            let reseated = store.write(async move |db| store::clock::reseat(db, seat).await);
            reseated.await?;
        }
        let blocks = store::law::trail(&store).await?;
        let span_blocks = match settings.court {
            Some(_court) => COURT_SPAN_BLOCKS,
            None => SPAN_BLOCKS,
        };
        let trail = Trail::new(
            settings.settlement_depth,
            settings.start,
            span_blocks,
            blocks,
        );
        if settings.court.is_some() {
            // What is not settled may have been read anew in the moment of the stop, and its root be that of the old block.
            let unsettled = trail.firm().map_or(0, |firm| firm.saturating_add(1));
            let compared = store.write(async move |db| store::court::forget(db, unsettled).await);
            compared.await?;
        }
        let reader = Self {
            gateway,
            store,
            settings,
            trail,
            is_start_known: false,
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
                Err(alarm @ (ReadError::TooDeep(_) | ReadError::Late(_))) => {
                    return self.sound(&alarm);
                }
                Err(error) => {
                    let every = self.settings.every;
                    let longest = BACK_OFF_MAX.min(every * BACK_OFF_LOOKS).max(every);
                    pause = (pause * 2).clamp(every, longest);
                    tracing::warn!(%error, next_in_ms = pause.as_millis(), "the base layer is not followed at the moment");
                    self.view
                        .send_modify(|view| view.trouble = Some(error.to_string().into()));
                }
            }
            tokio::time::sleep(pause).await;
        }
    }

    fn sound(&self, alarm: &ReadError) {
        metrics::follow_alarms().inc();
        tracing::error!(%alarm, "the base layer is followed no further: a human must look");
        self.view.send_modify(|view| {
            view.trouble = Some(alarm.to_string().into());
            view.alarm = true;
        });
    }

    /// True where there is more to read at once.
    pub(super) async fn round(&mut self) -> Result<bool, ReadError> {
        if let Some(court) = self.settings.court.filter(|_| !self.is_start_known) {
            start::check(&self.gateway, court, self.settings.start).await?;
            self.is_start_known = true;
        }
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
            let now = heads(&self.gateway, first.height, None).await?;
            self.trail.check_first(now.0)?;
        }
        let mut listed = self.listed(from, to).await?;
        listed.retain(|height, _| (from..=to).contains(height));
        let every = match self.settings.court {
            // Its clock needs each of them.
            Some(_court) => from,
            None => to,
        };
        for height in every..=to {
            listed.entry(height).or_default();
        }
        let mut span = Span::default();
        for block in self.blocks(listed).await? {
            let law = self.law(&block).await?;
            span.add(block, law);
            if span.is_full() {
                break;
            }
        }
        let anchor = span.clock.last().cloned().ok_or(ReadError::NoBlock(to))?;
        let trail = self.trail.settled_at(anchor);
        self.keep(from, trail, span.read, span.clock).await
    }

    /// Settled blocks with these transactions of the law, by height, a few at once.
    async fn blocks(&self, listed: BTreeMap<u64, BTreeSet<Id>>) -> Result<Vec<Seen>, ReadError> {
        let (mut read, mut waiting) = (BTreeMap::new(), listed.into_iter());
        let mut fetching = JoinSet::new();
        loop {
            while fetching.len() < HEADS_AT_ONCE
                && let Some((height, wanted)) = waiting.next()
            {
                let gateway = self.gateway.clone();
                fetching.spawn(async move { block(&gateway, height, None, &wanted).await });
            }
            let Some(fetched) = fetching.join_next().await else {
                return Ok(read.into_values().collect());
            };
            let block = fetched.map_err(|_lost| ReadError::Stopped)??;
            read.insert(block.height, block);
        }
    }

    async fn recent(&mut self, tip: u64, lowest: u64) -> Result<(), ReadError> {
        let linked = self.linked(tip, lowest).await?;
        let listed = self.listed(lowest, tip).await?;
        let fresh = self.fresh(linked, listed, tip).await?;
        let (trail, changed) = self.trail.with(fresh.clone());
        let Some(changed) = changed else {
            return Ok(());
        };
        if self.trail.soft().is_some_and(|soft| changed <= soft) {
            tracing::info!(from = changed, "blocks of the base layer were replaced");
        }
        let (mut read, mut clock) = (Vec::new(), Vec::new());
        // Of all that is new: a changed block may sink below the trail in the very look that shows it.
        for block in fresh.iter().filter(|block| block.height >= changed) {
            read.extend(self.law(block).await?);
            clock.push(block.clone());
        }
        self.keep(changed, trail, read, clock).await
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
            let (id, heads) = heads(&self.gateway, height, expected).await?;
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
                    let (height, id) = (known.height, Some(known.id));
                    fresh.push(block(&self.gateway, height, id, &wanted).await?);
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

    /// The transactions that call themselves a Log, or an inbox, by the height that some gateway names.
    async fn listed(&self, from: u64, to: u64) -> Result<BTreeMap<u64, BTreeSet<Id>>, ReadError> {
        let mut by_height: BTreeMap<u64, BTreeSet<Id>> = BTreeMap::new();
        let mut listed = self.gateway.listed(&law::LOG_TAGS, from..=to).await?;
        if self.settings.court.is_some() {
            listed.extend(self.gateway.listed(&law::INBOX_TAGS, from..=to).await?);
        }
        for one in listed.into_iter().filter(|one| one.parent.is_none()) {
            by_height.entry(one.height).or_default().insert(one.id);
        }
        Ok(by_height)
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
                let court = self.settings.court;
                fetching.spawn(async move { (place, reading(&gateway, height, id, court).await) });
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

    async fn keep(
        &mut self,
        from: u64,
        trail: Trail,
        read: Vec<Read>,
        clock: Vec<Seen>,
    ) -> Result<(), ReadError> {
        let blocks = trail.blocks().to_vec();
        let clock = self.settings.court.map(|_court| clock);
        let written = self.store.write(async move |db| match clock {
            Some(clock) => store::clock::rewrite(db, from, &blocks, &read, &clock).await,
            None => store::law::rewrite(db, from, &blocks, &read).await,
        });
        written.await?;
        self.trail = trail;
        Ok(())
    }
}
