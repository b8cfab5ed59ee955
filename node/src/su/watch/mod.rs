//! The watch over our own key: whether somebody else signs with it, at the start and for as long as the node runs.
//!
//! At the start the sources (the base layer, through each gateway) are asked what this key has published last. If nothing
//! contradicts the guard, the node says that it is here ([`Standing::Waiting`]: its location with the token of this start is
//! published), waits some blocks, asks again, and only then signs. A node that runs asks again every so often, and on seeing
//! another one stops for good: the halt is written into the guard file. So of two nodes with one key the newer waits while the
//! older sees it.
//!
//! What counts as foreign is in [`rule`]. What sources cannot show (slots that were signed and never published) nobody can
//! know; docs/GUARD.md says what remains at risk.

pub mod rule;

use std::{
    collections::BTreeMap,
    sync::{Arc, Weak},
    time::Duration,
};

use aosec_wire::{Address, Id, Tags, VerifiedItem};

use self::rule::{Foreign, Own, Sighting, judge_network};
use super::{
    Shared,
    guard::{Book, Network},
    ports::{Answer, PortError},
    standing::Standing,
};
use crate::store::{StoreError, log};

/// Items of each kind looked at: those of the last few blocks of an ordinary node. Whoever signs elsewhere shows up among them.
const LOOKED_AT: usize = 20;

/// Where this node learns what its key has published.
pub trait Sources: Send + Sync {
    /// The network behind the sources; none where no source knows its first block.
    fn network(&self) -> Answer<'_, Option<Network>>;

    /// The newest items of this key that any source shows, at most `limit` of each kind: claims, nothing verified.
    fn newest<'a>(&'a self, scheduler: &'a Address, limit: usize) -> Answer<'a, Vec<Shown>>;

    /// An item, verified.
    fn item(&self, id: Id) -> Answer<'_, Option<VerifiedItem>>;
}

/// An item as a source shows it.
#[derive(Clone, Debug)]
pub struct Shown {
    /// Its id.
    pub id: Id,
    /// Its tags.
    pub tags: Tags,
}

/// How the key is watched.
#[derive(Clone)]
pub struct Watch {
    /// Who is asked.
    pub sources: Arc<dyn Sources>,
    /// Blocks between saying that this node is here and its first signature.
    pub wait_blocks: u64,
    /// Between two looks before the first signature.
    pub look_every: Duration,
    /// Between two looks afterwards.
    pub watch_every: Duration,
}

impl std::fmt::Debug for Watch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Watch")
            .field("wait_blocks", &self.wait_blocks)
            .finish_non_exhaustive()
    }
}

/// What kept a look from its end.
#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error(transparent)]
    Sources(#[from] PortError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the gateways do not show the first block of their network")]
    NoNetwork,
    #[error("the height of the base layer is not known yet")]
    NoTip,
    #[error("{0}")]
    Guard(#[from] super::guard::GuardError),
}

/// Watches until the unit is closed or dropped.
pub(super) fn start(shared: &Arc<Shared>, watch: Watch) {
    tokio::spawn(run(Arc::downgrade(shared), watch));
}

async fn run(weak: Weak<Shared>, watch: Watch) {
    let started_ms = match weak.upgrade() {
        Some(shared) => shared.clock.now_ms(),
        None => return,
    };
    let mut pause = Duration::ZERO;
    loop {
        tokio::time::sleep(pause).await;
        let Some(shared) = weak.upgrade().filter(|shared| !shared.tasks.is_closed()) else {
            return;
        };
        if let Err(trouble) = look(&shared, &watch, started_ms).await {
            tracing::warn!(%trouble, "whether another node has this key cannot be seen at the moment");
        }
        pause = match shared.bench.now() {
            Standing::Observer(_) => return,
            Standing::Signing => watch.watch_every,
            Standing::Looking | Standing::Waiting { .. } => watch.look_every,
        };
    }
}

/// One look, and the step that follows from it.
async fn look(shared: &Arc<Shared>, watch: &Watch, started_ms: u64) -> Result<(), Trouble> {
    let standing = shared.bench.now();
    if let Some(foreign) = foreign(shared, watch, started_ms).await? {
        return stop(shared, &standing, &foreign).await;
    }
    let tip = shared.tip.height().ok_or(Trouble::NoTip)?;
    let next = match standing.clone() {
        Standing::Looking if watch.wait_blocks == 0 => Standing::Signing,
        Standing::Looking => Standing::Waiting {
            until: tip.saturating_add(watch.wait_blocks),
        },
        Standing::Waiting { until } if tip >= until => Standing::Signing,
        same => same,
    };
    if next != standing {
        tracing::info!(
            standing = next.word(),
            "what this scheduler does with messages has changed"
        );
        if next == Standing::Signing {
            shared.sign_unsigned().await;
        }
        shared.bench.set(next);
    }
    Ok(())
}

/// Before the first signature the next start may find it otherwise; afterwards it is for good.
async fn stop(shared: &Shared, standing: &Standing, foreign: &Foreign) -> Result<(), Trouble> {
    let why = foreign.to_string();
    tracing::error!(%why, "THIS NODE SIGNS NO MORE");
    shared.bench.set(Standing::Observer(why.as_str().into()));
    match standing {
        Standing::Signing => shared.guard.halt(why).await?,
        _ => shared.guard.stop(why.into()).await?,
    }
    Ok(())
}

async fn foreign(
    shared: &Shared,
    watch: &Watch,
    started_ms: u64,
) -> Result<Option<Foreign>, Trouble> {
    if let Some(other) = other_network(shared, watch).await? {
        return Ok(Some(other));
    }
    let shown = watch
        .sources
        .newest(shared.guard.address(), LOOKED_AT)
        .await?;
    let sighted: Vec<_> = shown.iter().filter_map(sighted).collect();
    let chains = chains(shared, &sighted).await?;
    for (id, sighting) in sighted {
        let judge = |book: &Book| {
            let own = Own {
                book,
                token: shared.guard.token(),
                started_ms,
                chains: &chains,
            };
            sighting.judge(own)
        };
        if let Some(foreign) = shared.guard.look(judge)
            && is_true(
                watch.sources.as_ref(),
                shared.guard.address(),
                id,
                &sighting,
            )
            .await?
        {
            return Ok(Some(foreign));
        }
    }
    Ok(None)
}

async fn other_network(shared: &Shared, watch: &Watch) -> Result<Option<Foreign>, Trouble> {
    let is_known = shared.guard.look(|book| book.network().is_some());
    if is_known && shared.bench.now() == Standing::Signing {
        return Ok(None);
    }
    let found = watch.sources.network().await?.ok_or(Trouble::NoNetwork)?;
    if let Some(other) = shared.guard.look(|book| judge_network(&found, book)) {
        return Ok(Some(other));
    }
    if !is_known {
        shared.guard.remember_network(found).await?;
    }
    Ok(None)
}

pub(super) fn sighted(shown: &Shown) -> Option<(Id, Sighting)> {
    Sighting::read(|name| shown.tags.get(name)).map(|sighting| (shown.id, sighting))
}

/// The log chains that the store holds where slots were sighted.
async fn chains(
    shared: &Shared,
    sighted: &[(Id, Sighting)],
) -> Result<BTreeMap<(Id, u64), Id>, StoreError> {
    let mut chains = BTreeMap::new();
    for (_, sighting) in sighted {
        let Sighting::Slot { process, slot, .. } = *sighting else {
            continue;
        };
        let rows = log::from(&shared.store, process, slot, 1).await?;
        let kept = rows.into_iter().find(|(row, _)| row.slot == slot);
        chains.extend(kept.map(|(row, _)| ((process, slot), row.log_chain)));
    }
    Ok(chains)
}

/// Whether the key really signed what a source shows: a gateway alone must not be able to stop a node.
pub(super) async fn is_true(
    sources: &dyn Sources,
    scheduler: &Address,
    id: Id,
    sighting: &Sighting,
) -> Result<bool, PortError> {
    let Some(item) = sources.item(id).await? else {
        tracing::warn!(%id, "a gateway lists an item of this key that it does not serve");
        return Ok(false);
    };
    let signed = Sighting::read(|name| item.tags().get(name));
    Ok(item.owner_address() == scheduler && signed.as_ref() == Some(sighting))
}

#[cfg(test)]
mod tests;
