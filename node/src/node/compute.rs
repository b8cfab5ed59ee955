//! The compute unit's doors: logs of this node and of others, items of the base layer, the carried module.

use std::path::PathBuf;
use std::sync::Arc;

use aosec_wire::Address;

use super::parts::Base;
use super::{StartError, tip_every};
use crate::arweave::devchain::genesis::module_item;
use crate::config::{LogSource, NodeConfig};
use crate::cu::engine::Wasmtime;
use crate::cu::present::Present;
use crate::cu::settings::Doors;
use crate::cu::source::remote::Remote;
use crate::cu::source::{Authorities, Derived, IsOrphan, Items, Log, NoAuthorities, Route, Turn};
use crate::locate::Locations;
use crate::origin::supply::Supplied;
use crate::shutdown::Shutdown;
use crate::store::Store;
use crate::{cu, follow, origin, su};

/// Folder of snapshots and fetched modules in the node's own.
const FOLDER: &str = "cu";

/// Logs of this node's own scheduler and of all others: what the compute unit reads, and where the messenger finds spawns.
pub(super) fn logs(su: &su::Handle, locations: &Locations) -> Result<Arc<dyn Log>, StartError> {
    let others = Remote::new(Arc::new(locations.clone())).map_err(|error| failed(&error))?;
    Ok(Arc::new(Route::new(
        Some(Arc::new(su.clone())),
        Arc::new(others),
    )))
}

fn failed(error: &dyn std::fmt::Display) -> StartError {
    StartError::Compute(error.to_string())
}

/// What the compute unit reads: the logs as schedulers serve them, and of processes without host the base layer's; or that alone.
pub(super) fn sources(
    config: &NodeConfig,
    scheduled: &Arc<dyn Log>,
    base: &Base,
    follow: Option<follow::Handle>,
    court: Option<origin::Handle>,
) -> (Arc<dyn Log>, Arc<dyn Items>) {
    let gateway = base.gateway.clone();
    let Some(follow) = follow else {
        return (Arc::clone(scheduled), Arc::new(gateway));
    };
    let derived = Arc::new(Derived::new(follow, gateway.clone()));
    let (log, items): (Arc<dyn Log>, Arc<dyn Items>) = match (config.log_source, court.clone()) {
        (LogSource::BaseLayer, _) => (Arc::clone(&derived) as Arc<dyn Log>, derived),
        (LogSource::Scheduler, None) => (Arc::clone(scheduled), Arc::new(gateway)),
        (LogSource::Scheduler, Some(court)) => {
            let is_orphan: IsOrphan = Arc::new(move |process| court.is_orphan(process));
            let turn = Turn::new(Arc::clone(scheduled), derived, is_orphan);
            (Arc::new(turn), Arc::new(gateway))
        }
    };
    match court {
        Some(court) => (log, Arc::new(Supplied::new(court, items))),
        None => (log, items),
    }
}

/// The reader of the base layer, where somebody needs it: the compute unit, or the court.
pub(super) async fn follow(
    config: &NodeConfig,
    base: &Base,
    shutdown: &Shutdown,
) -> Result<Option<follow::Handle>, StartError> {
    if config.log_source == LogSource::Scheduler && config.origin.is_none() {
        return Ok(None);
    }
    let settings = follow::Settings {
        start: config.follow_from,
        settlement_depth: config.settlement_depth,
        every: tip_every(config.block_time),
        court: config.origin,
    };
    let (gateway, store) = (base.gateway.clone(), base.store.clone());
    let follow = follow::Handle::start(gateway, store, settings, shutdown).await?;
    Ok(Some(follow))
}

/// The court, where the operator named one.
pub(super) fn court(
    config: &NodeConfig,
    base: &Base,
    follow: Option<&follow::Handle>,
    workshop: &Arc<Wasmtime>,
    shutdown: &Shutdown,
) -> Option<origin::Handle> {
    let (id, follow) = (config.origin?, follow?.clone());
    let settings = origin::Settings {
        origin: id,
        start: config.follow_from,
        settlement_depth: config.settlement_depth,
        block_time: config.block_time,
    };
    let (store, workshop) = (base.store.clone(), Arc::clone(workshop));
    let court = origin::Handle::start(settings, follow, store, workshop, shutdown);
    let posting = court.clone().post(
        base.bundler.clone(),
        tip_every(config.block_time),
        shutdown.clone(),
    );
    shutdown.track(posting);
    Some(court)
}

pub(super) async fn start(
    config: &NodeConfig,
    su: &su::Handle,
    (log, items): (Arc<dyn Log>, Arc<dyn Items>),
    base: &Base,
    (workshop, court): (Arc<Wasmtime>, Option<&origin::Handle>),
    shutdown: &Shutdown,
) -> Result<cu::Handle, StartError> {
    let authorities: Arc<dyn Authorities> = match court {
        Some(court) => Arc::new(court.clone()),
        None => Arc::new(NoAuthorities),
    };
    let parts = Parts {
        store: base.store.clone(),
        data: config.data.clone(),
        address: su.address().clone(),
        log,
        items,
        authorities,
        present: Arc::new(base.tip.clone()),
        workshop,
    };
    open(parts, shutdown).await
}

/// What a compute unit is made of, engine and carried module aside.
pub(crate) struct Parts {
    pub(crate) store: Store,
    /// The node's folder.
    pub(crate) data: PathBuf,
    pub(crate) address: Address,
    pub(crate) log: Arc<dyn Log>,
    pub(crate) items: Arc<dyn Items>,
    /// What the court says of authority keys.
    pub(crate) authorities: Arc<dyn Authorities>,
    /// What time it is.
    pub(crate) present: Arc<dyn Present>,
    /// Where modules are compiled; several units may share one.
    pub(crate) workshop: Arc<Wasmtime>,
}

/// An engine. Where results are wanted (`is_asked`), the module is compiled before the first question, beside the start.
pub(crate) async fn workshop(is_asked: bool) -> Result<Arc<Wasmtime>, StartError> {
    let workshop = tokio::task::spawn_blocking(Wasmtime::new)
        .await
        .map_err(|error| failed(&error))?
        .map_err(|error| failed(&error))?;
    let workshop = Arc::new(workshop);
    if is_asked {
        let early = Arc::clone(&workshop);
        // Whoever needs it meanwhile waits for it, and is told what is wrong with it.
        drop(tokio::task::spawn_blocking(move || early.module().is_ok()));
    }
    Ok(workshop)
}

pub(crate) async fn open(parts: Parts, shutdown: &Shutdown) -> Result<cu::Handle, StartError> {
    let module = module_item(aosec_wasm::process_module::WASM).map_err(|error| failed(&error))?;
    let doors = Doors {
        store: parts.store,
        folder: parts.data.join(FOLDER),
        log: parts.log,
        items: parts.items,
        authorities: parts.authorities,
        present: parts.present,
        workshop: parts.workshop,
        modules: vec![module],
        address: parts.address,
        shutdown: shutdown.clone(),
    };
    cu::Handle::open(cu::Settings::ordinary(doors))
        .await
        .map_err(|error| failed(&error))
}
