//! Modules by id: those that this binary carries, then the folder of those that were fetched, then the network (D19).
//!
//! A module is an item, so its id is checked by its signature wherever it comes from. It is made ready once and kept; the least
//! used one goes when there are too many.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use aosec_wire::{Id, Strictness, VerifiedItem};
use lru::LruCache;

use super::error::CuError;
use super::input::Party;
use super::machine::{Program, Workshop};
use super::source::Items;
use super::terms;

/// Modules kept ready: each takes some MiB of compiled code.
const READY_MAX: NonZeroUsize = NonZeroUsize::new(16).expect("not zero");
/// The largest module: the known ones are below 4 MiB, and the time to compile grows with the size.
const MODULE_BYTES_MAX: usize = 4 * 1024 * 1024;

/// A module that is ready.
#[derive(Debug)]
pub struct Module {
    /// Its id, owner and tags, as the environment shows them.
    pub party: Party,
    /// The program.
    pub program: Arc<dyn Program>,
}

/// All modules that this unit can get at.
#[derive(Debug)]
pub struct Modules {
    workshop: Arc<dyn Workshop>,
    carried: Vec<VerifiedItem>,
    folder: PathBuf,
    items: Arc<dyn Items>,
    ready: Mutex<LruCache<Id, Arc<Module>>>,
    /// One compilation at a time: it takes a core for a while and is rare.
    compiling: tokio::sync::Mutex<()>,
}

impl Modules {
    /// Modules carried by this binary, kept in `folder`, or served by `items`.
    #[must_use]
    pub fn new(
        workshop: Arc<dyn Workshop>,
        carried: Vec<VerifiedItem>,
        folder: PathBuf,
        items: Arc<dyn Items>,
    ) -> Self {
        Self {
            workshop,
            carried,
            folder,
            items,
            ready: Mutex::new(LruCache::new(READY_MAX)),
            compiling: tokio::sync::Mutex::new(()),
        }
    }

    /// Name and version of the engine.
    #[must_use]
    pub fn engine(&self) -> &str {
        self.workshop.engine()
    }

    /// The module `id`, ready to run.
    ///
    /// # Errors
    /// [`CuError`] where it cannot be had, or is not one for this unit.
    pub async fn get(&self, id: Id) -> Result<Arc<Module>, CuError> {
        if let Some(module) = self.kept(id) {
            return Ok(module);
        }
        let item = self.find(id).await?;
        let _one_at_a_time = self.compiling.lock().await;
        if let Some(module) = self.kept(id) {
            return Ok(module);
        }
        let module = Arc::new(self.prepare(item).await?);
        self.lock().put(id, Arc::clone(&module));
        Ok(module)
    }

    fn kept(&self, id: Id) -> Option<Arc<Module>> {
        self.lock().get(&id).cloned()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, LruCache<Id, Arc<Module>>> {
        self.ready.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn find(&self, id: Id) -> Result<VerifiedItem, CuError> {
        if let Some(item) = self.carried.iter().find(|item| item.id() == id) {
            return Ok(item.clone());
        }
        let path = self.folder.join(id.to_string());
        if let Some(item) = read_kept(&path, id).await {
            return Ok(item);
        }
        let item = self.items.item(id).await?;
        let item = item
            .filter(|item| item.id() == id)
            .ok_or(CuError::NoModule(id))?;
        keep(&path, &item).await;
        Ok(item)
    }

    async fn prepare(&self, item: VerifiedItem) -> Result<Module, CuError> {
        let id = item.id();
        terms::check_format(item.tags())
            .map_err(|reason| CuError::Format { module: id, reason })?;
        let bytes = item.data().len();
        if bytes > MODULE_BYTES_MAX {
            return Err(CuError::ModuleTooLarge {
                module: id,
                bytes,
                most: MODULE_BYTES_MAX,
            });
        }
        let party = Party::of(&item);
        let workshop = Arc::clone(&self.workshop);
        let program = tokio::task::spawn_blocking(move || workshop.load(&item)).await;
        let program = program
            .map_err(|_panicked| CuError::Panicked)?
            .map_err(|reason| CuError::Module { module: id, reason })?;
        Ok(Module { party, program })
    }
}

/// A file that is missing, damaged or another item's is simply fetched again.
async fn read_kept(path: &Path, id: Id) -> Option<VerifiedItem> {
    let bytes = tokio::fs::read(path).await.ok()?;
    let item = aosec_wire::item::verify_bytes(bytes.into(), Strictness::Settled).ok()?;
    (item.id() == id).then_some(item)
}

/// Keeps a fetched module. A failure costs a fetch at the next start, and nothing else.
async fn keep(path: &Path, item: &VerifiedItem) {
    if let Err(error) = tokio::fs::write(path, item.bytes()).await {
        tracing::warn!(path = %path.display(), %error, "a fetched module could not be kept");
    }
}
