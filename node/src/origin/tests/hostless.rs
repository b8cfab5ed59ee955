//! What an orphan and the court send to a process, and what a process sends to an orphan, by whole nodes (D10, PROTOCOL 5.8).

use std::time::Instant;

use reqwest::Url;
use serde_json::Value;

use super::honest::{LOOK_EVERY, PATIENCE, sits_over, whole_of};
use super::hosting::of_court;
use super::orphan::{CUT, left, message, post_inbox, process, spawned};
use super::*;
use crate::node::Node;

/// Sends on to whom the message names.
const TELLER: &str = "Handlers.add('tell', function(m) return m.Action == 'Tell' end, \
    function(m) ao.send({ Target = m.Data, Action = 'Told' }) end)";
/// A block after which nodes may have something to say comes so soon.
const BLOCK_EVERY: Duration = Duration::from_millis(200);

/// A node that orders a process of its own, and a chain with an orphan on it.
struct Stage {
    chain: Loopback,
    node: Node,
    shutdown: Shutdown,
    folder: TempDir,
    receiver: Id,
}

/// A process of operator 20 under no court.
fn receiver() -> VerifiedItem {
    let draft = Draft {
        tags: Tags::new()
            .with("Data-Protocol", "ao")
            .with("Type", "Process")
            .with("Module", module_item(WASM).unwrap().id().to_string())
            .with("Scheduler", operator(20)[2].address().as_str())
            .with("Authority", key(77).address().as_str()),
        ..Draft::default()
    };
    draft.sign_deterministic(&alice()).unwrap()
}

fn to_receiver(action: &str, data: &str) -> VerifiedItem {
    let draft = Draft {
        target: Some(receiver().id()),
        tags: message(action, "").tags().clone(),
        data: data.to_owned().into(),
        ..Draft::default()
    };
    draft.sign_deterministic(&alice()).unwrap()
}

fn tell(anchor: u8) -> VerifiedItem {
    let draft = Draft {
        target: Some(process().id()),
        anchor: Some([anchor; 32]),
        tags: message("Tell", "").tags().clone(),
        data: receiver().id().to_string().into(),
    };
    draft.sign_deterministic(&alice()).unwrap()
}

/// Gives an item to a unit, as soon as it takes any.
async fn given(unit: &Url, item: &VerifiedItem) {
    let client = reqwest::Client::new();
    let until = Instant::now() + PATIENCE;
    loop {
        let sent = client.post(unit.clone()).body(item.bytes().clone());
        let answer = sent.send().await.unwrap();
        if answer.status().is_success() {
            return;
        }
        let said = answer.text().await.unwrap();
        assert!(Instant::now() < until, "{said}");
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

async fn json(url: Url) -> Value {
    reqwest::get(url).await.unwrap().json().await.unwrap()
}

impl Stage {
    /// The orphan knows how to tell; its cut is settled.
    async fn open() -> Self {
        let chain = Loopback::start(Vec::new()).await;
        left(&chain, &[message("Eval", TELLER)]).await;
        let tip = mine(&chain, CUT + u32::try_from(DEPTH).unwrap()).await;
        let (folder, shutdown) = (tempfile::tempdir().unwrap(), Shutdown::new());
        let node = whole_of(20, folder.path(), chain.url.clone(), &shutdown).await;
        sits_over(&node, tip).await;
        given(&node.urls().su, &receiver()).await;
        Self {
            chain,
            node,
            shutdown,
            folder,
            receiver: receiver().id(),
        }
    }

    async fn restarted(self) -> Self {
        self.shutdown.tell();
        self.node.close().await;
        let shutdown = Shutdown::new();
        let gateway = self.chain.url.clone();
        let node = whole_of(20, self.folder.path(), gateway, &shutdown).await;
        Self {
            node,
            shutdown,
            ..self
        }
    }

    /// The messages in the receiver's log with this action, each by who sent it.
    async fn told(&self, action: &str) -> Vec<String> {
        let path = format!("{}?from-nonce=0&limit=100", self.receiver);
        let page = json(self.node.urls().su.join(&path).unwrap()).await;
        let edges = page["edges"].as_array().unwrap().iter();
        let messages = edges.map(|edge| &edge["node"]["message"]);
        let tag = |message: &Value, name: &str| {
            let tags = message["tags"].as_array().into_iter().flatten();
            let mut found = tags.filter(|tag| tag["name"] == name);
            found
                .next()
                .and_then(|tag| tag["value"].as_str().map(str::to_owned))
        };
        let wanted = messages.filter(|message| tag(message, "Action").as_deref() == Some(action));
        wanted
            .filter_map(|message| tag(message, "From-Process"))
            .collect()
    }

    /// Blocks until this holds.
    async fn until(&self, what: &str, holds: impl AsyncFn() -> bool) {
        let until = Instant::now() + PATIENCE;
        while !holds().await {
            assert!(Instant::now() < until, "{what}");
            mine(&self.chain, 1).await;
            tokio::time::sleep(BLOCK_EVERY).await;
        }
    }

    /// Blocks until so many such messages came, and some more in which none does.
    async fn comes(&self, action: &str, count: usize) -> Vec<String> {
        let what = format!("{count} times {action}");
        self.until(&what, async || self.told(action).await.len() >= count)
            .await;
        let tip = mine(&self.chain, 3).await;
        sits_over(&self.node, tip).await;
        tokio::time::sleep(Duration::from_millis(1_500)).await;
        let told = self.told(action).await;
        assert_eq!(told.len(), count, "{action}: {told:?}");
        told
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_orphan_and_a_process_that_is_hosted_speak_to_one_another() {
    let stage = Stage::open().await;
    let orphan = process().id();
    post_inbox(&stage.chain, &[tell(1)]).await;
    assert_eq!(stage.comes("Told", 1).await, [orphan.to_string()]);
    let stage = stage.restarted().await;
    let (folder, shutdown) = (tempfile::tempdir().unwrap(), Shutdown::new());
    let other = whole_of(30, folder.path(), stage.chain.url.clone(), &shutdown).await;
    post_inbox(&stage.chain, &[tell(2), tell(3)]).await;
    assert_eq!(stage.comes("Told", 3).await.len(), 3, "by one of two nodes");
    let asks = to_receiver("Eval", TELLER);
    given(&stage.node.urls().mu, &asks).await;
    let relays = to_receiver("Tell", &orphan.to_string());
    given(&stage.node.urls().mu, &relays).await;
    let status = stage
        .node
        .urls()
        .mu
        .join(&format!("status/{}", relays.id()));
    let status = status.unwrap();
    let is_done = async || json(status.clone()).await["state"] == "done";
    stage.until("the orphan is told", is_done).await;
    let said = json(status.clone()).await;
    assert_eq!(said["children"][0]["state"], "uploaded", "{said}");
    let looker = Bench::open(&stage.chain).await;
    let tip = mine(&stage.chain, 2).await;
    looker.until(tip).await;
    let slots = looker.follow.slots(&spawned(), 0, 100).await.unwrap();
    let child = said["children"][0]["message"].as_str().unwrap();
    let named = slots
        .iter()
        .filter(|slot| slot.message.to_string() == child);
    assert_eq!(named.count(), 1, "it stands in the orphan's log: {slots:?}");
    shutdown.tell();
    other.close().await;
    stage.shutdown.tell();
    stage.node.close().await;
    looker.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn money_for_a_process_that_is_hosted_is_announced_to_it() {
    let stage = Stage::open().await;
    let name = stage.receiver.to_string();
    let pays = [("Recipient", name.as_str()), ("Quantity", "5")];
    post(&stage.chain, &[of_court(&alice(), "Transfer", &pays)]).await;
    let told = stage.comes("Credit-Notice", 1).await;
    assert_eq!(told, [origin().to_string()]);
    stage.shutdown.tell();
    stage.node.close().await;
}
