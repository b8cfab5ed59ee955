//! Modules by id: those that this binary carries, then the folder of those that were fetched, then the network (D19).
//!
//! A module is an item, so its id is checked by its signature wherever it comes from. It is made ready once and kept; the least
//! used one goes when there are too many. What is refused is remembered as well. Modules of strangers are compiled one at a time,
//! in the turns of their owners; the carried one waits for none of them.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use aosec_wire::{Id, Strictness, VerifiedItem};
use lru::LruCache;
use tokio::sync::Semaphore;

use super::error::CuError;
use super::input::Party;
use super::lanes::Lanes;
use super::machine::{Program, Workshop, WorkshopError};
use super::queue::Bounds;
use super::source::Items;
use super::terms;

/// Modules kept ready: each takes some MiB of compiled code.
const READY_MAX: NonZeroUsize = NonZeroUsize::new(16).expect("not zero");
/// The largest module: the known ones are below 4 MiB, and the time to compile grows with the size.
const MODULE_BYTES_MAX: usize = 4 * 1024 * 1024;
/// One compilation at a time, in the turn of the module's owner: it takes a core for a while and is rare.
const COMPILATIONS: Bounds = Bounds {
    lanes: 1,
    lasting: 0,
    of_owner: 1,
};
/// Modules that wait to be compiled: each holds its bytes.
const WAITING_MAX: usize = 64;
/// Modules whose refusal is remembered: some 200 bytes each.
const REFUSED_MAX: NonZeroUsize = NonZeroUsize::new(4_096).expect("not zero");
/// A module that this machine could not compile rests so long: whoever asks meanwhile is told the same.
const REST: Duration = Duration::from_secs(60);

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
    known: Arc<Known>,
    compiling: Lanes,
    waiting: Semaphore,
}

/// What became of modules.
#[derive(Debug)]
struct Known {
    ready: Mutex<LruCache<Id, Arc<Module>>>,
    /// Why there is none, and until when that stands: without an end where every machine says so.
    refused: Mutex<LruCache<Id, (CuError, Option<Instant>)>>,
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
            known: Arc::new(Known {
                ready: Mutex::new(LruCache::new(READY_MAX)),
                refused: Mutex::new(LruCache::new(REFUSED_MAX)),
            }),
            compiling: Lanes::new(COMPILATIONS),
            waiting: Semaphore::new(WAITING_MAX),
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
        if let Some(known) = self.known.answer(id) {
            return known;
        }
        let item = self.find(id).await?;
        let is_carried = self.carried.iter().any(|carried| carried.id() == id);
        let owner = item.owner_address().to_string();
        let (known, workshop) = (Arc::clone(&self.known), Arc::clone(&self.workshop));
        // Whoever waited for its turn may find the work done.
        let make = move || {
            let answer = known.answer(id);
            answer.unwrap_or_else(|| known.note(id, prepare(workshop.as_ref(), &item)))
        };
        if is_carried {
            let made = tokio::task::spawn_blocking(make).await;
            return made.map_err(|_panicked| CuError::Panicked)?;
        }
        let Ok(_place) = self.waiting.try_acquire() else {
            let reason = WorkshopError::Room("too many others wait to be compiled".to_owned());
            return Err(CuError::Unready { module: id, reason });
        };
        self.compiling.run(&owner, make).await?
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
}

impl Known {
    fn answer(&self, id: Id) -> Option<Result<Arc<Module>, CuError>> {
        let mut ready = self.ready.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(module) = ready.get(&id) {
            return Some(Ok(Arc::clone(module)));
        }
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        let (error, until) = refused.get(&id)?;
        let stands = until.is_none_or(|until| Instant::now() < until);
        stands.then(|| Err(error.clone()))
    }

    fn note(&self, id: Id, made: Result<Module, CuError>) -> Result<Arc<Module>, CuError> {
        let error = match made {
            Ok(module) => {
                let module = Arc::new(module);
                let mut ready = self.ready.lock().unwrap_or_else(PoisonError::into_inner);
                ready.put(id, Arc::clone(&module));
                return Ok(module);
            }
            Err(error) => error,
        };
        let until = (!error.is_final()).then(|| Instant::now() + REST);
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        refused.put(id, (error.clone(), until));
        Err(error)
    }
}

fn prepare(workshop: &dyn Workshop, item: &VerifiedItem) -> Result<Module, CuError> {
    let module = item.id();
    terms::check_format(item.tags()).map_err(|reason| CuError::Format { module, reason })?;
    let bytes = item.data().len();
    if bytes > MODULE_BYTES_MAX {
        return Err(CuError::ModuleTooLarge {
            module,
            bytes,
            most: MODULE_BYTES_MAX,
        });
    }
    let program = workshop.load(item).map_err(|reason| match reason {
        WorkshopError::Module(_) => CuError::Module { module, reason },
        reason => CuError::Unready { module, reason },
    })?;
    Ok(Module {
        party: Party::of(item),
        program,
    })
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
