//! A base layer, folders of nodes with one scheduler key, one process with its load, and the operator's hand.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use aosec_tests::harness::base_layer::{self, BaseLayer};
use aosec_tests::harness::deadline::{until, within};
use aosec_tests::harness::http::{self, Answer};
use aosec_tests::harness::load::Load;
use aosec_tests::harness::lone::{Flags, LoneNode};
use aosec_tests::harness::{binary, draft, seed::Seed, su_log};
use aosec_wire::{Id, SigningKey, VerifiedItem};
use serde_json::Value;
use tempfile::TempDir;

/// One request, or a few, to a living node; a block, or a few.
pub(super) const STEP: Duration = Duration::from_secs(60);
/// Blocks that a start waits: some looks of a running node at what its key has published.
pub(super) const WAIT_BLOCKS: u64 = 4;
/// Messages sent to a node that must not sign: would one of them get a slot that another has?
const FURTHER: usize = 3;
const SENDERS: usize = 6;

pub(super) struct House {
    pub(super) base: BaseLayer,
    pub(super) load: Arc<Load>,
    key: SigningKey,
    spawn: VerifiedItem,
    folder: TempDir,
}

impl House {
    /// A base layer, and a process that no node has seen yet.
    pub(super) async fn new(name: &str) -> Self {
        let base = BaseLayer::for_nodes(1).await;
        let key = SigningKey::ed25519(Seed::announced(name).bytes());
        let spawn = draft::process(&key, &base.devnet(), &base_layer::scheduler(0));
        Self {
            load: Load::new(key.clone(), spawn.id()),
            folder: tempfile::tempdir().expect("a temporary folder"),
            base,
            key,
            spawn,
        }
    }

    /// The folder of that name.
    pub(super) fn place(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Starts a node on the folder of that name; waits until it answers, not until it signs.
    pub(super) async fn start(&self, name: &str, wait_blocks: u64) -> LoneNode {
        let (data, log) = (self.place(name), self.place(&format!("{name}.log")));
        let flags = Flags::scheduler(self.base.url.as_str(), wait_blocks);
        let node = flags.launch(&data, &log).up().await;
        node.unwrap_or_else(|refused| panic!("it starts, at least to observe:\n{}", refused.log))
    }

    /// Starts a node and waits until it signs.
    pub(super) async fn signing(&self, name: &str) -> LoneNode {
        let node = self.start(name, WAIT_BLOCKS).await;
        if let Err(said) = node.ready().await {
            panic!("it does not sign: {said}\n{}", node.tail());
        }
        node
    }

    /// A new node that signs, with the process and some slots of it.
    pub(super) async fn settled(&self, name: &str) -> LoneNode {
        let node = self.signing(name).await;
        let answer = http::post_item(&node.su, self.spawn.bytes().clone()).await;
        assert!(
            answer.as_ref().is_ok_and(Answer::is_success),
            "{answer:?}\n{}",
            node.tail()
        );
        self.more(&node).await;
        node
    }

    /// Some more slots.
    pub(super) async fn more(&self, node: &LoneNode) {
        let mut crowd = tokio::task::JoinSet::new();
        for _ in 0..SENDERS {
            crowd.spawn(Arc::clone(&self.load).keep_sending(node.su.clone(), node.su.clone()));
        }
        tokio::time::sleep(Duration::from_millis(400)).await;
        crowd.shutdown().await;
        within("answers", STEP, self.load.send_again(&node.su)).await;
    }

    /// A process beside the first one gets its slot.
    pub(super) async fn another_process(&self, node: &LoneNode, name: &str) {
        let devnet = self.base.devnet();
        let spawn = draft::named_process(&self.key, &devnet, &base_layer::scheduler(0), name);
        let answer = http::post_item(&node.su, spawn.bytes().clone()).await;
        assert!(
            answer.as_ref().is_ok_and(Answer::is_success),
            "all other processes go on: {answer:?}\n{}",
            node.tail()
        );
    }

    /// Further messages are refused, all in these words; none is signed. What is at hand is still read.
    pub(super) async fn refuses(&self, node: &LoneNode, words: &[&str]) {
        for number in 0..FURTHER {
            let item = self.load.next_item(number.to_string());
            let answer = http::post_item(&node.su, item.bytes().clone()).await;
            let answer = answer.expect("a refusal is an answer");
            assert_eq!(answer.status, 503, "{answer:?}\n{}", node.tail());
            let said = answer.error().unwrap_or_default();
            told(&said, words);
        }
        self.load.memory().unanswered.clear();
    }

    /// Waits until the node observes, and gives the reason that its page tells.
    pub(super) async fn observes(&self, node: &LoneNode) -> String {
        let url = format!("{}/status", node.web);
        let observer = async || {
            let guard = http::get(&url).await.ok()?.json()["guard"].take();
            (guard["state"] == "observer").then(|| guard["reason"].as_str().map(str::to_owned))?
        };
        let reason = until("the node observes", STEP, observer).await;
        let ready = http::get(&format!("{}/ready", node.web))
            .await
            .expect("an answer");
        assert_eq!(ready.status, 503, "{ready:?}");
        assert_eq!(
            ready.error().as_deref(),
            Some(reason.as_str()),
            "/ready tells the same"
        );
        reason
    }

    /// Waits until all that was signed stands on the base layer.
    pub(super) async fn published(&self, node: &LoneNode) {
        let url = format!("{}/status", node.web);
        let empty = async || {
            let status = http::get(&url).await.ok()?.json();
            (status["unpublished"] == 0).then_some(())
        };
        until("everything is published", STEP, empty).await;
    }

    /// Nothing that was ever acknowledged is lost, moved or doubled, and no slot was signed twice.
    pub(super) async fn is_whole(&self, node: &LoneNode) {
        within("answers", STEP, self.load.send_again(&node.su)).await;
        let log = su_log::read(&node.su, self.load.process(), -1).await;
        let log = log.unwrap_or_else(|error| panic!("{error:?}\n{}", node.tail()));
        let broken = self.load.memory().ledger.judge(&log);
        assert!(broken.is_empty(), "{broken:?}\n{}", node.tail());
    }

    pub(super) fn process(&self) -> Id {
        self.load.process()
    }

    /// `aosec guard …` with `--json`: its exit code, what it printed, what it said.
    pub(super) fn guard(&self, arguments: &[&str]) -> Said {
        let mut command = Command::new(binary::aosec());
        command.arg("guard").args(arguments).arg("--json");
        let output = command.output().expect("the binary runs");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Said {
            code: output.status.code(),
            json: serde_json::from_slice(&output.stdout).unwrap_or_default(),
            error: text(&output.stderr),
        }
    }

    /// `aosec guard resume` on the operator's word, with a short cool-down.
    pub(super) fn resume(&self, name: &str) -> Said {
        let data = self.place(name);
        let gateway = self.base.url.as_str();
        self.guard(&[
            "resume",
            "--data",
            path(&data),
            "--gateway",
            gateway,
            "--cool-down",
            "3",
            "--yes",
        ])
    }
}

/// What a command came to.
#[derive(Debug)]
pub(super) struct Said {
    pub(super) code: Option<i32>,
    pub(super) json: Value,
    pub(super) error: String,
}

impl Said {
    /// Its result, where it did what it was asked.
    pub(super) fn done(self) -> Value {
        assert_eq!(self.code, Some(0), "{self:?}");
        self.json
    }

    /// It was refused in these words.
    pub(super) fn refused(&self, words: &[&str]) {
        assert_eq!(self.code, Some(4), "{self:?}");
        told(&self.error, words);
    }
}

/// Every word stands in the text.
pub(super) fn told(text: &str, words: &[&str]) {
    for word in words {
        assert!(text.contains(word), "'{word}' is not told: {text}");
    }
}

pub(super) fn path(path: &Path) -> &str {
    path.to_str().expect("a plain path")
}

/// A copy of a folder or file, as a backup makes it.
pub(super) fn copy(from: &Path, to: &Path) {
    let copied = Command::new("cp").arg("-a").arg(from).arg(to).output();
    assert!(
        copied.is_ok_and(|output| output.status.success()),
        "a copy of {}",
        from.display()
    );
}

/// The files of the database in `from` take the place of those in `to`.
pub(super) fn bring_back_database(from: &Path, to: &Path) {
    for name in ["aosec.db", "aosec.db-wal", "aosec.db-shm"] {
        let (old, new) = (from.join(name), to.join(name));
        if new.exists() {
            std::fs::remove_file(&new).expect("a file of a stopped node");
        }
        if old.exists() {
            copy(&old, &new);
        }
    }
}
