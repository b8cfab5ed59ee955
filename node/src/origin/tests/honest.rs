//! A whole node that means well, and what may happen to it in the middle of a case (PROTOCOL 9, 19): it loses nothing.

use std::sync::atomic::Ordering;

use reqwest::Url;
use serde_json::Value;

use super::orphan::{message, of_court, process};
use super::*;
use crate::config::NodeConfig;
use crate::follow::tests::gateways::{Vice, mending};
use crate::keys::NodeKeys;
use crate::node::Node;
use crate::origin::cases;

/// From a cause to its effect, on a busy machine.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);
/// What a node says together comes within this time of the first of it; where it does not, a block more is mined.
const TOGETHER: Duration = Duration::from_millis(300);
pub(super) const LOOK_EVERY: Duration = Duration::from_millis(20);

/// A node of operator 10 that hosts the process, and another that only looks on.
struct Scene {
    chain: Loopback,
    node: Node,
    shutdown: Shutdown,
    looker: Bench,
    _folder: TempDir,
}

/// A whole node of operator 10 in a folder, which computes this court or none.
pub(super) async fn whole(
    folder: &std::path::Path,
    gateway: Url,
    origin: Option<Id>,
    settlement_depth: u64,
    shutdown: &Shutdown,
) -> Node {
    let config = NodeConfig {
        base_port: 0,
        devnet: Some(0),
        block_time: Duration::from_millis(500),
        settlement_depth,
        origin,
        ..NodeConfig::new(folder.to_owned(), vec![gateway])
    };
    let [owner, operator, scheduler] = operator(10);
    let keys = NodeKeys {
        owner,
        operator,
        scheduler,
        authority: key(77),
        wallet: loopback::wallet(),
    };
    Node::start(config, keys, shutdown.clone()).await.unwrap()
}

/// Waits until the node's court has sat over this block.
pub(super) async fn sits_over(node: &Node, height: u64) {
    let url = node.urls().cu.join("origin/info").unwrap();
    let until = std::time::Instant::now() + PATIENCE;
    loop {
        let asked = reqwest::get(url.clone()).await.unwrap();
        let said: Value = asked.json().await.unwrap();
        if said["soft"].as_u64() >= Some(height) {
            return;
        }
        assert!(std::time::Instant::now() < until, "{height}: {said}");
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

impl Scene {
    async fn open(chain: Loopback, gateway: Url) -> Self {
        post(&chain, &start()).await;
        mine(&chain, 4).await;
        let folder = tempfile::tempdir().unwrap();
        let shutdown = Shutdown::new();
        let node = whole(folder.path(), gateway, Some(origin()), DEPTH, &shutdown).await;
        let looker = Bench::open(&chain).await;
        let scene = Self {
            chain,
            node,
            shutdown,
            looker,
            _folder: folder,
        };
        scene.hosts().await;
        scene
    }

    /// The host takes the process, and the lease is settled.
    async fn hosts(&self) {
        self.in_step().await;
        let client = reqwest::Client::new();
        let until = std::time::Instant::now() + PATIENCE;
        loop {
            let body = process().bytes().clone();
            let sent = client
                .post(self.node.urls().su.clone())
                .body(body)
                .send()
                .await;
            let answer = sent.unwrap();
            if answer.status().is_success() {
                break;
            }
            let said = answer.text().await.unwrap();
            assert!(std::time::Instant::now() < until, "{said}");
            tokio::time::sleep(LOOK_EVERY).await;
        }
        let id = process().id().to_string();
        let fund = of_court(
            &alice(),
            "Fund",
            &[("Process", &id), ("Quantity", "1000000")],
        );
        let fee = (TOKEN / 10).to_string();
        let bid = messages::Bid {
            rate: "1",
            fee_cap: "0",
            answer_cap: &fee,
        };
        let takes = messages::host(origin(), &process(), bid);
        let takes = takes.sign_deterministic(&operator(10)[1]).unwrap();
        post(&self.chain, &[fund, takes]).await;
        for _block in 0..2 + DEPTH {
            self.block().await;
        }
        assert_eq!(
            self.shown("Processes", "Process", &id).await["State"],
            "Hosted"
        );
    }

    /// Somebody forces a message that the host has never seen.
    async fn accused(&self) {
        let fee = (TOKEN / 10).to_string();
        let fees = cases::Fees {
            message: "0",
            answer: &fee,
        };
        let unseen = message("Probe", "unseen");
        let challenge = cases::challenge(origin(), process().id(), &[unseen], fees);
        let challenge = challenge.sign_deterministic(&alice()).unwrap();
        post(&self.chain, &[challenge]).await;
        let opened = mine(&self.chain, 1).await;
        self.looker.until(opened).await;
        assert_eq!(self.case().await, "Open");
    }

    /// Waits until the node has sat over the newest block.
    async fn in_step(&self) {
        let tip = self.chain.gateway().tip().await.unwrap().height;
        self.looker.until(tip).await;
        sits_over(&self.node, tip).await;
    }

    /// A block, over which node and looker have sat.
    async fn block(&self) {
        mine(&self.chain, 1).await;
        self.in_step().await;
    }

    /// A block with what the node has to say.
    async fn heard(&self) {
        let until = std::time::Instant::now() + PATIENCE;
        while self.chain.chain.read().await.unwrap().waiting() == 0 {
            assert!(std::time::Instant::now() < until, "the node says nothing");
            tokio::time::sleep(LOOK_EVERY).await;
        }
        tokio::time::sleep(TOGETHER).await;
        self.block().await;
    }

    async fn shown(&self, action: &str, name: &str, value: &str) -> Value {
        let tags = [(name, value)];
        let asked = self.looker.court.ask(Depth::Soft, action, &tags);
        asked.await.unwrap().data["Rows"][0].clone()
    }

    async fn case(&self) -> String {
        let case = self.shown("Cases", "Case", "1").await;
        case["State"].as_str().unwrap().to_owned()
    }

    /// The case closes, and long after every deadline the lease goes on and nothing was taken.
    async fn is_whole(self) {
        while ["Open", "Answered"].contains(&self.case().await.as_str()) {
            self.heard().await;
        }
        assert_eq!(self.case().await, "Closed");
        for _block in 0..10 {
            self.block().await;
        }
        let id = process().id().to_string();
        let row = self.shown("Processes", "Process", &id).await;
        assert_eq!(row["State"], "Hosted", "{row}");
        let [_owner, host, _hot] = operator(10);
        let stake = self
            .shown("Operators", "Operator", host.address().as_str())
            .await;
        assert_eq!(stake["Bond"], (200 * TOKEN).to_string(), "{stake}");
        assert_eq!(stake["Jailed-Until"], Value::Null, "{stake}");
        self.shutdown.tell();
        self.node.close().await;
        self.looker.stop().await;
    }
}

/// The block that held the answer is replaced, and the answer with it: it is given again before the deadline.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_a_reorg_has_dropped_is_given_again() {
    let chain = Loopback::start(Vec::new()).await;
    let gateway = chain.url.clone();
    let scene = Scene::open(chain, gateway).await;
    scene.accused().await;
    while scene.case().await == "Open" {
        scene.in_step().await;
        scene.heard().await;
    }
    scene.chain.chain.fork(1, Orphans::Drop).await.unwrap();
    scene.in_step().await;
    assert_eq!(scene.case().await, "Open", "as if nobody had answered");
    scene.is_whole().await;
}

/// The node's gateway is down from before the case opens to shortly before its deadline.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn gateways_that_are_down_for_some_blocks_cost_a_host_nothing() {
    let chain = Loopback::start(Vec::new()).await;
    let outage = Shutdown::new();
    let (gateway, is_up) = mending(&chain, Vice::Fails, &outage).await;
    is_up.store(true, Ordering::Release);
    let scene = Scene::open(chain, gateway).await;
    is_up.store(false, Ordering::Release);
    scene.accused().await;
    mine(&scene.chain, 4).await;
    is_up.store(true, Ordering::Release);
    scene.is_whole().await;
    outage.tell();
}
