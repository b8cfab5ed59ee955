//! The compute unit's doors: logs of this node and of others, items of the base layer, the carried module.

use std::sync::Arc;

use super::StartError;
use super::parts::Base;
use crate::arweave::devchain::genesis::module_item;
use crate::config::NodeConfig;
use crate::cu::engine::Wasmtime;
use crate::cu::settings::Doors;
use crate::cu::source::remote::Remote;
use crate::cu::source::{Log, Route};
use crate::locate::Locations;
use crate::shutdown::Shutdown;
use crate::{cu, su};

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

pub(super) async fn start(
    config: &NodeConfig,
    su: &su::Handle,
    log: Arc<dyn Log>,
    base: &Base,
    shutdown: &Shutdown,
) -> Result<cu::Handle, StartError> {
    let workshop = tokio::task::spawn_blocking(Wasmtime::new)
        .await
        .map_err(|error| failed(&error))?
        .map_err(|error| failed(&error))?;
    let module = module_item(aosec_wasm::process_module::WASM).map_err(|error| failed(&error))?;
    let doors = Doors {
        store: base.store.clone(),
        folder: config.data.join(FOLDER),
        log,
        items: Arc::new(base.gateway.clone()),
        workshop: Arc::new(workshop),
        modules: vec![module],
        address: su.address().clone(),
        shutdown: shutdown.clone(),
    };
    cu::Handle::open(cu::Settings::ordinary(doors))
        .await
        .map_err(|error| failed(&error))
}
