//! The loop: whenever more of the base layer was read, step over it, and keep what each block came to.

use std::sync::atomic::Ordering;
use std::time::Duration;

use aosec_challenge::derive::{Block, BlockRef};
use aosec_challenge::inbox::Track;
use tokio::sync::watch;

use super::blocks::{self, Marks};
use super::chamber::Chamber;
use super::grown;
use super::kept::Telling;
use super::pace::Pace;
use super::{Handle, OriginError, Standing, tips};
use crate::arweave::block::BlockId;
use crate::follow::{self, View};
use crate::metrics;
use crate::shutdown::Shutdown;
use crate::store::clock::{self, CourtBlock};
use crate::store::court::{self, CourtOutcome, CourtRoot, Sat};
use crate::store::court_log::{self, Growth};

/// Blocks read from the store at once, beside those between the firm block and the tip, which are compared with what was stepped over.
const BLOCKS_AT_ONCE: u32 = 256;
/// Outcomes that wait to be written while blocks are caught up with: some megabytes of text.
const OUTCOMES_AT_ONCE: usize = 4_096;
/// Blocks behind what was read from which on the court counts as not known: after a machine slept, or gateways were down, what it says of
/// leases is old, and nothing is signed or taken on its word until it has come up again.
const BEHIND_BLOCKS: u64 = 3;
/// Before the next try, where the store was rewritten while it was read.
const AGAIN: Duration = Duration::from_millis(50);

/// The id of a block that is not looked at: the one before the first.
const UNSEEN: [u8; 48] = [0; 48];

/// The place before the first block that is read. Height 0 has none before it and holds no law.
pub(super) const fn before(start: u64) -> BlockRef {
    BlockRef {
        height: start.saturating_sub(1),
        id: UNSEEN,
    }
}

/// Steps until the stop is told, or an alarm ends it.
pub(super) async fn run(handle: Handle, follow: follow::Handle, shutdown: Shutdown) {
    let mut views = follow.views();
    tokio::select! {
        () = shutdown.told() => {}
        error = follow_on(&handle, &mut views) => {
            // The reader of blocks may hear of the stop first: that is no alarm.
            if !matches!(error, OriginError::Stopped) {
                sound(&handle, &error);
            }
            shutdown.told().await;
        }
    }
}

fn sound(handle: &Handle, error: &OriginError) {
    metrics::origin_alarms().inc();
    tracing::error!(%error, "Origin is computed no further: a human must look");
    handle.0.is_caught_up.store(false, Ordering::Release);
    handle
        .0
        .standing
        .send_modify(|standing| standing.alarm = Some(error.to_string().into()));
}

async fn follow_on(handle: &Handle, views: &mut watch::Receiver<View>) -> OriginError {
    let mut marks = Marks::new();
    loop {
        let view = views.borrow_and_update().clone();
        let stepped = advance(handle, &view, &mut marks).await;
        match stepped {
            Ok(true) => {}
            Ok(false) => {
                notice(handle, &view);
                if views.changed().await.is_err() {
                    return OriginError::Stopped;
                }
            }
            Err(error) => return error,
        }
    }
}

/// From the first time on that nothing is left to step over, the court is known.
fn notice(handle: &Handle, view: &View) {
    if is_at_tip(view, handle.standing().soft) {
        handle.0.is_caught_up.store(true, Ordering::Release);
    }
}

/// Before the first look at the base layer the tip is not known, and what is on the disk may be old.
fn is_at_tip(view: &View, soft: Option<u64>) -> bool {
    soft.is_some() && soft == view.soft && view.tip.is_some() && view.soft >= view.tip
}

/// Goes back where blocks were replaced, then steps over what is new. True where there may be more at once.
async fn advance(handle: &Handle, view: &View, marks: &mut Marks) -> Result<bool, OriginError> {
    if view.alarm {
        let trouble = view.trouble.as_deref().unwrap_or_default();
        return Err(OriginError::Unread(trouble.to_owned()));
    }
    let Some(soft) = view.soft else {
        return Ok(false);
    };
    let (firm, tip) = handle.on_track(|track| tips(track)).await?;
    if soft > tip.height.saturating_add(BEHIND_BLOCKS) {
        handle.0.is_caught_up.store(false, Ordering::Release);
    }
    let store = &handle.0.store;
    let depth = u32::try_from(handle.0.settings.settlement_depth).unwrap_or(u32::MAX);
    let window = depth.saturating_add(BLOCKS_AT_ONCE);
    let blocks = clock::blocks(store, firm.height, window).await?;
    let Some(last) = blocks.last().map(|last| last.height) else {
        return Ok(false);
    };
    let now = blocks::marks(&blocks, &clock::ids_in(store, firm.height..=last).await?);
    if let Some(to) = blocks::fork(marks, &now) {
        rewind(handle, to).await?;
        marks.retain(|height, _| *height <= to);
        return Ok(true);
    }
    let new = blocks
        .into_iter()
        .filter(|block| block.height > tip.height && block.height <= soft)
        .collect();
    sit(handle, view, tip, new, &now, marks).await
}

async fn rewind(handle: &Handle, to: u64) -> Result<(), OriginError> {
    let back = handle.on_track(move |track| {
        // What these blocks came to was kept when they were stepped over first.
        track.firm_contract().tell(Telling::Nothing);
        let rewound = track.rewind(to);
        track.firm_contract().tell(Telling::All);
        track.soft_contract().tell(Telling::All);
        rewound
    });
    back.await??;
    handle.0.reorgs.fetch_add(1, Ordering::AcqRel);
    handle.tenures().rewind(to);
    handle.docket().rewind(to);
    handle.copied().rewind(to);
    handle.authorities().rewind(to);
    handle.grown().rewind(to);
    // A root that was kept since these blocks were read anew is still that of the old ones.
    let store = &handle.0.store;
    let forgotten = store.write(async move |db| court::forget(db, to.saturating_add(1)).await);
    Ok(forgotten.await?)
}

/// Steps over these blocks, writes down what they came to, and shows where the court stands. True where there may be more at once.
async fn sit(
    handle: &Handle,
    view: &View,
    mut previous: BlockRef,
    new: Vec<CourtBlock>,
    now: &Marks,
    marks: &mut Marks,
) -> Result<bool, OriginError> {
    let some = !new.is_empty();
    let (mut waiting, mut outcomes) = (Vec::new(), 0);
    for block in new {
        let Some(played) = step(handle, view, &block, previous).await? else {
            keep(handle, view, &mut waiting).await?;
            tokio::time::sleep(AGAIN).await;
            return Ok(true);
        };
        previous = BlockRef {
            height: block.height,
            id: *block.id.as_bytes(),
        };
        if let Some(mark) = now.get(&block.height) {
            marks.insert(block.height, mark.clone());
        }
        if let Some(firm) = played.standing.firm {
            *marks = marks.split_off(&firm);
        }
        outcomes += played.sat.outcomes.len();
        waiting.push(played);
        if outcomes >= OUTCOMES_AT_ONCE {
            keep(handle, view, &mut waiting).await?;
            outcomes = 0;
        }
    }
    keep(handle, view, &mut waiting).await?;
    Ok(some)
}

/// What a block came to.
struct Played {
    sat: Sat,
    /// What it has done to the logs of the court's processes.
    growth: Growth,
    standing: Standing,
}

/// Steps over one block; none where it was replaced while it was read.
async fn step(
    handle: &Handle,
    view: &View,
    block: &CourtBlock,
    previous: BlockRef,
) -> Result<Option<Played>, OriginError> {
    let transactions = clock::in_block(&handle.0.store, block.height).await?;
    let Some(read) = blocks::assemble(block, previous.id, transactions) else {
        return Ok(None);
    };
    let is_settled = view.firm.is_some_and(|firm| block.height <= firm);
    let pace = Pace::of(block.height, view.firm);
    let mut played = handle
        .on_track(move |track| play(track, read, is_settled, pace))
        .await??;
    compare(handle, &mut played, block.id).await?;
    Ok(Some(played))
}

/// Runs the block.
fn play(
    track: &mut Track<Chamber>,
    block: Block,
    is_settled: bool,
    pace: Pace,
) -> Result<Played, OriginError> {
    let (id, height) = (block.id, block.height);
    let (firm, soft) = tips(track);
    let stepped = match is_settled && firm == soft {
        true => {
            track.firm_contract().set_pace(pace)?;
            track.settled(&block)?
        }
        false => {
            track.firm_contract().set_pace(Pace::EachBlock)?;
            track.step(block)?
        }
    };
    for one in &stepped.discarded {
        tracing::debug!(height, position = ?one.position, reason = %one.reason, "not run");
    }
    let ended = track.soft_contract().take_ended();
    let _firm_ones_were_taken_when_they_were_soft = track.firm_contract().take_ended();
    let (court, chamber) = track.soft();
    let slot = court.last_slot().map(|(slot, _chain)| slot);
    let root = slot.zip(chamber.root()).map(|(slot, root)| CourtRoot {
        height,
        block: BlockId::new(id),
        slot,
        root,
    });
    let outcomes = ended.into_iter().map(|ended| CourtOutcome {
        message: ended.message,
        slot: ended.slot,
        height,
        json: ended.json,
    });
    Ok(Played {
        growth: grown::growth(&stepped),
        standing: Standing {
            soft: Some(height),
            firm: Some(tips(track).0.height),
            slot,
            root: root.map(|root| root.root),
            contract: chamber.contract(),
            queued: stepped.counts.waiting,
            alarm: None,
        },
        sat: Sat {
            height,
            root,
            outcomes: outcomes.collect(),
        },
    })
}

/// O2. Behind a block that is only caught up with, what was noted of it before stays: the next root tells whether it is right.
async fn compare(handle: &Handle, played: &mut Played, block: BlockId) -> Result<(), OriginError> {
    let (height, slot) = (played.sat.height, played.standing.slot);
    let before = court::root(&handle.0.store, height).await?;
    let Some(was) = before.filter(|was| was.block == block && Some(was.slot) == slot) else {
        return Ok(());
    };
    match played.sat.root {
        Some(now) if now.root != was.root => Err(OriginError::Diverged {
            height,
            was: was.root,
            now: now.root,
        }),
        Some(_same) => Ok(()),
        None => {
            played.sat.root = Some(was);
            Ok(())
        }
    }
}

/// Writes down what blocks came to, in order; only then it is shown.
async fn keep(handle: &Handle, view: &View, waiting: &mut Vec<Played>) -> Result<(), OriginError> {
    let played = std::mem::take(waiting);
    let Some(standing) = played.last().map(|last| last.standing.clone()) else {
        return Ok(());
    };
    metrics::origin_height().set(i64::try_from(standing.soft.unwrap_or(0)).unwrap_or(i64::MAX));
    let (firm, origin) = (standing.firm.unwrap_or(0), handle.id());
    let mut sat = Vec::with_capacity(played.len());
    let settled = {
        let mut grown = handle.grown();
        for one in played {
            grown.apply(one.sat.height, one.growth);
            sat.push(one.sat);
        }
        grown.settled(firm)
    };
    {
        let mut tenures = handle.tenures();
        for block in &sat {
            tenures.apply(block.height, &block.outcomes);
        }
        tenures.settle(firm);
    }
    {
        let mut docket = handle.docket();
        for block in &sat {
            docket.apply(block.height, &block.outcomes);
        }
        docket.settle(firm);
    }
    {
        let mut copied = handle.copied();
        for block in &sat {
            copied.apply(block.height, &block.outcomes);
        }
    }
    {
        let mut authorities = handle.authorities();
        for block in &sat {
            authorities.apply(&block.outcomes);
        }
    }
    let kept = handle.0.store.write(async move |db| {
        court::keep(&mut *db, &sat).await?;
        court_log::extend(db, origin, &settled, firm).await
    });
    kept.await?;
    if is_at_tip(view, standing.soft) {
        handle.0.is_caught_up.store(true, Ordering::Release);
    }
    handle.0.standing.send_replace(standing);
    Ok(())
}
