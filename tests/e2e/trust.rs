//! Whom a process listens to under the court: pushes of every bonded operator's node, whoever that is by then. No spawn names a node's
//! key; an operator comes from nothing, changes the key of its node, and is heard again. And a node that hosts keeps its pay going by
//! itself.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use aosec_tests::harness::lone::{Flags, LoneNode};
use aosec_tests::harness::typed::{done, run};
use aosec_tests::harness::{World, http};
use serde_json::Value;

/// Units in one token.
const TOKEN: u128 = 1_000_000_000_000;
/// What a wallet needs for a few small transactions.
const WINSTON: &str = "1000000000000000";
/// From a cause on the base layer to its effect in every node, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(90);
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// The one who listens.
const HEARS: &str =
    "Heard = 0; Handlers.add('say', 'Say', function(msg) Heard = Heard + 1; print(Heard) end)";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_hears_the_operators_of_its_court_also_after_one_has_changed_its_key() {
    let world = World::start(2);
    // The operators of a devnet are bonded a few blocks after it is ready.
    mine(&world, 4);
    let first = Host::of_devnet(&world, 0);
    let second = Host::of_devnet(&world, 1);
    let listener = second.hosts(&world);
    second.evaluates(&world, &listener, HEARS);
    let speaker = first.hosts(&world);
    names_no_key(&world, &speaker).await;
    first.speaks(&world, &speaker, &listener);
    heard(&world, &second, &listener, 1).await;

    let mut alone = Newcomer::comes(&world).await;
    let speaker = alone.host().hosts(&world);
    alone.host().speaks(&world, &speaker, &listener);
    heard(&world, &second, &listener, 2).await;
    let owner = alone.owner.clone();
    earns_without_a_hand(&world, &owner).await;

    alone.changes_its_key(&world).await;
    alone.host().speaks(&world, &speaker, &listener);
    heard(&world, &second, &listener, 3).await;
}

/// A node that hosts, as commands name it.
struct Host {
    /// Flags that name its units.
    units: Vec<String>,
    /// Flags that name its keys.
    keys: Vec<String>,
    scheduler: String,
}

impl Host {
    fn of_devnet(world: &World, index: usize) -> Self {
        Self {
            units: vec!["--on".to_owned(), format!("node{}", index + 1)],
            keys: vec!["--devnet-node".to_owned(), (index + 1).to_string()],
            scheduler: world.node(index).scheduler,
        }
    }

    fn done(&self, world: &World, words: &[&str], more: &[&[String]]) -> Value {
        let more = more.iter().flat_map(|some| some.iter().map(String::as_str));
        let all: Vec<&str> = words.iter().copied().chain(more).collect();
        done(world, &all)
    }

    /// A process of this host, funded and taken.
    fn hosts(&self, world: &World) -> String {
        let tags = [
            format!("Origin={}", world.devnet().origin),
            format!("Min-Allocation={}", 10 * TOKEN),
            format!("Max-Fee={TOKEN}"),
            format!("Hosting-Deposit={TOKEN}"),
        ];
        let mut spawn = vec!["process", "spawn", "--scheduler", &self.scheduler];
        for tag in &tags {
            spawn.extend(["--tag", tag]);
        }
        let spawned = self.done(world, &spawn, &[&self.units]);
        let process = spawned["process"].as_str().expect("an id").to_owned();
        let _funded = done(world, &["host", "fund", &process, "50", "--yes"]);
        let take = ["host", "take", &process, "--rate", "0.1"];
        let take = [&take[..], &["--answer-cap", "0.2", "--yes"]].concat();
        let taken = self.done(world, &take, &[&self.units, &self.keys]);
        assert_eq!(taken["answer"]["Epoch"], 0, "{taken}");
        // Nothing is signed before the lease is settled.
        mine(world, 2);
        process
    }

    fn evaluates(&self, world: &World, process: &str, text: &str) -> Value {
        let said = self.done(world, &["process", "eval", process, text], &[&self.units]);
        said["result"]["Output"]["data"].clone()
    }

    /// Lets a process of this host say something to another one.
    fn speaks(&self, world: &World, process: &str, to: &str) {
        let say = format!("Send({{ Target = '{to}', Action = 'Say' }})");
        let _said = self.evaluates(world, process, &say);
    }
}

/// The court alone stands in the tags of the spawn.
async fn names_no_key(world: &World, process: &str) {
    let node = world.node(0);
    let url = format!("{}/{process}?to-nonce=0", node.su);
    let slots = http::get(&url).await.expect("an answer").text;
    assert!(slots.contains("Authority"), "{slots}");
    for key in &world.devnet().authorities {
        assert!(!slots.contains(key), "{key}: {slots}");
    }
}

/// Waits until the listener has heard so many words, and no more.
async fn heard(world: &World, host: &Host, listener: &str, words: u64) {
    let end = Instant::now() + PATIENCE;
    loop {
        let said = host.evaluates(world, listener, "return Heard");
        match said
            .as_str()
            .and_then(|said| said.trim().parse::<u64>().ok())
        {
            Some(now) if now == words => return,
            Some(now) if now < words && Instant::now() < end => {}
            _ => panic!("{said} instead of {words}\n{}", world.logs()),
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// An operator that is no part of the devnet's start, with keys of its own.
struct Newcomer {
    node: LoneNode,
    flags: Flags,
    data: PathBuf,
    owner: String,
}

impl Newcomer {
    async fn comes(world: &World) -> Self {
        let devnet = world.devnet();
        let mut more = vec![
            format!("--origin={}", devnet.origin),
            "--doppelganger-wait=0".to_owned(),
        ];
        for node in &devnet.nodes {
            more.push(format!("--peer={}={}", node.scheduler, node.su));
        }
        let flags = Flags {
            keys: None,
            roles: "su,cu,mu",
            gateways: vec![devnet.gateway.clone()],
            block_time_ms: 500,
            settlement_depth: 1,
            more,
        };
        let data = world.folder().join("newcomer");
        let node = up(&flags, &data, world).await;
        let wallet = about(&node, "wallet").await;
        let minted = http::get(&format!("{}/mint/{wallet}/{WINSTON}", devnet.gateway)).await;
        assert!(minted.is_ok_and(|answer| answer.is_success()), "{wallet}");
        let owner = owner(&data);
        let _given = done(world, &["origin", "transfer", &owner, "500", "--yes"]);
        let one = Self {
            node,
            flags,
            data,
            owner,
        };
        let bond = ["stake", "bond", "300", "--yes", "--url", &one.node.su];
        let bonded = one.host().done(world, &bond, &[&one.keys()]);
        assert_eq!(bonded["answer"]["State"], "Bonding", "{bonded}");
        mine(world, 4);
        one
    }

    fn keys(&self) -> Vec<String> {
        let path = |name: &str| self.data.join(name).display().to_string();
        vec![
            "--node-keys".to_owned(),
            path("keys"),
            "--node-password".to_owned(),
            path("keys/password"),
        ]
    }

    fn host(&self) -> Host {
        let flag = |name: &str, url: &str| [format!("--{name}"), url.to_owned()];
        let (mu, cu, su) = (&self.node.mu, &self.node.cu, &self.node.su);
        Host {
            units: [flag("mu", mu), flag("cu", cu), flag("su", su)].concat(),
            keys: self.keys(),
            scheduler: address(&self.data, "scheduler"),
        }
    }

    /// The node signs what it pushes with another key from now on; its operator says so, and takes the old one back.
    async fn changes_its_key(&mut self, world: &World) {
        let old = address(&self.data, "authority");
        self.node.kill();
        let file = self.data.join("keys/authority.key");
        std::fs::remove_file(file).expect("the key of pushed messages");
        self.node = up(&self.flags, &self.data, world).await;
        let new = address(&self.data, "authority");
        assert_ne!(new, old);
        let (host, keys) = (self.host(), self.keys());
        let authorize = ["stake", "authorize"];
        let refused: Vec<&str> = authorize
            .into_iter()
            .chain(keys.iter().map(String::as_str))
            .collect();
        let (ended, said) = run(world, &refused);
        assert_eq!(ended, Some(2), "it risks something: {said}");
        let authorized = host.done(world, &["stake", "authorize", "--yes"], &[&keys]);
        let stand = authorized["answer"]["Authorities"].clone();
        assert_eq!(stand, serde_json::json!([old, new]), "{authorized}");
        let revoked = host.done(world, &["stake", "revoke", &old, "--yes"], &[&keys]);
        let stand = revoked["answer"]["Authorities"].clone();
        assert_eq!(stand, serde_json::json!([new]), "{revoked}");
        mine(world, 2);
    }
}

async fn up(flags: &Flags, data: &Path, world: &World) -> LoneNode {
    let node = LoneNode::start_with(flags, data, &world.folder().join("newcomer.log")).await;
    let node = node.unwrap_or_else(|refused| panic!("{}", refused.log));
    node.ready()
        .await
        .unwrap_or_else(|said| panic!("{said}\n{}", node.tail()));
    node
}

async fn about(node: &LoneNode, name: &str) -> String {
    let page = http::get(&format!("{}/status", node.web)).await;
    let page: Value = page.expect("an answer").json();
    let named = page["about"][name].as_str();
    named.unwrap_or_else(|| panic!("{page}")).to_owned()
}

fn owner(data: &Path) -> String {
    address(data, "owner")
}

/// A sealed key tells its address without its password.
fn address(data: &Path, name: &str) -> String {
    let text = std::fs::read_to_string(data.join(format!("keys/{name}.key")));
    let sealed: Value = serde_json::from_str(&text.expect("a key file")).expect("a sealed key");
    sealed["address"].as_str().expect("an address").to_owned()
}

/// The node says by itself that nothing new has come: its owner is paid while nobody types anything.
async fn earns_without_a_hand(world: &World, owner: &str) {
    let first = balance(world, owner);
    let end = Instant::now() + PATIENCE;
    while balance(world, owner) < first + TOKEN {
        assert!(Instant::now() < end, "{first}\n{}", world.logs());
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

fn balance(world: &World, address: &str) -> u128 {
    let balance = &done(world, &["origin", "balance", address])["Balance"];
    let units = balance.as_str().and_then(|text| text.parse().ok());
    units.unwrap_or_else(|| panic!("no amount: {balance}"))
}

/// Mines blocks, and waits until the court of the first node has sat over them.
fn mine(world: &World, blocks: u64) {
    let count = blocks.to_string();
    let mined = done(world, &["devnet", "chain", "mine", "--blocks", &count]);
    let height = mined["height"].as_u64().expect("a height");
    let end = Instant::now() + PATIENCE;
    while done(world, &["origin", "info"])["soft"].as_u64() < Some(height) {
        assert!(Instant::now() < end, "block {height}\n{}", world.logs());
        std::thread::sleep(LOOK_EVERY);
    }
}
