//! A whole node that hosts a process, somebody who accuses it, and another node that looks on.

use std::path::Path;
use std::time::Instant;

use aosec_wire::Strictness;
use reqwest::Url;
use serde_json::Value;

use super::super::hosting::funded_and_taken;
use super::super::orphan::{message, process};
use super::super::*;
use crate::config::NodeConfig;
use crate::keys::NodeKeys;
use crate::node::Node;
use crate::origin::cases;

/// From a cause to its effect, on a busy machine.
pub(in crate::origin::tests) const PATIENCE: Duration = Duration::from_secs(60);
/// What a node says together comes within this time of the first of it; where it does not, a block more is mined.
pub(super) const TOGETHER: Duration = Duration::from_millis(300);
pub(in crate::origin::tests) const LOOK_EVERY: Duration = Duration::from_millis(20);

/// A node of operator 10 that hosts the process, and another that only looks on.
pub(super) struct Scene {
    pub(super) chain: Loopback,
    gateway: Url,
    running: Option<(Node, Shutdown)>,
    pub(super) looker: Bench,
    folder: TempDir,
}

/// Blocks for which a node that is started again looks whether somebody else has its key; what it had posted is mined by then.
const LOOKS_FIRST: u64 = 2;

/// A whole node of operator 10 in a folder, which computes this court or none.
pub(in crate::origin::tests) async fn whole(
    folder: &Path,
    gateway: Url,
    origin: Option<Id>,
    settlement_depth: u64,
    shutdown: &Shutdown,
) -> Node {
    let config = configured(folder, gateway, origin, settlement_depth);
    begun(10, config, shutdown).await
}

/// A whole node of another operator, which computes this court.
pub(in crate::origin::tests) async fn whole_of(
    number: u8,
    folder: &Path,
    gateway: Url,
    shutdown: &Shutdown,
) -> Node {
    let config = configured(folder, gateway, Some(origin()), DEPTH);
    begun(number, config, shutdown).await
}

fn configured(folder: &Path, gateway: Url, origin: Option<Id>, depth: u64) -> NodeConfig {
    NodeConfig {
        base_port: 0,
        devnet: Some(0),
        block_time: Duration::from_millis(500),
        settlement_depth: depth,
        origin,
        ..NodeConfig::new(folder.to_owned(), vec![gateway])
    }
}

async fn begun(number: u8, config: NodeConfig, shutdown: &Shutdown) -> Node {
    let [owner, operator, scheduler] = operator(number);
    let keys = NodeKeys {
        owner,
        operator,
        scheduler,
        authority: key(77),
        wallet: loopback::wallet(),
    };
    Node::start(config, keys, shutdown.clone()).await.unwrap()
}

async fn started(gateway: &Url, folder: &Path, looks_first: u64) -> (Node, Shutdown) {
    let shutdown = Shutdown::new();
    let config = NodeConfig {
        doppelganger_wait: Some(looks_first),
        ..configured(&folder.join("node"), gateway.clone(), Some(origin()), DEPTH)
    };
    let node = begun(10, config, &shutdown).await;
    (node, shutdown)
}

/// Waits until the node's court has sat over this block.
pub(in crate::origin::tests) async fn sits_over(node: &Node, height: u64) {
    let url = node.urls().cu.join("origin/info").unwrap();
    let until = Instant::now() + PATIENCE;
    loop {
        let asked = reqwest::get(url.clone()).await.unwrap();
        let said: Value = asked.json().await.unwrap();
        if said["soft"].as_u64() >= Some(height) {
            return;
        }
        assert!(Instant::now() < until, "{height}: {said}");
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// Messages that the host has never seen.
pub(super) fn unseen(name: &str, count: usize) -> Vec<VerifiedItem> {
    let numbers = 0..count;
    numbers
        .map(|number| message("Probe", &format!("{name} {number}")))
        .collect()
}

impl Scene {
    pub(super) async fn open(chain: Loopback, gateway: Url) -> Self {
        post(&chain, &start()).await;
        mine(&chain, 4).await;
        let folder = tempfile::tempdir().unwrap();
        let running = Some(started(&gateway, folder.path(), 0).await);
        let looker = Bench::open(&chain).await;
        let scene = Self {
            chain,
            gateway,
            running,
            looker,
            folder,
        };
        scene.hosts().await;
        scene
    }

    pub(super) fn node(&self) -> &Node {
        &self.running.as_ref().expect("it runs").0
    }

    /// The host takes the process, and the lease is settled.
    async fn hosts(&self) {
        self.in_step().await;
        self.takes(&process()).await;
        post(
            &self.chain,
            &funded_and_taken(&process(), &operator(10)[1], &[]),
        )
        .await;
        for _block in 0..2 + DEPTH {
            self.block().await;
        }
        assert_eq!(self.process().await["State"], "Hosted");
    }

    /// The scheduler takes an item, as soon as it takes any.
    async fn takes(&self, item: &VerifiedItem) {
        self.answer(item).await;
    }

    /// The same; gives the receipt.
    pub(super) async fn receipt(&self, item: &VerifiedItem) -> VerifiedItem {
        let said: Value = serde_json::from_str(&self.answer(item).await).unwrap();
        let encoded = said["assignment"].as_str().unwrap();
        let bytes = aosec_wire::id::from_base64url(encoded).unwrap();
        aosec_wire::item::verify_bytes(bytes.into(), Strictness::Settled).unwrap()
    }

    async fn answer(&self, item: &VerifiedItem) -> String {
        let client = reqwest::Client::new();
        let until = Instant::now() + PATIENCE;
        loop {
            let sent = client.post(self.node().urls().su.clone());
            let answer = sent.body(item.bytes().clone()).send().await.unwrap();
            let is_taken = answer.status().is_success();
            let said = answer.text().await.unwrap();
            if is_taken {
                return said;
            }
            assert!(Instant::now() < until, "{said}");
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// Somebody forces messages; gives the cases, which are open, and their deadline.
    pub(super) async fn accused(
        &self,
        by: &SigningKey,
        messages: &[VerifiedItem],
    ) -> (Vec<u64>, u64) {
        self.charge(by, messages).await;
        let opened = mine(&self.chain, 1).await;
        self.looker.until(opened).await;
        self.opened_at(opened).await
    }

    /// A challenge waits for a block.
    pub(super) async fn charge(&self, by: &SigningKey, messages: &[VerifiedItem]) {
        let fee = (TOKEN / 10).to_string();
        let fees = cases::Fees {
            message: "0",
            answer: &fee,
        };
        let challenge = cases::challenge(origin(), process().id(), messages, fees);
        let challenge = challenge.sign_deterministic(by).unwrap();
        post(&self.chain, &[challenge]).await;
    }

    /// The cases that were opened in a block, and the last deadline of them.
    pub(super) async fn opened_at(&self, height: u64) -> (Vec<u64>, u64) {
        let rows = self
            .rows("Cases", "Process", &process().id().to_string())
            .await;
        let new = rows.iter().filter(|row| row["Opened"] == height);
        let number = |row: &Value, name: &str| row[name].as_u64().unwrap();
        let deadline = new.clone().map(|row| number(row, "Deadline")).max();
        let new: Vec<_> = new
            .inspect(|row| assert_eq!(row["State"], "Open", "{row}"))
            .collect();
        let cases = new.iter().map(|row| number(row, "Case")).collect();
        (cases, deadline.expect("a case was opened"))
    }

    /// Waits until the node has sat over the newest block.
    pub(super) async fn in_step(&self) {
        let tip = self.tip().await;
        self.looker.until(tip).await;
        sits_over(self.node(), tip).await;
    }

    pub(super) async fn tip(&self) -> u64 {
        self.chain.gateway().tip().await.unwrap().height
    }

    /// A block, over which node and looker have sat.
    pub(super) async fn block(&self) {
        mine(&self.chain, 1).await;
        self.in_step().await;
    }

    /// Blocks up to a height, with what the node says meanwhile.
    pub(super) async fn until(&self, height: u64) {
        while self.tip().await < height {
            tokio::time::sleep(TOGETHER).await;
            self.block().await;
        }
    }

    /// Waits until the node has something to say, and all of that.
    pub(super) async fn spoken(&self) {
        let until = Instant::now() + PATIENCE;
        while self.chain.chain.read().await.unwrap().waiting() == 0 {
            assert!(Instant::now() < until, "the node says nothing");
            tokio::time::sleep(LOOK_EVERY).await;
        }
        tokio::time::sleep(TOGETHER).await;
    }

    /// A block with what the node has to say.
    pub(super) async fn heard(&self) {
        self.spoken().await;
        self.block().await;
    }

    async fn rows(&self, action: &str, name: &str, value: &str) -> Vec<Value> {
        let tags = [(name, value)];
        let asked = self.looker.court.ask(Depth::Soft, action, &tags);
        let said = asked.await.unwrap();
        said.data["Rows"].as_array().unwrap().clone()
    }

    async fn process(&self) -> Value {
        let id = process().id().to_string();
        self.rows("Processes", "Process", &id).await[0].clone()
    }

    pub(super) async fn state(&self, case: u64) -> String {
        let rows = self.rows("Cases", "Case", &case.to_string()).await;
        rows[0]["State"].as_str().unwrap().to_owned()
    }

    /// Blocks until none of these cases is open any more; all of them have closed.
    pub(super) async fn closes(&self, cases: &[u64]) {
        for case in cases {
            while ["Open", "Answered"].contains(&self.state(*case).await.as_str()) {
                self.heard().await;
            }
            assert_eq!(self.state(*case).await, "Closed", "case {case}");
        }
    }

    /// The lease goes on, and nothing was taken.
    pub(super) async fn is_unharmed(&self) {
        let row = self.process().await;
        assert_eq!(row["State"], "Hosted", "{row}");
        let row = self.operator().await;
        assert_eq!(row["Bond"], (200 * TOKEN).to_string(), "{row}");
        assert_eq!(row["Jailed-Until"], Value::Null, "{row}");
    }

    /// What the court says of the host.
    pub(super) async fn operator(&self) -> Value {
        let host = operator(10)[1].address().to_string();
        self.rows("Operators", "Operator", &host).await[0].clone()
    }

    /// The cases close, and long after every deadline nothing was taken.
    pub(super) async fn is_whole(mut self, cases: &[u64]) {
        self.closes(cases).await;
        for _block in 0..10 {
            self.block().await;
        }
        self.is_unharmed().await;
        self.stop().await;
        self.looker.stop().await;
    }

    pub(super) async fn stop(&mut self) {
        let (node, shutdown) = self.running.take().expect("it runs");
        shutdown.tell();
        node.close().await;
    }

    /// A stopped node, on the folder that it has now.
    pub(super) async fn start(&mut self) {
        let again = started(&self.gateway, self.folder.path(), LOOKS_FIRST).await;
        self.running = Some(again);
    }

    /// What a backup of a stopped node is.
    pub(super) fn copied(&self) -> TempDir {
        let copy = tempfile::tempdir().unwrap();
        copy_tree(self.folder.path(), copy.path());
        copy
    }

    /// A stopped node gets the folder of its backup.
    pub(super) fn restore(&mut self, backup: TempDir) {
        self.folder = backup;
    }

    /// Blocks until the guard of the scheduler is in this state.
    pub(super) async fn guard_is(&self, state: &str) {
        let url = self.node().urls().web.join("status").unwrap();
        let until = Instant::now() + PATIENCE;
        loop {
            tokio::time::sleep(TOGETHER).await;
            let asked = reqwest::get(url.clone()).await.unwrap();
            let said: Value = asked.json().await.unwrap();
            if said["guard"]["state"] == state {
                return;
            }
            assert!(Instant::now() < until, "{said}");
            self.block().await;
        }
    }

    /// Blocks until nothing waits in the court's inbox.
    pub(super) async fn drained(&self) {
        while self.queued() > 0 {
            self.block().await;
        }
    }

    /// Items that wait in the court's inbox.
    pub(super) fn queued(&self) -> usize {
        self.looker.court.standings().borrow().queued
    }

    /// Why the scheduler takes nothing, once it says so for this reason.
    pub(super) async fn refuses(&self, item: &VerifiedItem, because: &str) {
        let until = Instant::now() + PATIENCE;
        loop {
            let sent = reqwest::Client::new().post(self.node().urls().su.clone());
            let answer = sent.body(item.bytes().clone()).send().await.unwrap();
            assert!(!answer.status().is_success(), "it gave a slot");
            let said = answer.text().await.unwrap();
            if said.contains(because) {
                return;
            }
            assert!(Instant::now() < until, "{said}");
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }
}

fn copy_tree(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let (entry, to) = (entry.unwrap(), to.to_owned());
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            std::fs::create_dir(&to).unwrap();
            // As a backup keeps it: a node's folder is its owner's alone.
            std::fs::set_permissions(&to, entry.metadata().unwrap().permissions()).unwrap();
            copy_tree(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), &to).unwrap();
        }
    }
}
