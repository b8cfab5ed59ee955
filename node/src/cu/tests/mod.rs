//! The compute unit under test: logs signed by test keys ([`book`]), a machine of a few lines ([`abacus`]), and the stories.

mod abacus;
mod book;
mod cron;
mod cron_bounds;
mod cron_joined;
mod cron_ripe;
mod failures;
mod faults;
mod http;
mod input;
mod lua;
mod modules;
mod process;
mod remote;
mod restart;
mod schedule;
mod scheduler;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use aosec_wire::{Id, SigningKey, VerifiedItem};

use self::abacus::Abacus;
use self::book::{Book, Shelf};
use super::machine::Workshop;
use super::present::{NoPresent, Present};
use super::source::{Authorities, Items, Log, NoAuthorities};
use super::{CuError, Doors, Handle, Settings};
use crate::shutdown::Shutdown;
use crate::store::Store;
use crate::store::outcome::Outcome;

/// Where a unit of these tests reads, and what it runs.
struct Sources {
    log: Arc<dyn Log>,
    items: Arc<dyn Items>,
    authorities: Arc<dyn Authorities>,
    present: Arc<dyn Present>,
    workshop: Arc<dyn Workshop>,
    module: VerifiedItem,
}

/// A compute unit over the books of a shelf.
struct Bench {
    cu: Handle,
    store: Store,
    shutdown: Shutdown,
}

impl Bench {
    /// A unit with ample memory, on the files of `folder`.
    async fn open(folder: &Path, shelf: &Arc<Shelf>) -> Self {
        Self::with_memory(folder, shelf, u64::MAX).await
    }

    async fn with_memory(folder: &Path, shelf: &Arc<Shelf>, resident_bytes: u64) -> Self {
        Self::with(
            folder,
            shelf,
            Arc::new(Abacus),
            book::module(),
            resident_bytes,
        )
        .await
    }

    async fn with(
        folder: &Path,
        shelf: &Arc<Shelf>,
        workshop: Arc<dyn Workshop>,
        module: VerifiedItem,
        resident_bytes: u64,
    ) -> Self {
        let sources = Sources {
            log: shelf.clone(),
            items: shelf.clone(),
            authorities: Arc::new(NoAuthorities),
            present: Arc::new(NoPresent),
            workshop,
            module,
        };
        Self::from(folder, sources, resident_bytes).await
    }

    async fn from(folder: &Path, sources: Sources, resident_bytes: u64) -> Self {
        let store = Store::open(&folder.join("store")).await.unwrap();
        let shutdown = Shutdown::new();
        let doors = Doors {
            store: store.clone(),
            folder: folder.join("cu"),
            log: sources.log,
            items: sources.items,
            authorities: sources.authorities,
            present: sources.present,
            workshop: sources.workshop,
            modules: vec![sources.module],
            address: SigningKey::ed25519([9; 32]).address().clone(),
            shutdown: shutdown.clone(),
        };
        let settings = Settings {
            resident_bytes,
            slot_deadline: Duration::from_millis(300),
            ..Settings::ordinary(doors)
        };
        let cu = Handle::open(settings).await.unwrap();
        Self {
            cu,
            store,
            shutdown,
        }
    }

    /// An ordinary stop: every live process takes a checkpoint.
    async fn stop(self) {
        self.shutdown.tell();
        assert!(self.shutdown.finished().await);
        self.store.close().await;
    }

    async fn root(&self, process: Id, slot: u64) -> [u8; 32] {
        let rooted = patient(async || self.cu.root(process, slot).await).await;
        rooted.unwrap().root
    }

    async fn roots(&self, process: Id, slots: u64) -> Vec<[u8; 32]> {
        let mut roots = Vec::new();
        for slot in 0..slots {
            roots.push(self.root(process, slot).await);
        }
        roots
    }

    async fn data(&self, process: Id, message: Id) -> String {
        let outcome = patient(async || self.cu.result(process, message).await).await;
        data(&outcome.unwrap())
    }

    async fn refusal(&self, process: Id, message: Id) -> CuError {
        self.cu.result(process, message).await.unwrap_err()
    }
}

/// Asks again what is still being computed: a slow machine is no failure.
async fn patient<T>(ask: impl AsyncFn() -> Result<T, CuError>) -> Result<T, CuError> {
    for _question in 0..10 {
        match ask().await {
            Err(CuError::StillEvaluating { .. }) => {}
            answer => return answer,
        }
    }
    ask().await
}

/// `Output.data` of an outcome.
fn data(outcome: &Outcome) -> String {
    let json: serde_json::Value = serde_json::from_str(&outcome.json).unwrap();
    json["Output"]["data"].as_str().unwrap().to_owned()
}

/// A book with one process that was told to add 1, 2, ... up to `slots` - 1.
fn counting(slots: u64) -> Book {
    let mut book = Book::new();
    for number in 1..slots {
        book.send(&format!("add {number}"));
    }
    book
}
