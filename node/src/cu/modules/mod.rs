//! Modules by id: those that this binary carries, then the folder of those that were fetched, then the network (D19).
//!
//! A module is an item, so its id is checked by its signature wherever it comes from. It is made ready once and kept; the least
//! used one goes when there are too many. What is refused is remembered as well, and never kept. Modules of strangers are compiled one
//! at a time, in the turns of their owners; the carried one waits for none of them. Whoever wants a module that somebody waits for
//! already waits with him.

mod places;
mod shelf;

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use aosec_wire::{Id, VerifiedItem};
use lru::LruCache;
use tokio::sync::{OnceCell, Semaphore};

use self::places::Places;
use self::shelf::Shelf;
use super::error::CuError;
use super::input::Party;
use super::lanes::Lanes;
use super::machine::{Program, Workshop, WorkshopError};
use super::queue::Bounds;
use super::source::{Items, SourceError};
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
/// Modules that are fetched at once: each may be as long as a gateway's answer before its format is seen.
const FETCHES_MAX: usize = 8;
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
    shelf: Shelf,
    items: Arc<dyn Items>,
    known: Arc<Known>,
    compiling: Lanes,
    places: Places,
    fetches: Semaphore,
    wanted: Mutex<BTreeMap<Id, Weak<Wanted>>>,
}

/// What all who wait for one module are told.
type Wanted = OnceCell<Result<Arc<Module>, CuError>>;

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
            shelf: Shelf::new(folder),
            items,
            known: Arc::new(Known {
                ready: Mutex::new(LruCache::new(READY_MAX)),
                refused: Mutex::new(LruCache::new(REFUSED_MAX)),
            }),
            compiling: Lanes::new(COMPILATIONS),
            places: Places::default(),
            fetches: Semaphore::new(FETCHES_MAX),
            wanted: Mutex::default(),
        }
    }

    /// Name and version of the engine.
    #[must_use]
    pub fn engine(&self) -> &str {
        self.workshop.engine()
    }

    /// The module `id`, ready to run, for a process of `owner`.
    ///
    /// # Errors
    /// [`CuError`] where it cannot be had, or is not one for this unit.
    pub async fn get(&self, id: Id, owner: &str) -> Result<Arc<Module>, CuError> {
        if let Some(known) = self.known.answer(id) {
            return known;
        }
        let wanted = self.wanted(id);
        wanted.get_or_init(|| self.make(id, owner)).await.clone()
    }

    /// Where all wait who want this module.
    fn wanted(&self, id: Id) -> Arc<Wanted> {
        let mut wanted = self.wanted.lock().unwrap_or_else(PoisonError::into_inner);
        wanted.retain(|_id, one| one.strong_count() > 0);
        if let Some(joined) = wanted.get(&id).and_then(Weak::upgrade) {
            return joined;
        }
        let first = Arc::default();
        wanted.insert(id, Arc::downgrade(&first));
        first
    }

    async fn make(&self, id: Id, owner: &str) -> Result<Arc<Module>, CuError> {
        if let Some(item) = self.carried.iter().find(|item| item.id() == id) {
            let made = tokio::task::spawn_blocking(self.work(item.clone())).await;
            return made.map_err(|_panicked| CuError::Panicked)?;
        }
        let _place = self.places.take(owner).ok_or_else(|| {
            let reason = "too many others wait to be compiled".to_owned();
            let (module, reason) = (id, WorkshopError::Room(reason));
            CuError::Unready { module, reason }
        })?;
        let item = match self.find(id).await {
            Err(error) if error.is_final() => return self.known.note(id, Err(error)),
            found => found?,
        };
        let author = item.owner_address().to_string();
        self.compiling.run(&author, self.work(item)).await?
    }

    /// What makes a module ready, on a thread that may be busy for long. Whoever waited for its turn may find it done.
    fn work(
        &self,
        item: VerifiedItem,
    ) -> impl FnOnce() -> Result<Arc<Module>, CuError> + Send + use<> {
        let (known, workshop) = (Arc::clone(&self.known), Arc::clone(&self.workshop));
        move || {
            let (id, answer) = (item.id(), known.answer(item.id()));
            answer.unwrap_or_else(|| known.note(id, prepare(workshop.as_ref(), &item)))
        }
    }

    /// The module's item, of which nothing is kept before it is seen to be one.
    async fn find(&self, id: Id) -> Result<VerifiedItem, CuError> {
        if let Some(item) = self.shelf.find(id).await {
            return Ok(item);
        }
        let item = self.fetch(id).await?;
        let item = item
            .filter(|item| item.id() == id)
            .ok_or(CuError::NoModule(id))?;
        check(&item)?;
        self.shelf.keep(&item).await;
        Ok(item)
    }

    async fn fetch(&self, id: Id) -> Result<Option<VerifiedItem>, SourceError> {
        let _place = self.fetches.acquire().await;
        self.items.item(id).await
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

/// Whether an item is a module that is run here, as far as it shows before it is compiled.
fn check(item: &VerifiedItem) -> Result<(), CuError> {
    let module = item.id();
    terms::check_format(item.tags()).map_err(|reason| CuError::Format { module, reason })?;
    let bytes = item.data().len();
    match bytes > MODULE_BYTES_MAX {
        false => Ok(()),
        true => Err(CuError::ModuleTooLarge {
            module,
            bytes,
            most: MODULE_BYTES_MAX,
        }),
    }
}

fn prepare(workshop: &dyn Workshop, item: &VerifiedItem) -> Result<Module, CuError> {
    check(item)?;
    let module = item.id();
    let program = workshop.load(item).map_err(|reason| match reason {
        WorkshopError::Module(_) => CuError::Module { module, reason },
        reason => CuError::Unready { module, reason },
    })?;
    Ok(Module {
        party: Party::of(item),
        program,
    })
}
