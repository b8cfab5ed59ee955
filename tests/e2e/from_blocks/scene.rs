//! Two nodes that schedule, carry and compute on a base layer of their own, and readers that have nothing but its gateways.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use aosec_tests::harness::base_layer::{BaseLayer, scheduler};
use aosec_tests::harness::deadline::{until, within};
use aosec_tests::harness::lone::{Flags, LoneNode};
use aosec_tests::harness::{draft, http, su_log};
use aosec_wire::{Id, SigningKey};
use reqwest::Url;
use tempfile::TempDir;
use tokio::task::JoinSet;

/// Blocks above a block that settle it, for all nodes here: reorgs up to this depth are ordinary.
pub(super) const DEPTH: u64 = 4;
/// Messages and questions under way at once.
const AT_ONCE: usize = 8;
/// One message in so many goes through the MU of the other node.
const THROUGH_MU_EACH: u64 = 4;
/// A few requests, or a few blocks.
const STEP: Duration = Duration::from_secs(180);
/// Before something refused is asked again.
const PAUSE: Duration = Duration::from_millis(100);
/// What a slot may take to be sent, published, read and computed, in a dev build on a busy machine.
const PER_SLOT: Duration = Duration::from_millis(300);

/// Keeps the sum of all notes in their order: a lost, doubled or moved slot changes every later root.
const HANDLER: &str = r#"
    Sum, Notes = 0, 0
    Handlers.add("note", Handlers.utils.hasMatchingTag("Action", "Note"), function(msg)
        Notes = Notes + 1
        Sum = (Sum * 31 + tonumber(msg.Data)) % 1000000007
    end)"#;

pub(super) struct Scene {
    pub(super) base: BaseLayer,
    pub(super) host: LoneNode,
    other: LoneNode,
    pub(super) process: Id,
    key: SigningKey,
    folder: TempDir,
}

impl Scene {
    /// Starts the two nodes, and a process on the first one.
    pub(super) async fn begin(secret: [u8; 32]) -> Self {
        let base = BaseLayer::for_nodes(3).await;
        let folder = tempfile::tempdir().expect("a folder");
        let gateways = vec![
            base.url.to_string(),
            base.another_gateway().await.to_string(),
        ];
        let flags = |keys, more| Flags {
            keys: Some(keys),
            block_time_ms: 500,
            roles: "su,cu,mu",
            gateways: gateways.clone(),
            settlement_depth: DEPTH,
            more,
        };
        let host = start(&flags(0, Vec::new()), folder.path(), "host").await;
        let peer = format!("--peer={}={}", scheduler(0).scheduler, host.su);
        let other = start(&flags(1, vec![peer]), folder.path(), "other").await;
        for node in [&host, &other] {
            node.ready().await.expect("ready");
        }
        let key = SigningKey::ed25519(secret);
        let spawn = draft::process(&key, &base.devnet(), &scheduler(0));
        let process = spawn.id();
        let lua = draft::message(&key, process, "Eval", HANDLER);
        for item in [spawn, lua] {
            let answer = http::post_item(&host.su, item.bytes().clone()).await;
            let taken = answer.as_ref().is_ok_and(http::Answer::is_success);
            assert!(taken, "{answer:?}\n{}", host.tail());
        }
        Self {
            base,
            host,
            other,
            process,
            key,
            folder,
        }
    }

    /// Sends the messages of slots `first` to `last`; those before are taken already, and 0 and 1 from the beginning.
    pub(super) async fn fill(&self, first: u64, last: u64) {
        let mut numbers = first..=last;
        let mut crowd = JoinSet::new();
        loop {
            while crowd.len() < AT_ONCE
                && let Some(number) = numbers.next()
            {
                let item = draft::message(&self.key, self.process, "Note", number.to_string());
                let through_mu = number % THROUGH_MU_EACH == 0;
                let url = if through_mu {
                    &self.other.mu
                } else {
                    &self.host.su
                };
                crowd.spawn(send(url.clone(), item.bytes().clone()));
            }
            match crowd.join_next().await {
                Some(sent) => sent.expect("a sender"),
                None => break,
            }
        }
        let newest = format!("{}/{}/latest", self.host.su, self.process);
        until("the last slot", patience(last), async || {
            let answer = http::get(&newest).await.ok()?;
            let shown = su_log::of_json(&answer.json()["assignment"]).ok()?;
            assert!(shown.nonce() <= last, "each message has one slot");
            (shown.nonce() == last).then_some(())
        })
        .await;
    }

    /// Waits until all that was signed stands in blocks, and those are settled.
    pub(super) async fn settle(&self, last: u64) {
        let page = format!("{}/status", self.host.web);
        until("all is in blocks", patience(last), async || {
            let answer = http::get(&page).await.ok()?;
            (answer.json()["unpublished"] == 0).then_some(())
        })
        .await;
        let height = self.height().await;
        until("they are settled", STEP, async || {
            (self.height().await > height + DEPTH).then_some(())
        })
        .await;
    }

    /// Waits until all of these stand in blocks.
    pub(super) async fn are_mined(&self, transactions: &[Id]) {
        until("transactions are mined", STEP, async || {
            let chain = self.base.chain.read().await.expect("the chain");
            let is_mined = |tx: &Id| {
                let found = chain.ledger().get(*tx);
                found.is_some_and(|entry| entry.position.height().is_some())
            };
            transactions.iter().all(is_mined).then_some(())
        })
        .await;
    }

    /// Whether this node can tell the root of a slot now.
    pub(super) async fn has_root(&self, node: &LoneNode, slot: u64) -> bool {
        root(&node.cu, self.process, slot).await.is_ok()
    }

    /// Asserts that the node says of this slot that it is in no log that it can read yet, and guesses nothing.
    pub(super) async fn waits(&self, node: &LoneNode, slot: u64) {
        let url = format!("{}/root/{}?slot={slot}", node.cu, self.process);
        let answer = http::get(&url).await.expect("an answer");
        assert!([404, 503].contains(&answer.status), "{}", answer.text);
        assert!(answer.error().is_some(), "{}", answer.text);
    }

    /// The roots of slots 0 to `last` as the host computed them.
    pub(super) async fn roots(&self, last: u64) -> Vec<String> {
        roots(&self.host, self.process, last).await
    }

    /// Kills both nodes as a power switch does: from now on nobody has the log but the base layer.
    pub(super) fn leave_alone(&mut self) {
        self.host.kill();
        self.other.kill();
    }

    /// A node with an empty disk and these gateways, and nothing else.
    pub(super) async fn reader(&self, name: &str, gateways: Vec<Url>) -> LoneNode {
        let flags = Flags {
            keys: Some(2),
            block_time_ms: 500,
            roles: "cu",
            gateways: gateways.iter().map(Url::to_string).collect(),
            settlement_depth: DEPTH,
            more: vec!["--log-source=base-layer".into()],
        };
        start(&flags, self.folder.path(), name).await
    }

    pub(super) async fn height(&self) -> u64 {
        let chain = self.base.chain.read().await.expect("the chain");
        chain.blocks().last().map_or(0, |block| block.height)
    }
}

async fn start(flags: &Flags, folder: &Path, name: &str) -> LoneNode {
    let log = folder.join(format!("{name}.log"));
    let node = LoneNode::start_with(flags, &folder.join(name), &log).await;
    node.unwrap_or_else(|refused| panic!("{name}: {}", refused.log))
}

/// Sends a message until it is taken.
async fn send(url: String, item: bytes::Bytes) {
    let taken = async {
        loop {
            match http::post_item(&url, item.clone()).await {
                Ok(answer) if answer.is_success() => return,
                _ => tokio::time::sleep(PAUSE).await,
            }
        }
    };
    within("a message is taken", STEP, taken).await;
}

/// Compares what `reader` computes with `expected`, slot by slot.
pub(super) async fn agrees(reader: &LoneNode, process: Id, expected: &[String]) {
    let last = expected.len() as u64 - 1;
    let found = roots(reader, process, last).await;
    for (slot, (found, expected)) in found.iter().zip(expected).enumerate() {
        assert_eq!(found, expected, "slot {slot}");
    }
    assert_eq!(found.len(), expected.len());
}

/// The roots of slots 0 to `last`, asked for one by one.
async fn roots(node: &LoneNode, process: Id, last: u64) -> Vec<String> {
    let cu: Arc<str> = node.cu.as_str().into();
    let whole = until("the last slot is computed", patience(last), async || {
        root(&cu, process, last).await.ok()
    });
    whole.await;
    let mut found = Vec::new();
    let all: Vec<u64> = (0..=last).collect();
    for some in all.chunks(AT_ONCE) {
        let mut asked = JoinSet::new();
        for &slot in some {
            let cu = Arc::clone(&cu);
            asked.spawn(async move { (slot, kept_asking(&cu, process, slot).await) });
        }
        found.extend(asked.join_all().await);
    }
    found.sort();
    found.into_iter().map(|(_, root)| root).collect()
}

async fn kept_asking(cu: &str, process: Id, slot: u64) -> String {
    let answered = async {
        loop {
            match root(cu, process, slot).await {
                Ok(root) => return root,
                Err(_not_yet) => tokio::time::sleep(PAUSE).await,
            }
        }
    };
    within("a root", STEP, answered).await
}

async fn root(cu: &str, process: Id, slot: u64) -> Result<String, String> {
    let answer = http::get(&format!("{cu}/root/{process}?slot={slot}")).await;
    let answer = answer.map_err(|error| error.to_string())?;
    let root = answer.json()["root"].as_str().map(str::to_owned);
    root.filter(|_| answer.is_success()).ok_or(answer.text)
}

fn patience(slots: u64) -> Duration {
    STEP + PER_SLOT * u32::try_from(slots).unwrap_or(u32::MAX)
}
