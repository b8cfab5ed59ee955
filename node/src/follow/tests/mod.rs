//! Reading a real devchain over HTTP: what stands there is found, what does not is named, and forks are followed.

mod audit;
pub(crate) mod author;
mod checkpoints;
mod forks;
pub(crate) mod gateways;
mod looks;
mod recuts;
mod searches;

use std::sync::Arc;
use std::time::Duration;

use aosec_wire::Id;
use tempfile::TempDir;

use self::author::Author;
use super::{Handle, Settings, View};
use crate::arweave::devchain::loopback::Loopback;
use crate::arweave::gateway::Gateway;
use crate::cu::source::{Derived, Log as _, SourceError};
use crate::shutdown::Shutdown;
use crate::store::Store;

const DEPTH: u64 = 3;

/// A reader with a disk of its own.
pub(crate) struct Bench {
    pub(crate) follow: Handle,
    pub(crate) derived: Arc<Derived>,
    store: Store,
    shutdown: Shutdown,
    folder: TempDir,
}

impl Bench {
    pub(crate) async fn open(gateway: Gateway) -> Self {
        Self::on(tempfile::tempdir().unwrap(), gateway).await
    }

    async fn on(folder: TempDir, gateway: Gateway) -> Self {
        let store = Store::open(folder.path()).await.unwrap();
        let shutdown = Shutdown::new();
        let settings = Settings {
            start: 0,
            settlement_depth: DEPTH,
            every: Duration::from_millis(10),
            court: None,
        };
        let follow = Handle::start(gateway.clone(), store.clone(), settings, &shutdown)
            .await
            .unwrap();
        Self {
            derived: Arc::new(Derived::new(follow.clone(), gateway)),
            follow,
            store,
            shutdown,
            folder,
        }
    }

    pub(crate) async fn stop(self) -> TempDir {
        self.shutdown.tell();
        assert!(self.shutdown.finished().await);
        self.store.close().await;
        self.folder
    }

    /// Waits until the reader shows something.
    pub(crate) async fn until(&self, arrived: impl Fn(&View) -> bool) -> View {
        for _look in 0..2_000 {
            let view = self.follow.view();
            if arrived(&view) {
                return view;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("not within 10 s: {:?}", self.follow.view());
    }

    pub(crate) async fn until_firm(&self, height: u64) {
        self.until(|view| view.firm >= Some(height)).await;
    }

    /// The messages of all slots that are served, read page by page.
    pub(crate) async fn messages(&self, process: Id) -> Result<Vec<Option<Id>>, SourceError> {
        let mut messages = Vec::new();
        while let Some(newest) = self.derived.newest(process).await? {
            let next = messages.len() as u64;
            if next > newest {
                break;
            }
            let page = self.derived.entries(process, next, newest).await?;
            assert!(!page.is_empty(), "slot {next} of {newest}");
            messages.extend(page.into_iter().map(|entry| entry.assignment.message()));
        }
        Ok(messages)
    }
}

pub(crate) fn told(author: &Author) -> Vec<Option<Id>> {
    let assignments = author.assignments.iter();
    assignments.map(|assignment| assignment.message()).collect()
}

/// Height of the tip after mining so many blocks.
pub(crate) async fn mine(chain: &Loopback, blocks: u64) -> u64 {
    chain
        .chain
        .mine(u32::try_from(blocks).unwrap())
        .await
        .unwrap();
    chain.gateway().tip().await.unwrap().height
}

const MODULE: Id = Id::new([9; 32]);

#[tokio::test]
async fn whoever_has_a_gateway_has_the_log() {
    let chain = Loopback::start(Vec::new()).await;
    let mut author = Author::spawn(&chain, MODULE, "one").await;
    author.publish(&chain, 0).await;
    for number in 1..=150 {
        author.send(&format!("add {number}"));
    }
    author.post_items(&chain, 1, 150).await;
    author.post_record(&chain, 1, 100).await;
    let mined = mine(&chain, 1).await;
    author.post_record(&chain, 101, 150).await;
    mine(&chain, DEPTH).await;
    let bench = Bench::open(chain.gateway()).await;
    bench.until_firm(mined).await;
    let process = author.process();
    assert_eq!(
        bench.messages(process).await.unwrap(),
        told(&author)[..=100],
        "the rest is not settled"
    );
    let spawn = bench.derived.spawn(process).await.unwrap().unwrap();
    let Ok(aosec_wire::Scheduled::Process(spawn)) = aosec_wire::Scheduled::classify(spawn) else {
        panic!("no spawn");
    };
    let standing = bench.follow.standing(&spawn).await.unwrap();
    assert_eq!((standing.firm.slot, standing.soft.slot), (100, 150));
    assert_eq!(
        Some(standing.soft.chain),
        author.assignments[150].log_chain()
    );
    mine(&chain, 1).await;
    bench.until_firm(mined + 1).await;
    assert_eq!(bench.messages(process).await.unwrap(), told(&author));
    let last = author.assignments[150].clone();
    for id in [last.id(), last.message().unwrap()] {
        let found = bench
            .derived
            .assignment(process, id)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(found, last.clone().into());
    }
}

#[tokio::test]
async fn a_restart_goes_on_where_it_stopped() {
    let chain = Loopback::start(Vec::new()).await;
    let mut author = Author::spawn(&chain, MODULE, "one").await;
    author.send("a");
    author.publish(&chain, 0).await;
    let mined = mine(&chain, 1 + DEPTH).await - DEPTH;
    let bench = Bench::open(chain.gateway()).await;
    bench.until_firm(mined).await;
    assert_eq!(
        bench.messages(author.process()).await.unwrap(),
        told(&author)
    );
    let folder = bench.stop().await;
    author.send("b");
    author.publish(&chain, 2).await;
    let mined = mine(&chain, 20).await - DEPTH;
    let bench = Bench::on(folder, chain.gateway()).await;
    assert!(
        bench.follow.view().soft.is_some(),
        "it is known before anything is read"
    );
    bench.until_firm(mined).await;
    assert_eq!(
        bench.messages(author.process()).await.unwrap(),
        told(&author)
    );
}

#[tokio::test]
async fn what_is_missing_is_named_and_comes_as_soon_as_it_is_there() {
    let chain = Loopback::start(Vec::new()).await;
    let mut author = Author::spawn(&chain, MODULE, "one").await;
    author.publish(&chain, 0).await;
    author.send("a");
    author.send("b");
    author.post_record(&chain, 1, 2).await;
    author.post_items(&chain, 1, 1).await;
    let mined = mine(&chain, 1 + DEPTH).await - DEPTH;
    let bench = Bench::open(chain.gateway()).await;
    bench.until_firm(mined).await;
    let process = author.process();
    assert_eq!(bench.derived.newest(process).await.unwrap(), Some(2));
    assert_eq!(bench.derived.entries(process, 0, 1).await.unwrap().len(), 2);
    let missing = bench.derived.entries(process, 2, 2).await.unwrap_err();
    assert!(
        matches!(missing, SourceError::Absent { slot: 2, .. }),
        "{missing}"
    );
    author.post_items(&chain, 2, 2).await;
    mine(&chain, 1).await;
    assert_eq!(bench.derived.entries(process, 2, 2).await.unwrap().len(), 1);
    let unknown = Id::new([8; 32]);
    assert_eq!(bench.derived.newest(unknown).await.unwrap(), None);
}

#[tokio::test]
async fn words_without_a_record_and_records_of_strangers_are_no_log() {
    let chain = Loopback::start(Vec::new()).await;
    let mut author = Author::spawn(&chain, MODULE, "one").await;
    author.send("a");
    author.post_items(&chain, 0, 1).await;
    let own = std::mem::replace(
        &mut author.scheduler,
        aosec_wire::SigningKey::ed25519([66; 32]),
    );
    author.post_record(&chain, 1, 1).await;
    author.scheduler = own;
    let format_two = [author.record(1, 1)];
    author::post(
        &chain,
        crate::arweave::transaction::Format::Two,
        "Log",
        &format_two,
    )
    .await;
    let mined = mine(&chain, 1 + DEPTH).await - DEPTH;
    let bench = Bench::open(chain.gateway()).await;
    bench.until_firm(mined).await;
    assert_eq!(
        bench.derived.newest(author.process()).await.unwrap(),
        Some(0)
    );
    assert!(
        bench
            .derived
            .entries(author.process(), 1, 1)
            .await
            .unwrap()
            .is_empty()
    );
}
