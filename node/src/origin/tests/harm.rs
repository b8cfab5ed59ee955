//! Nodes under harm: killed without a word in the middle of a block, and led over forks as deep as the law allows. Whatever happens, every
//! node comes to the same roots at every height (PROTOCOL 2.7).

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};

use super::honest::{sits_over, whole};
use super::jam::{EACH, messages_of_the_jammer};
use super::*;
use crate::store::court;

/// Kills in every run of the tests; a long run has more of them: `AOSEC_HARM_KILLS`.
const KILLS: u64 = 2;
/// A killed node is sometimes told to go on so long first, which may be the whole block.
const GRACE_MS: u64 = 400;
/// From a cause to its effect, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// The folder of the node that is to be killed, and its gateway: set for the process that is that node.
const FOLDER: &str = "AOSEC_HARM_FOLDER";
const GATEWAY: &str = "AOSEC_HARM_GATEWAY";
/// Looks at the court's lock, one after another, that find it taken: it is in the middle of a long block.
const LOOKS: u32 = 5;
const BETWEEN_LOOKS: Duration = Duration::from_millis(5);

/// Not a test: the process that is killed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "the process that another test kills"]
async fn the_node_that_is_killed() {
    let [folder, gateway] = [FOLDER, GATEWAY].map(|name| std::env::var(name).unwrap());
    let gateway = Gateway::new(vec![gateway.parse().unwrap()]).unwrap();
    let (court, follow, _store, _shutdown) = opened(gateway, DEPTH, folder.as_ref()).await;
    let (mut told, mut taken) = (None, 0);
    loop {
        let (soft, seen) = (court.standing().soft, follow.view().soft);
        if soft != told {
            (told, taken) = (soft, 0);
            println!("\nsat {}", soft.unwrap_or(0));
        }
        let is_free = court.0.track.try_lock().is_ok();
        taken = match is_free || seen <= soft {
            true => 0,
            false => taken + 1,
        };
        if taken == LOOKS {
            println!("\nsits {}", soft.unwrap_or(0) + 1);
        }
        tokio::time::sleep(BETWEEN_LOOKS).await;
    }
}

/// A node in a process of its own.
struct Victim {
    child: Child,
    lines: Receiver<String>,
}

impl Victim {
    fn start(folder: &Path, chain: &Loopback) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--nocapture", "--exact"])
            .arg("origin::tests::harm::the_node_that_is_killed")
            .env(FOLDER, folder)
            .env(GATEWAY, chain.url.as_str())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let (said, lines) = channel();
        let out = BufReader::new(child.stdout.take().unwrap());
        std::thread::spawn(move || {
            // The pipe ends with the process.
            out.lines()
                .map_while(Result::ok)
                .try_for_each(|line| said.send(line))
        });
        Self { child, lines }
    }

    /// Waits until it has said this.
    fn says(&self, wanted: &str) {
        tokio::task::block_in_place(|| {
            while self.lines.recv_timeout(PATIENCE).expect("it says nothing") != wanted {}
        });
    }
}

impl Drop for Victim {
    /// SIGKILL: nothing is written after this.
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// Whether the folder says what the court came to after this block.
async fn has_root(folder: &Path, height: u64) -> bool {
    let store = Store::open(folder).await.unwrap();
    let root = court::root(&store, height).await.unwrap();
    store.close().await;
    root.is_some()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_killed_in_the_middle_of_blocks_comes_to_the_same_roots() {
    let kills = std::env::var("AOSEC_HARM_KILLS").map_or(KILLS, |text| text.parse().unwrap());
    let mut random = u64::from(std::process::id());
    println!("seed {random}");
    let chain = Loopback::start(Vec::new()).await;
    post(&chain, &start()).await;
    let mut tip = mine(&chain, 1).await;
    let bench = Bench::open(&chain).await;
    let folder = tempfile::tempdir().unwrap();
    let mut in_the_middle = 0;
    for kill in 0..kills {
        let victim = Victim::start(folder.path(), &chain);
        bench.until(tip).await;
        victim.says(&format!("sat {tip}"));
        post(&chain, &messages_of_the_jammer(kill)).await;
        post(&chain, &[transfer(kill, 5, &key(9))]).await;
        tip = mine(&chain, 1).await;
        victim.says(&format!("sits {tip}"));
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        let grace = if kill % 2 == 0 {
            0
        } else {
            (random >> 33) % GRACE_MS
        };
        tokio::time::sleep(Duration::from_millis(grace)).await;
        drop(victim);
        in_the_middle += u64::from(!has_root(folder.path(), tip).await);
        if kill % 4 == 3 {
            chain.chain.fork(DEPTH, Orphans::Mine).await.unwrap();
            tip = mine(&chain, 1).await;
        }
    }
    println!("{kills} kills, {in_the_middle} in the middle of a block of {EACH} messages");
    assert!(in_the_middle * 2 >= kills, "{in_the_middle} of {kills}");
    bench.until(tip).await;
    let paid = (5 * kills).to_string();
    assert_eq!(bench.balance(Depth::Soft, &key(9)).await, paid);
    let roots = bench.roots(tip).await;
    let killed = Bench::on(folder, &chain).await;
    killed.until(tip).await;
    assert_eq!(killed.roots(tip).await, roots);
    let fresh = Bench::open(&chain).await;
    fresh.until(tip).await;
    assert_eq!(fresh.roots(tip).await, roots);
}

/// The block that the next item is mined in is replaced, with all that stand above it, as deep as the network of Arweave settles.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whole_nodes_agree_after_forks_of_settlement_depth() {
    const DEEP: u64 = 20;
    let chain = Loopback::start(Vec::new()).await;
    let balances = BTreeMap::from([(alice().address().clone(), 1_000 * TOKEN)]);
    let genesis = deploy::genesis(&founder(), origin(), Network::Arweave, &balances).unwrap();
    post(&chain, &[spawn(), genesis]).await;
    mine(&chain, 2).await;
    let (first, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let shutdown = Shutdown::new();
    let mut nodes = Vec::new();
    for folder in [&first, &second] {
        let url = chain.url.clone();
        nodes.push(whole(folder.path(), url, Some(origin()), DEEP, &shutdown).await);
    }
    let mut tip = mine(&chain, u32::try_from(DEEP).unwrap()).await;
    for (round, orphans) in [(0, Orphans::Mine), (1, Orphans::Drop)] {
        for number in 0..DEEP {
            post(&chain, &[transfer(round * DEEP + number, 1, &key(9))]).await;
            tip = mine(&chain, 1).await;
        }
        for node in &nodes {
            sits_over(node, tip).await;
        }
        chain.chain.fork(DEEP, orphans).await.unwrap();
        tip = mine(&chain, 1).await;
        for node in &nodes {
            sits_over(node, tip).await;
        }
    }
    shutdown.tell();
    assert!(shutdown.finished().await);
    for node in nodes {
        node.close().await;
    }
    let fresh = Bench::at_depth(DEEP, tempfile::tempdir().unwrap(), &chain).await;
    fresh.until(tip).await;
    let roots = fresh.roots(tip).await;
    let paid = fresh.balance(Depth::Soft, &key(9)).await;
    assert_eq!(
        paid,
        DEEP.to_string(),
        "of the second branch nothing came back"
    );
    for folder in [first, second] {
        let store = Store::open(folder.path()).await.unwrap();
        for (height, root) in (0..=tip).zip(&roots) {
            let own = court::root(&store, height).await.unwrap();
            assert_eq!(own.map(|own| own.root), *root, "after block {height}");
        }
        store.close().await;
    }
}
