//! A process that its scheduler has ordered without a court, from its `Register` to its life under the court (PROTOCOL 5.15): one log on
//! every node, and no slot given twice.

use std::time::Instant;

use aosec_wire::{Process, Scheduled};
use serde_json::Value;

use super::honest::{LOOK_EVERY, PATIENCE, sits_over, whole};
use super::hosting::of_court;
use super::orphan::unit;
use super::*;
use crate::cu::source::Derived;
use crate::node::Node;
use crate::origin::messages::{Bid, Registration};

/// A process of the carried module, scheduled by operator 10, without a court.
fn old() -> VerifiedItem {
    let tags = Tags::new()
        .with("Data-Protocol", "ao")
        .with("Type", "Process")
        .with("Module", module_item(WASM).unwrap().id().to_string())
        .with("Scheduler", operator(10)[2].address().as_str());
    let draft = Draft {
        tags,
        ..Draft::default()
    };
    draft.sign_deterministic(&alice()).unwrap()
}

fn eval(number: u32) -> VerifiedItem {
    let draft = Draft {
        target: Some(old().id()),
        tags: Tags::new()
            .with("Data-Protocol", "ao")
            .with("Type", "Message")
            .with("Action", "Eval"),
        data: format!("Seen = (Seen or 0) + {number}; return Seen").into(),
        ..Draft::default()
    };
    draft.sign_deterministic(&alice()).unwrap()
}

fn process() -> Process {
    match Scheduled::classify(old()) {
        Ok(Scheduled::Process(spawn)) => spawn,
        other => panic!("no spawn: {other:?}"),
    }
}

/// The legacy host, later the host under the court: the same folder, the same keys.
struct Scene {
    chain: Loopback,
    looker: Bench,
    folder: TempDir,
    node: Node,
    shutdown: Shutdown,
}

impl Scene {
    /// A node that computes no court gives some slots, and publishes them.
    async fn open() -> Self {
        let chain = Loopback::start(Vec::new()).await;
        post(&chain, &start()).await;
        mine(&chain, 4).await;
        let folder = tempfile::tempdir().unwrap();
        let shutdown = Shutdown::new();
        let node = whole(folder.path(), chain.url.clone(), None, DEPTH, &shutdown).await;
        let looker = Bench::open(&chain).await;
        let scene = Self {
            chain,
            looker,
            folder,
            node,
            shutdown,
        };
        assert_eq!(scene.slot(&old()).await["Nonce"], "0");
        for number in 1..=3 {
            assert_eq!(scene.slot(&eval(number)).await["Nonce"], number.to_string());
        }
        scene.published(3).await;
        scene
    }

    /// Stops the node without a word, and starts it again as one that computes the court.
    async fn again(self) -> Self {
        self.shutdown.tell();
        self.node.close().await;
        let shutdown = Shutdown::new();
        let url = self.chain.url.clone();
        let node = whole(self.folder.path(), url, Some(origin()), DEPTH, &shutdown).await;
        Self {
            node,
            shutdown,
            ..self
        }
    }

    /// What the scheduler says to an item: status and answer.
    async fn says(&self, item: &VerifiedItem) -> (u16, Value) {
        let (su, body) = (self.node.urls().su.clone(), item.bytes().clone());
        let sent = reqwest::Client::new().post(su).body(body).send().await;
        let answer = sent.unwrap();
        let status = answer.status().as_u16();
        (status, answer.json().await.unwrap_or(Value::Null))
    }

    /// Waits for the slot of an item while blocks go on; the tags of its assignment.
    async fn slot(&self, item: &VerifiedItem) -> BTreeMap<String, String> {
        let until = Instant::now() + PATIENCE;
        loop {
            let (status, said) = self.says(item).await;
            if status == 200 {
                return self.last().await;
            }
            assert!(Instant::now() < until, "{status} {said}");
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// The tags of the last assignment.
    async fn last(&self) -> BTreeMap<String, String> {
        let path = format!("{}/latest", old().id());
        let url = self.node.urls().su.join(&path).unwrap();
        let last: Value = reqwest::get(url).await.unwrap().json().await.unwrap();
        let tags = last["assignment"]["tags"].as_array().unwrap().iter();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        tags.map(|tag| (text(&tag["name"]), text(&tag["value"])))
            .collect()
    }

    /// Mines until everybody has the log up to this slot from blocks.
    async fn published(&self, slot: u64) {
        let until = Instant::now() + PATIENCE;
        while self.looker.follow.derive(&process()).await != Ok(slot) {
            assert!(Instant::now() < until, "slot {slot} is not published");
            self.block().await;
        }
    }

    async fn block(&self) {
        let tip = mine(&self.chain, 1).await;
        self.looker.until(tip).await;
        tokio::time::sleep(LOOK_EVERY).await;
    }

    /// Puts messages to the court into a block, over which the node sits; and settles it.
    async fn runs(&self, items: &[VerifiedItem]) {
        post(&self.chain, items).await;
        for _block in 0..=DEPTH {
            let tip = mine(&self.chain, 1).await;
            self.looker.until(tip).await;
            sits_over(&self.node, tip).await;
        }
        for item in items {
            let ran = self.looker.court.outcome(item.id()).await.unwrap().unwrap();
            assert!(ran.json.contains(r#"\"ok\":true"#), "{}", ran.json);
        }
    }

    async fn registers(&self, first: u64, legacy: Id) -> Registration<'static> {
        let registration = Registration {
            first,
            legacy,
            period: Some(6),
            max_fee: "1000000000000",
            min_allocation: "1",
            deposit: "0",
        };
        let register = messages::register(origin(), &old(), &registration);
        let register = register.sign_deterministic(&alice()).unwrap();
        self.runs(&[register]).await;
        registration
    }

    /// What the node says to its operator who wants the log held, once its court is at the tip.
    async fn held(&self) -> (u16, Value) {
        let path = format!("origin/joining/{}", old().id());
        let url = self.node.urls().cu.join(&path).unwrap();
        let until = Instant::now() + PATIENCE;
        loop {
            let sent = reqwest::Client::new().post(url.clone()).send().await;
            let answer = sent.unwrap();
            let status = answer.status().as_u16();
            let said: Value = answer.json().await.unwrap();
            if status != 503 {
                return (status, said);
            }
            assert!(Instant::now() < until, "{said}");
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    async fn takes(&self, registration: &Registration<'_>) {
        let id = old().id().to_string();
        let sum = [("Process", id.as_str()), ("Quantity", "1000000")];
        let fund = of_court(&alice(), "Fund", &sum);
        let fee = (TOKEN / 10).to_string();
        let bid = Bid {
            rate: "1",
            fee_cap: "0",
            answer_cap: &fee,
        };
        let takes = messages::host_registered(origin(), &old(), bid, registration);
        let takes = takes.sign_deterministic(&operator(10)[1]).unwrap();
        self.runs(&[fund, takes]).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_goes_on_under_the_court_from_exactly_its_slot() {
    let scene = Scene::open().await.again().await;
    let (before, (status, said)) = (scene.last().await, scene.held().await);
    assert_eq!(status, 400, "nobody has registered it: {said}");
    let legacy: Id = before["Hash-Chain"].parse().unwrap();

    // Too early a slot: nobody honest takes it, and the log is not stopped by it.
    scene.registers(3, legacy).await;
    let (status, said) = scene.held().await;
    assert_eq!(status, 400, "{said}");
    assert!(said["error"].as_str().unwrap().contains("slots from 3 on"));

    let registration = scene.registers(4, legacy).await;
    let (status, said) = scene.says(&eval(4)).await;
    assert_eq!(status, 503, "from the registration on it waits: {said}");
    let (status, said) = scene.held().await;
    assert_eq!((status, said["first"].as_u64()), (200, Some(4)), "{said}");
    let scene = scene.again().await;
    let (status, said) = scene.says(&eval(4)).await;
    assert_eq!(status, 503, "and from the first moment of a start: {said}");

    scene.takes(&registration).await;
    let first = scene.slot(&eval(4)).await;
    assert_eq!((&*first["Nonce"], &*first["Epoch"]), ("4", "0"));
    let last = scene.slot(&eval(5)).await;
    assert_eq!(last["Nonce"], "5");
    let scene = scene.again().await;
    assert_eq!(scene.slot(&eval(6)).await["Nonce"], "6");
    scene.published(6).await;
    let fresh = Bench::open(&scene.chain).await;
    let tip = mine(&scene.chain, 1).await;
    fresh.until(tip).await;
    scene.looker.until(tip).await;
    sits_over(&scene.node, tip).await;
    let roots = fresh.roots(tip).await;
    assert_eq!(roots, scene.looker.roots(tip).await);

    scene.shutdown.tell();
    scene.node.close().await;
    let host = Bench::on(scene.folder, &scene.chain).await;
    host.until(tip).await;
    assert_eq!(roots, host.roots(tip).await);
    for bench in [&fresh, &host] {
        assert_eq!(bench.follow.derive(&process()).await, Ok(6));
    }
    let source = |bench: &Bench| {
        let derived = Derived::new(bench.follow.clone(), scene.chain.gateway());
        Arc::new(derived)
    };
    let (own, other) = (
        unit(&host, source(&host)).await,
        unit(&fresh, source(&fresh)).await,
    );
    for slot in 0..=6 {
        let own = own.at_slot(old().id(), slot).await.unwrap();
        let other = other.at_slot(old().id(), slot).await.unwrap();
        assert_eq!((own.root, &own.json), (other.root, &other.json), "{slot}");
    }
}
