//! The whole way: an empty disk and a gateway come to the same state roots as whoever has the log from its scheduler.

use std::path::Path;
use std::sync::Arc;

use aosec_wasm::process_module::WASM;
use aosec_wire::{Id, VerifiedItem};

use super::author::Author;
use super::{DEPTH, mine};
use crate::arweave::devchain::genesis::module_item;
use crate::arweave::devchain::loopback::Loopback;
use crate::cu::present::NoPresent;
use crate::cu::replay::Entry;
use crate::cu::source::{Answer, Log, NoAuthorities};
use crate::cu::word::Word;
use crate::cu::{self, CuError};
use crate::node::audit::{Audit, AuditError, AuditSettings};
use crate::node::compute;
use crate::shutdown::Shutdown;
use crate::store::Store;

/// A scheduler that serves its log to whoever asks.
#[derive(Debug)]
struct Scheduler {
    spawn: VerifiedItem,
    entries: Vec<Entry>,
}

impl Scheduler {
    fn of(author: &Author) -> Self {
        let messages = std::iter::once(&author.spawn).chain(&author.messages);
        let entries = messages.zip(&author.assignments);
        Self {
            spawn: author.spawn.clone(),
            entries: entries
                .map(|(message, assignment)| Entry {
                    message: Some(message.clone()),
                    assignment: assignment.clone().into(),
                })
                .collect(),
        }
    }
}

impl Log for Scheduler {
    fn spawn(&self, _process: Id) -> Answer<'_, Option<VerifiedItem>> {
        Box::pin(async move { Ok(Some(self.spawn.clone())) })
    }

    fn entries(&self, _process: Id, from: u64, to: u64) -> Answer<'_, Vec<Entry>> {
        let page = self
            .entries
            .iter()
            .take(to as usize + 1)
            .skip(from as usize);
        let page = page.take(64).cloned().collect();
        Box::pin(async move { Ok(page) })
    }

    fn assignment(&self, _process: Id, _id: Id) -> Answer<'_, Option<Word>> {
        Box::pin(async move { Ok(None) })
    }

    fn newest(&self, _process: Id) -> Answer<'_, Option<u64>> {
        Box::pin(async move { Ok((self.entries.len() as u64).checked_sub(1)) })
    }
}

async fn hosted(
    folder: &Path,
    author: &Author,
    chain: &Loopback,
    shutdown: &Shutdown,
) -> cu::Handle {
    let parts = compute::Parts {
        store: Store::open(&folder.join("store")).await.unwrap(),
        data: folder.to_owned(),
        address: author.scheduler.address().clone(),
        log: Arc::new(Scheduler::of(author)),
        items: Arc::new(chain.gateway()),
        authorities: Arc::new(NoAuthorities),
        present: Arc::new(NoPresent),
        workshop: compute::workshop(true).await.unwrap(),
    };
    compute::open(parts, shutdown).await.unwrap()
}

pub(super) async fn audit(folder: &Path, chain: &Loopback) -> Audit {
    let audit = Audit::open(AuditSettings {
        data: folder.to_owned(),
        gateways: vec![chain.url.clone()],
        settlement_depth: DEPTH,
        from: 0,
    });
    let audit = audit.await.unwrap();
    let view = audit.caught_up().await;
    assert_eq!((view.trouble, view.soft), (None, view.tip));
    audit
}

/// A process of the carried module that counts, fails and grows on its way.
pub(super) async fn counting(chain: &Loopback) -> Author {
    let module = module_item(WASM).unwrap().id();
    let mut author = Author::spawn(chain, module, "counter").await;
    for number in 1..=70 {
        author.send(match number % 7 {
            3 => "count = count + 1; error('no')",
            5 => "list = (list or '') .. string.rep('x', 5000); return #list",
            _ => "count = (count or 0) + 1; return count",
        });
    }
    author
}

#[tokio::test]
async fn an_empty_disk_and_a_gateway_come_to_every_root_of_the_host() {
    let chain = Loopback::start(Vec::new()).await;
    let author = counting(&chain).await;
    author.publish(&chain, 0).await;
    mine(&chain, 1 + DEPTH).await;
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let shutdown = Shutdown::new();
    let host = hosted(there.path(), &author, &chain, &shutdown).await;
    let reader = audit(here.path(), &chain).await;
    let process = author.process();
    let standing = reader.standing(process).await.unwrap();
    assert_eq!(standing.firm.slot, 70);
    let mut roots = std::collections::BTreeSet::new();
    for slot in 0..=70 {
        let root = reader.root(process, slot).await.unwrap();
        assert_eq!(
            root,
            host.root(process, slot).await.unwrap().root,
            "slot {slot}"
        );
        roots.insert(root);
    }
    assert!(roots.len() > 50, "the state moves: {} roots", roots.len());
    let beyond = reader.root(process, 71).await.unwrap_err();
    assert!(
        matches!(
            beyond,
            AuditError::Compute(CuError::NoSlot { newest: 70, .. })
        ),
        "{beyond}"
    );
    reader.close().await;
    shutdown.tell();
}

#[tokio::test]
async fn a_message_that_nobody_has_stops_its_process_and_no_other() {
    let chain = Loopback::start(Vec::new()).await;
    let module = module_item(WASM).unwrap().id();
    let mut stopped = Author::spawn(&chain, module, "stopped").await;
    let mut whole = Author::spawn(&chain, module, "whole").await;
    for author in [&mut stopped, &mut whole] {
        author.send("count = 1");
        author.send("count = 2");
        author.post_record(&chain, 1, 2).await;
    }
    whole.post_items(&chain, 0, 2).await;
    stopped.post_items(&chain, 0, 1).await;
    let assignment = [stopped.assignments[2].item().clone()];
    let format = crate::arweave::transaction::Format::Two;
    super::author::post(&chain, format, "Data", &assignment).await;
    mine(&chain, 1 + DEPTH).await;
    let folder = tempfile::tempdir().unwrap();
    let reader = audit(folder.path(), &chain).await;
    assert!(reader.root(whole.process(), 2).await.is_ok());
    assert!(reader.root(stopped.process(), 1).await.is_ok());
    let missing = reader
        .root(stopped.process(), 2)
        .await
        .unwrap_err()
        .to_string();
    let named = stopped.messages[1].id().to_string();
    assert!(
        missing.contains(&named) && missing.contains("slot 2"),
        "{missing}"
    );
    let unknown = reader.standing(Id::new([8; 32])).await.unwrap_err();
    assert!(matches!(unknown, AuditError::Unknown(_)), "{unknown}");
    reader.close().await;
}
