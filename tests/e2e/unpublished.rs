//! A scheduler whose promises cannot reach the base layer stops promising, in time, says so, and goes on by itself (D5,
//! PROTOCOL 5.5): gateways that are down, that forget what they are given, and miners that do not take it.

use std::time::{Duration, Instant};

use aosec_node::arweave::devchain::chain::Fault;
use aosec_tests::harness::base_layer::BaseLayer;
use aosec_tests::harness::deadline::until;
use aosec_tests::harness::lone::{Flags, LoneNode};
use aosec_tests::harness::proxy::{Conduct, Proxy};
use aosec_tests::harness::{draft, http, seed::Seed, su_log};
use aosec_wire::{Address, Assignment, Id, SigningKey};
use serde_json::Value;
use tempfile::TempDir;

/// Between two blocks: thirty of them are six seconds.
const BLOCK_TIME: Duration = Duration::from_millis(200);
/// Blocks after which the scheduler stops (half of `publish_within`), and after which its silence is a fault.
const STOP_AFTER: u64 = 30;
const FAULT_AFTER: u64 = 60;
/// What the wallet of the node is given.
const FUNDS_WINSTON: u128 = 1_000_000_000_000_000;
/// From a trouble to its consequence, and back.
const STEP: Duration = Duration::from_secs(180);

#[derive(Clone, Copy, Debug)]
enum Trouble {
    Down,
    Forgetful,
    Censored,
}

struct Scene {
    base: BaseLayer,
    gateway: Proxy,
    node: LoneNode,
    wallet: Address,
    key: SigningKey,
    process: Id,
    sent: u64,
    _folder: TempDir,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_published_is_not_promised() {
    let mut scene = Scene::begin().await;
    for trouble in [Trouble::Down, Trouble::Forgetful, Trouble::Censored] {
        scene.send().await.expect("all is well");
        scene.is_public().await;
        scene.trouble(trouble, true).await;
        let first = scene.promise(trouble).await;
        scene.stops(trouble, first).await;
        scene.trouble(trouble, false).await;
        until("messages are taken again", STEP, async || {
            scene.retry().await
        })
        .await;
        scene.is_public().await;
        until("the alarm ends", STEP, async || scene.is_calm().await).await;
    }
}

impl Scene {
    async fn begin() -> Self {
        let base = BaseLayer::start().await;
        base.chain.mine(5).await.expect("blocks");
        let gateway = Proxy::before(base.url.clone(), Seed::new(1)).await;
        let folder = tempfile::tempdir().expect("a folder");
        // Its own keys: on a devnet, where blocks last a second, a busy machine is no outage, and D5 sleeps.
        let flags = Flags {
            keys: None,
            roles: "su",
            gateways: vec![gateway.url.to_string()],
            block_time_ms: 200,
            settlement_depth: 2,
            more: vec!["--doppelganger-wait=0".into()],
        };
        let log = folder.path().join("node.log");
        let node = LoneNode::start_with(&flags, &folder.path().join("node"), &log).await;
        let node = node.unwrap_or_else(|refused| panic!("{}", refused.log));
        let about = status(&node).await["about"].clone();
        let name = |of: &str| about[of].as_str().expect("an address").to_owned();
        let wallet: Address = name("wallet").parse().expect("an address");
        let minted = base.chain.mint(wallet.clone(), FUNDS_WINSTON).await;
        minted.expect("a chain of our own");
        tokio::spawn(base.chain.mine_every(BLOCK_TIME));
        node.ready()
            .await
            .unwrap_or_else(|said| panic!("{said}\n{}", node.tail()));
        let key = SigningKey::ed25519([9; 32]);
        let mut host = aosec_tests::harness::base_layer::scheduler(0);
        host.scheduler = name("scheduler");
        let spawn = draft::process(&key, &base.devnet(), &host);
        let answer = http::post_item(&node.su, spawn.bytes().clone()).await;
        assert!(
            answer.as_ref().is_ok_and(http::Answer::is_success),
            "{answer:?}"
        );
        Self {
            process: spawn.id(),
            base,
            gateway,
            node,
            wallet,
            key,
            sent: 0,
            _folder: folder,
        }
    }

    async fn trouble(&self, trouble: Trouble, on: bool) {
        let conduct = match trouble {
            _ if !on => Conduct::Honest,
            Trouble::Down => Conduct::Down,
            Trouble::Forgetful => Conduct::Forgetful,
            Trouble::Censored => Conduct::Honest,
        };
        self.gateway.behave(conduct);
        let fault = match on {
            true if matches!(trouble, Trouble::Censored) => Fault::Censor(self.wallet.clone()),
            _ => Fault::Uncensor(self.wallet.clone()),
        };
        self.base
            .chain
            .fault(fault)
            .await
            .expect("a fault on demand");
    }

    /// Sends a further message; gives the refusal where it is not taken.
    async fn send(&mut self) -> Result<(), http::Answer> {
        self.sent += 1;
        let item = draft::message(&self.key, self.process, "Note", self.sent.to_string());
        let answer = http::post_item(&self.node.su, item.bytes().clone()).await;
        let answer = answer.expect("a living SU answers");
        if answer.is_success() {
            Ok(())
        } else {
            Err(answer)
        }
    }

    async fn retry(&mut self) -> Option<()> {
        self.send().await.ok()
    }

    /// A message that is taken in the trouble: the height that its slot was stamped with, from which the scheduler counts.
    async fn promise(&mut self, trouble: Trouble) -> u64 {
        let taken = self.send().await;
        assert!(taken.is_ok(), "{trouble:?}: not yet: {taken:?}");
        self.newest().await.height()
    }

    async fn newest(&self) -> Assignment {
        let newest = http::get(&format!("{}/{}/latest", self.node.su, self.process)).await;
        let newest = newest.expect("reads go on").json();
        su_log::of_json(&newest["assignment"]).expect("the newest slot verifies")
    }

    /// Messages are taken, until they are not: before silence is a fault, and not at once either.
    async fn stops(&mut self, trouble: Trouble, first: u64) {
        let (begun, known) = (Instant::now(), self.height().await.saturating_sub(first));
        let refusal = until("no more promises", STEP, async || self.send().await.err()).await;
        let blocks = self.height().await - first;
        // A busy machine mines late; the scheduler counts the blocks that were due.
        let due = u64::try_from(begun.elapsed().as_millis() / BLOCK_TIME.as_millis());
        let due = blocks.max(known + due.expect("a minute at most"));
        assert_eq!(refusal.status, 503, "{trouble:?}: {refusal:?}");
        assert!(
            refusal.text.contains("published"),
            "{trouble:?}: {refusal:?}"
        );
        let in_time = due >= STOP_AFTER - 5 && blocks < FAULT_AFTER;
        assert!(in_time, "{trouble:?}: after {blocks} blocks, {due} due");
        eprintln!("{trouble:?}: 503 after {blocks} blocks");
        assert_eq!(self.metric("aosec_su_publication_stalled").await, 1);
        assert!(self.metric("aosec_su_publication_lag_blocks").await > STOP_AFTER);
        assert!(!http::is_success(&format!("{}/ready", self.node.web)).await);
        self.newest().await;
    }

    async fn is_calm(&self) -> Option<()> {
        (self.metric("aosec_su_publication_stalled").await == 0).then_some(())
    }

    /// Everything that was promised stands in blocks.
    async fn is_public(&self) {
        until("all is in blocks", STEP, async || {
            (status(&self.node).await["unpublished"] == 0).then_some(())
        })
        .await;
    }

    async fn metric(&self, name: &str) -> u64 {
        let page = http::get(&format!("{}/metrics", self.node.web)).await;
        let text = page.expect("metrics").text;
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.and_then(|value| value.parse().ok())
            .unwrap_or_else(|| panic!("no {name} in {text}"))
    }

    async fn height(&self) -> u64 {
        let chain = self.base.chain.read().await.expect("the chain");
        chain.blocks().last().map_or(0, |block| block.height)
    }
}

async fn status(node: &LoneNode) -> Value {
    let answer = http::get(&format!("{}/status", node.web)).await;
    answer.expect("a page").json()
}
