//! Single looks of the reader, one after the other: what shows late, and where reading begins.

use aosec_wire::{Draft, SigningKey, Tags, VerifiedItem, bundle};
use tokio::sync::watch;

use super::author::Author;
use super::gateways::{Vice, mending};
use super::{DEPTH, MODULE, mine};
use crate::arweave::bundler::Bundler;
use crate::arweave::devchain::loopback::{self, Loopback};
use crate::arweave::gateway::Gateway;
use crate::arweave::transaction::Format;
use crate::follow::reader::{ReadError, Reader};
use crate::follow::start::TooLate;
use crate::follow::{Settings, View};
use crate::shutdown::Shutdown;
use crate::store::{Store, law};

fn settings(start: u64, court: Option<aosec_wire::Id>) -> Settings {
    Settings {
        start,
        settlement_depth: DEPTH,
        every: std::time::Duration::from_secs(60),
        court,
    }
}

async fn reader(gateway: Gateway, store: &Store, settings: Settings) -> Reader {
    let (sender, _view) = watch::channel(View::default());
    let opened = Reader::open(gateway, store.clone(), settings, sender).await;
    opened.unwrap()
}

/// A gateway lists a transaction only after its block has sunk to where the trail no longer holds it: nothing of it is lost.
#[tokio::test]
async fn what_shows_late_in_a_block_that_sinks_is_read() {
    let chain = Loopback::start(Vec::new()).await;
    mine(&chain, 2 + DEPTH).await;
    let mut author = Author::spawn(&chain, MODULE, "one").await;
    author.send("a");
    let hidden = author.post_record(&chain, 1, 1).await;
    mine(&chain, 1).await;
    let tip = mine(&chain, DEPTH - 1).await;
    let shutdown = Shutdown::new();
    let (url, is_mended) = mending(&chain, Vice::Hides(hidden), &shutdown).await;
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).await.unwrap();
    let gateway = Gateway::new(vec![url]).unwrap();
    let mut reader = reader(gateway, &store, settings(0, None)).await;
    while reader.round().await.unwrap() {}
    let named = async |to| {
        let found = law::mentioning(&store, author.process(), None, to, 9).await;
        found.unwrap().len()
    };
    assert_eq!(named(tip).await, 0, "hidden");
    is_mended.store(true, std::sync::atomic::Ordering::Release);
    let tip = mine(&chain, DEPTH).await;
    while reader.round().await.unwrap() {}
    assert_eq!(named(tip).await, 1);
    shutdown.tell();
}

/// A second spawn of the court, mined later, is none: who reads from there on is told so and reads nothing.
#[tokio::test]
async fn a_court_that_began_before_the_first_block_is_refused() {
    let chain = Loopback::start(Vec::new()).await;
    let founder = SigningKey::ed25519([1; 32]);
    let spawn = Draft {
        tags: Tags::new()
            .with("Data-Protocol", "ao")
            .with("Type", "Process"),
        ..Draft::default()
    };
    let spawn = spawn.sign_deterministic(&founder).unwrap();
    mine(&chain, 2).await;
    post(&chain, &spawn).await;
    let began = mine(&chain, 1).await;
    let start = mine(&chain, 3).await;
    post(&chain, &spawn).await;
    mine(&chain, 1 + DEPTH).await;
    for (from, is_late) in [(began, false), (start, true)] {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).await.unwrap();
        let mut reader = reader(chain.gateway(), &store, settings(from, Some(spawn.id()))).await;
        let late = TooLate {
            court: spawn.id(),
            began,
            start: from,
        };
        match reader.round().await {
            Ok(_more) => assert!(!is_late, "from {from}"),
            Err(ReadError::Late(told)) => assert_eq!((told, is_late), (late, true)),
            Err(error) => panic!("{error}"),
        }
    }
}

async fn post(chain: &Loopback, spawn: &VerifiedItem) {
    let bundler = Bundler::new(chain.gateway(), loopback::wallet());
    let tags = Tags::new().with("Process", spawn.id().to_string());
    let data = bundle::build(std::slice::from_ref(spawn));
    let posted = bundler.post(Format::One, "Inbox", tags, data).await;
    posted.unwrap();
}
