//! The scheduler on real files, with a base layer, a tip and a clock that the test holds.

mod court;
mod crash;
mod disorder;
mod joining;
mod layer;
mod order;
mod publish;
mod read;
mod voyage;

use std::{
    collections::BTreeMap,
    fs::{self, DirBuilder},
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use aosec_wire::{Assignment, Draft, Id, SigningKey, Tags, VerifiedItem};
use bytes::Bytes;

use super::{
    Handle, Parts, Publishing, Settings,
    guard::Guard,
    ports::{Answer, BaseLayer, Clock, Court, Mined, PortError, Tenure, Tip, Whereabouts},
};
use crate::store::Store;

const KEY: [u8; 32] = [42; 32];
/// A height of 0 says that no tip is known.
const HEIGHT: u64 = 1_500_000;
const NOW_MS: u64 = 1_800_000_000_000;

/// Tip, clock and base layer of a test.
#[derive(Debug)]
pub(crate) struct Sky {
    pub(crate) height: AtomicU64,
    pub(crate) now_ms: AtomicU64,
    /// Since the height moved.
    pub(crate) still_s: AtomicU64,
    chain: Mutex<Chain>,
}

#[derive(Debug, Default)]
struct Chain {
    items: BTreeMap<Id, VerifiedItem>,
    mined: BTreeMap<Id, Mined>,
    data_bytes: BTreeMap<Id, u64>,
    weighings: usize,
    posts: Vec<(Id, Vec<VerifiedItem>)>,
    logs: Vec<(Id, Vec<Bytes>)>,
    is_down: bool,
}

impl Sky {
    pub(crate) fn new() -> Arc<Self> {
        let (height, now_ms) = (AtomicU64::new(HEIGHT), AtomicU64::new(NOW_MS));
        Arc::new(Self {
            height,
            now_ms,
            still_s: AtomicU64::new(0),
            chain: Mutex::default(),
        })
    }

    pub(crate) fn set_down(&self, is_down: bool) {
        self.chain.lock().unwrap().is_down = is_down;
    }

    pub(crate) fn offer(&self, item: VerifiedItem) {
        self.chain.lock().unwrap().items.insert(item.id(), item);
    }

    pub(crate) fn mine(&self, tx: Id, height: u64, confirmations: u64) {
        self.chain.lock().unwrap().mined.insert(
            tx,
            Mined {
                height,
                confirmations,
            },
        );
    }

    /// The data of a transaction can be had, and is so long.
    pub(crate) fn weigh(&self, tx: Id, bytes: u64) {
        self.chain.lock().unwrap().data_bytes.insert(tx, bytes);
    }

    /// How often somebody asked for the data of a transaction.
    pub(crate) fn weighings(&self) -> usize {
        self.chain.lock().unwrap().weighings
    }

    pub(crate) fn posts(&self) -> Vec<(Id, Vec<VerifiedItem>)> {
        self.chain.lock().unwrap().posts.clone()
    }

    pub(crate) fn logs(&self) -> Vec<(Id, Vec<Bytes>)> {
        self.chain.lock().unwrap().logs.clone()
    }

    fn with<T>(&self, look: impl FnOnce(&mut Chain) -> T) -> Result<T, PortError> {
        let mut chain = self.chain.lock().unwrap();
        if chain.is_down {
            Err(PortError::new("down"))
        } else {
            Ok(look(&mut chain))
        }
    }
}

impl Tip for Sky {
    fn height(&self) -> Option<u64> {
        Some(self.height.load(Ordering::Relaxed)).filter(|height| *height > 0)
    }

    fn still_for(&self) -> Duration {
        Duration::from_secs(self.still_s.load(Ordering::Relaxed))
    }
}

impl Clock for Sky {
    fn now_ms(&self) -> u64 {
        self.now_ms.load(Ordering::Relaxed)
    }
}

impl BaseLayer for Sky {
    fn item(&self, id: Id) -> Answer<'_, Option<VerifiedItem>> {
        Box::pin(async move { self.with(|chain| chain.items.get(&id).cloned()) })
    }

    fn whereabouts(&self, tx: Id) -> Answer<'_, Whereabouts> {
        Box::pin(async move {
            self.with(|chain| match chain.mined.get(&tx) {
                Some(mined) => Whereabouts::Mined(*mined),
                None => Whereabouts::Unknown,
            })
        })
    }

    fn data_bytes(&self, tx: Id) -> Answer<'_, Option<u64>> {
        Box::pin(async move {
            self.with(|chain| {
                chain.weighings += 1;
                chain.data_bytes.get(&tx).copied()
            })
        })
    }

    fn post_data(&self, items: Vec<VerifiedItem>) -> Answer<'_, Id> {
        Box::pin(async move {
            self.with(|chain| {
                let tx = Id::sha256(&chain.posts.len().to_be_bytes());
                chain.posts.push((tx, items));
                tx
            })
        })
    }

    fn post_log(&self, records: Vec<Bytes>) -> Answer<'_, Id> {
        Box::pin(async move {
            self.with(|chain| {
                let tx = Id::sha256(&[0xff, chain.logs.len() as u8]);
                chain.logs.push((tx, records));
                tx
            })
        })
    }
}

/// A scheduler in a folder of its own.
pub(crate) struct World {
    _dir: tempfile::TempDir,
    pub(crate) home: PathBuf,
    pub(crate) sky: Arc<Sky>,
    pub(crate) store: Store,
    pub(crate) su: Handle,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(Settings::default()).await
    }

    pub(crate) async fn with(settings: Settings) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let home = dir.path().join("node");
        Self::open(dir, home, Sky::new(), settings).await
    }

    async fn open(
        dir: tempfile::TempDir,
        home: PathBuf,
        sky: Arc<Sky>,
        settings: Settings,
    ) -> Self {
        let store = Store::open(&home).await.unwrap();
        let su = Handle::start(parts(&store, &home, &sky, settings))
            .await
            .unwrap();
        Self {
            _dir: dir,
            home,
            sky,
            store,
            su,
        }
    }

    /// What a node finds that starts from the files as they are now: the others are taken to be killed.
    pub(crate) async fn copy(&self) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let home = dir.path().join("node");
        copy(&self.home, &home);
        Self::open(dir, home, self.sky.clone(), Settings::default()).await
    }

    pub(crate) async fn spawn(&self) -> Id {
        let spawn = spawn_item(self.su.address().as_str());
        self.su.submit(spawn).await.unwrap().process()
    }

    pub(crate) async fn log(&self, process: Id) -> Vec<Assignment> {
        let span = super::Span::Slots {
            after: None,
            to: None,
        };
        let page = self.su.page(process, span, 1_000).await.unwrap();
        assert!(!page.has_more);
        page.entries
            .into_iter()
            .map(|entry| entry.assignment)
            .collect()
    }
}

/// A court that lets this scheduler host everything.
#[derive(Debug)]
pub(crate) struct Lenient;

impl Court for Lenient {
    fn spawn<'a>(&'a self, _origin: &'a str) -> Answer<'a, Tenure> {
        Box::pin(async { Ok(Tenure::Open) })
    }

    fn tenure(&self, _process: Id) -> Tenure {
        Tenure::Open
    }
}

pub(crate) fn parts(store: &Store, home: &Path, sky: &Arc<Sky>, settings: Settings) -> Parts {
    let guard = Guard::open(&home.join("sign.guard"), SigningKey::ed25519(KEY)).unwrap();
    Parts {
        store: store.clone(),
        guard,
        tip: sky.clone(),
        base_layer: sky.clone(),
        clock: sky.clone(),
        court: Arc::new(Lenient),
        settings,
    }
}

/// Settings under which publishing happens at once.
pub(crate) fn hasty() -> Settings {
    let publishing = Publishing {
        every: Duration::from_millis(5),
        ..Publishing::default()
    };
    Settings {
        publishing,
        ..Settings::default()
    }
}

pub(crate) fn copy(from: &Path, to: &Path) {
    DirBuilder::new().mode(0o700).create(to).unwrap();
    for file in fs::read_dir(from).unwrap() {
        let file = file.unwrap();
        // SQLite's index of the WAL is memory that no stop leaves half copied; without it, it is made anew.
        if file.file_name().to_string_lossy().ends_with("-shm") {
            continue;
        }
        fs::copy(file.path(), to.join(file.file_name())).unwrap();
    }
}

pub(crate) fn spawn_item(scheduler: &str) -> VerifiedItem {
    let module = Id::new([9; 32]).to_string();
    item(
        None,
        &[
            ("Data-Protocol", "ao"),
            ("Type", "Process"),
            ("Module", &module),
            ("Scheduler", scheduler),
        ],
        0,
    )
}

pub(crate) fn message(process: Id, number: u32) -> VerifiedItem {
    item(
        Some(process),
        &[("Data-Protocol", "ao"), ("Type", "Message")],
        number,
    )
}

pub(crate) fn item(target: Option<Id>, tags: &[(&str, &str)], number: u32) -> VerifiedItem {
    let mut all = Tags::new();
    tags.iter()
        .for_each(|(name, value)| all.push(*name, *value));
    let data = Bytes::from(format!("message {number}"));
    Draft {
        target,
        tags: all,
        data,
        anchor: None,
    }
    .sign(&SigningKey::ed25519([7; 32]))
    .unwrap()
}

/// Asks again until `look` finds something; fails after half a minute.
pub(crate) async fn until<T, F: Future<Output = Option<T>>>(mut look: impl FnMut() -> F) -> T {
    for _ in 0..6_000 {
        if let Some(found) = look().await {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("it never happened");
}
