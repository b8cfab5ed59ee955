//! The outbox's transactions: one event, the step it makes, and everything that must be kept together with it.
//!
//! The rule is [`outbox::step`]; this file only loads, saves and follows the consequences inside one commit: what came of an
//! entry is stored with the entry's new state, so a crash keeps both or neither; the next piece of a lane is let go when the one
//! before has left; an entry whose children have ended ends too, and so on upwards.

use aosec_wire::{Id, VerifiedItem};

use super::accounts;
use super::budget::{self, Cap};
use super::entry::{Entry, item_of, tick_key, turn_key};
use super::fees::{Bill, Charge};
use super::outbox::{self, Effect, Entrance, Event, State};
use super::push::{Push, Unsendable};
use super::rows::{self, stage};
use crate::metrics;
use crate::store::canonical::LogKey;
use crate::store::cron::Tick;
use crate::store::outbox::{NEVER_MS, Row};
use crate::store::watched::Watched;
use crate::store::{Db, Store, StoreError, fee, hostless, item, outbox as table, watched};

/// The two things that a step cannot know by itself.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment {
    /// Now, in milliseconds.
    pub(super) now_ms: u64,
    /// Any number: it spreads the pauses.
    pub(super) jitter: u64,
}

/// What came of an entry, ready to be stored with its next state.
#[derive(Debug, Default)]
pub(super) struct Offspring {
    /// The pieces and who sends them.
    pub(super) pushes: Vec<(Push, Entry)>,
    /// Pieces that cannot be sent.
    pub(super) unsendable: Vec<Unsendable>,
}

/// What a transaction did.
#[derive(Debug)]
pub(super) struct Applied {
    /// The entry as it stands now.
    pub(super) entry: Entry,
    /// What is to be done.
    pub(super) effects: Vec<Effect>,
    /// Pieces that a cap cut off.
    pub(super) capped: u32,
}

/// Takes in what a client sent, or says how far the same bytes have come. Where it is to be carried now and `charge` asks a fee, that is set
/// aside with it; nothing is kept where the credit is too small.
///
/// # Errors
/// [`StoreError`] where nothing was kept.
pub(super) async fn enter(
    store: &Store,
    entry: Entry,
    carried: Option<VerifiedItem>,
    charge: Option<Charge>,
    moment: Moment,
) -> Result<Result<Applied, Box<Bill>>, StoreError> {
    let job = async move |db: &mut Db| {
        if let Some(charge) = &charge
            && let Some(since_ms) = begins(db, entry.key, moment).await?
            && let Err(bill) = accounts::set_aside(db, entry.key, charge, since_ms).await?
        {
            return Ok(Err(bill));
        }
        item::insert(db, carried.as_slice()).await?;
        let event = if table::insert(db, &Row::from(&entry), NEVER_MS).await? {
            Event::Begin
        } else {
            Event::Again
        };
        let applied = advance(db, entry.key, event, Offspring::default(), moment).await?;
        applied.map(Ok).ok_or_else(|| StoreError::Damaged {
            what: "outbox: an entry vanished".into(),
        })
    };
    store.write(job).await
}

/// Since when a client's bytes under `key` were here, where they would be carried now: they are new, or ended without a slot before.
/// A slot that those have all the same was given for what was carried from here, however long ago.
async fn begins(db: &mut Db, key: Id, moment: Moment) -> Result<Option<u64>, StoreError> {
    let Some(known) = load(db, key).await? else {
        return Ok(Some(moment.now_ms));
    };
    let (_state, effects) = outbox::step(known.nature, known.state, Event::Again, 0);
    Ok(effects.contains(&Effect::Submit).then_some(0))
}

/// Applies what a first hop heard, and ends what was set aside for it (`holds_fees`: if anything is for anybody), where it has been answered.
///
/// # Errors
/// [`StoreError`] where nothing was kept.
pub(super) async fn answer(
    store: &Store,
    key: Id,
    event: Event,
    holds_fees: bool,
    moment: Moment,
) -> Result<Option<Applied>, StoreError> {
    let job = async move |db: &mut Db| {
        let hold = match holds_fees {
            true => fee::held(db, key).await?,
            false => None,
        };
        let Some(hold) = hold else {
            return advance(db, key, event, Offspring::default(), moment).await;
        };
        let is_stale = accounts::is_stale(&hold, &event)?;
        if is_stale {
            table::make_cast(db, key).await?;
        }
        let applied = advance(db, key, event, Offspring::default(), moment).await?;
        if let Some(applied) = &applied {
            accounts::settle(db, key, &hold, &applied.entry.state, is_stale).await?;
        }
        Ok(applied)
    };
    store.write(job).await
}

/// Applies one event to one entry; none where there is no such entry.
///
/// # Errors
/// [`StoreError`] where nothing was kept.
pub(super) async fn apply(
    store: &Store,
    key: Id,
    event: Event,
    offspring: Offspring,
    moment: Moment,
) -> Result<Option<Applied>, StoreError> {
    store
        .write(async move |db| advance(db, key, event, offspring, moment).await)
        .await
}

/// The entry under `key`.
///
/// # Errors
/// [`StoreError`] where it cannot be read.
pub(super) async fn find(store: &Store, key: Id) -> Result<Option<Entry>, StoreError> {
    table::find(store, key)
        .await?
        .map(Entry::try_from)
        .transpose()
}

async fn advance(
    db: &mut Db,
    key: Id,
    event: Event,
    offspring: Offspring,
    moment: Moment,
) -> Result<Option<Applied>, StoreError> {
    let Some(mut entry) = load(db, key).await? else {
        return Ok(None);
    };
    let before = entry.state.clone();
    let (state, effects) = outbox::step(entry.nature, entry.state, event, moment.jitter);
    entry.state = state;
    let mut capped = 0;
    if entry.state == before {
        // Also when it is looked at next stays as it is: an entry that waits behind another goes on waiting.
        return Ok(Some(Applied {
            entry,
            effects,
            capped,
        }));
    }
    if effects.contains(&Effect::Adopt) {
        capped = adopt(db, &mut entry, offspring, moment).await?;
    }
    let due_ms = due_ms(&entry, &effects, moment.now_ms);
    table::save(db, key, &rows::progress_of(&entry.state), due_ms).await?;
    if let Some((sender, process)) = entry.lane()
        && rows::stage_of(&before) <= stage::UPLOADING
        && rows::stage_of(&entry.state) > stage::UPLOADING
    {
        table::release_lane(db, sender, process).await?;
    }
    settle(db, &entry, moment).await?;
    if matches!(entry.state, State::FannedOut(_))
        && let Some(settled) = load(db, key).await?
    {
        entry = settled;
    }
    Ok(Some(Applied {
        entry,
        effects,
        capped,
    }))
}

/// What came of a tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TickTaken {
    /// Its messages leave, but for so many that a bound cut off; none where the tick was taken before, or nobody watches any longer.
    Pushed {
        /// Pieces cut off.
        capped: u32,
    },
    /// The owner's credit is used up: nothing leaves, and the process is watched no longer.
    Unpaid,
}

/// Stores what came of one tick of a watched process, once, and takes the fee for it, where one is asked and there is something to send.
///
/// # Errors
/// [`StoreError`] where nothing was kept.
pub(super) async fn adopt_tick(
    store: &Store,
    watched: Watched,
    tick: Tick,
    pushes: Vec<(Push, Entry)>,
    charge: Option<Charge>,
    moment: Moment,
) -> Result<TickTaken, StoreError> {
    let process = watched.process;
    let job = async move |db: &mut Db| {
        if !watched::stands(db, watched).await?
            || !watched::take(db, process, tick.rule, tick.stamp).await?
        {
            return Ok(TickTaken::Pushed { capped: 0 });
        }
        if let Some(charge) = charge.filter(|_fee| !pushes.is_empty()) {
            if accounts::spend(db, &charge).await?.is_err() {
                watched::end(db, process).await?;
                return Ok(TickTaken::Unpaid);
            }
            metrics::fees_kept().inc();
        }
        let capped = begin_chain(db, tick_key(process, tick), &pushes, moment).await?;
        Ok(TickTaken::Pushed { capped })
    };
    store.write(job).await
}

/// Stores what of one slot of a sender without a host this node carries, once, and notes that the slot was looked at; says how many pieces a
/// bound cut off. Nothing where it was looked at before.
///
/// # Errors
/// [`StoreError`] where nothing was kept.
pub(super) async fn adopt_turn(
    store: &Store,
    log: LogKey,
    slot: u64,
    pushes: Vec<(Push, Entry)>,
    moment: Moment,
) -> Result<u32, StoreError> {
    let job = async move |db: &mut Db| match hostless::take(db, log, slot).await? {
        true => begin_chain(db, turn_key(log.process, slot), &pushes, moment).await,
        false => Ok(0),
    };
    store.write(job).await
}

/// Stores the beginning of a chain that no entry stands before; says how many pieces a bound cut off.
async fn begin_chain(
    db: &mut Db,
    root: Id,
    pushes: &[(Push, Entry)],
    moment: Moment,
) -> Result<u32, StoreError> {
    let (room, _cap) = budget::room(1, 0);
    let mut stored = 0;
    for (push, child) in pushes.iter().take(room as usize) {
        stored += u32::from(adopt_one(db, push, child, moment).await?);
    }
    if stored > 0 {
        table::spend(db, root, stored).await?;
    }
    let pieces = u32::try_from(pushes.len()).unwrap_or(u32::MAX);
    Ok(pieces.saturating_sub(room))
}

async fn load(db: &mut Db, key: Id) -> Result<Option<Entry>, StoreError> {
    table::load(db, key).await?.map(Entry::try_from).transpose()
}

/// When an entry in this state is looked at next. A first hop is in the hands of its own task until it has a slot.
fn due_ms(entry: &Entry, effects: &[Effect], now_ms: u64) -> u64 {
    let stage = rows::stage_of(&entry.state);
    let first_hop = entry.nature.entrance == Entrance::FirstHop && stage <= stage::SUBMITTING;
    if first_hop || stage > stage::COMPUTING {
        return NEVER_MS;
    }
    let wait_ms = effects.iter().find_map(|effect| match effect {
        Effect::Pause { wait_ms } => Some(*wait_ms),
        _ => None,
    });
    now_ms.saturating_add(wait_ms.unwrap_or(0))
}

/// Stores what came of `entry`, as far as its root may set things in motion; says how many pieces that bound cut off.
async fn adopt(
    db: &mut Db,
    entry: &mut Entry,
    offspring: Offspring,
    moment: Moment,
) -> Result<u32, StoreError> {
    let root = entry.family.root;
    let spent = table::spent(db, root).await?;
    let (left, cap) = budget::room(entry.family.depth.saturating_add(1), spent);
    let (mut stored, mut capped) = (0, 0);
    for (push, child) in &offspring.pushes {
        if stored == left {
            capped += u32::from(table::load(db, child.key).await?.is_none());
        } else {
            stored += u32::from(adopt_one(db, push, child, moment).await?);
        }
    }
    if stored > 0 {
        table::spend(db, root, stored).await?;
    }
    if let Some(text) = remark(entry.remark.take(), &offspring.unsendable, capped, cap) {
        table::remark(db, entry.key, &text).await?;
        entry.remark = Some(text);
    }
    Ok(capped)
}

async fn adopt_one(
    db: &mut Db,
    push: &Push,
    child: &Entry,
    moment: Moment,
) -> Result<bool, StoreError> {
    item::insert(db, item_of(&push.cargo).cloned().as_slice()).await?;
    let busy = match child.lane() {
        Some((sender, process)) => table::lane_is_busy(db, sender, process).await?,
        None => false,
    };
    table::insert(
        db,
        &Row::from(child),
        if busy { NEVER_MS } else { moment.now_ms },
    )
    .await
}

/// Pieces named in a remark; the rest is counted.
const NAMED_MAX: usize = 8;

fn remark(
    earlier: Option<String>,
    unsendable: &[Unsendable],
    capped: u32,
    cap: Cap,
) -> Option<String> {
    let named = unsendable
        .iter()
        .take(NAMED_MAX)
        .map(|piece| format!("not sent: {piece}"));
    let more = unsendable.len().saturating_sub(NAMED_MAX);
    let more = (more > 0).then(|| format!("not sent: {more} more like these"));
    let capped = (capped > 0).then(|| format!("not sent: {capped}, because {cap}"));
    let lines: Vec<String> = named.chain(more).chain(capped).collect();
    if lines.is_empty() {
        earlier
    } else {
        Some(lines.join("\n"))
    }
}

/// Ends every entry upwards from `entry` that was only waiting for its children. The way up is as long as the chain was deep.
async fn settle(db: &mut Db, entry: &Entry, moment: Moment) -> Result<(), StoreError> {
    let mut next = match &entry.state {
        State::FannedOut(_) => Some(entry.key),
        state if state.is_ended() => entry.family.parent,
        _ => None,
    };
    while let Some(key) = next.take() {
        let Some(above) = load(db, key).await? else {
            break;
        };
        let waits = matches!(above.state, State::FannedOut(_));
        if waits && !table::has_open_children(db, key).await? {
            let event = Event::ChildrenEnded;
            let (state, _ended) = outbox::step(above.nature, above.state, event, moment.jitter);
            table::save(db, key, &rows::progress_of(&state), NEVER_MS).await?;
            next = above.family.parent;
        }
    }
    Ok(())
}
