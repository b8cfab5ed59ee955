//! One scheduler on a folder of its own, a process in it, its load, and the judgement over its log.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use aosec_tests::harness::base_layer::{self, BaseLayer};
use aosec_tests::harness::deadline::within;
use aosec_tests::harness::ledger::Broken;
use aosec_tests::harness::load::{Load, SENDERS};
use aosec_tests::harness::lone::{LoneNode, Refused};
use aosec_tests::harness::{draft, http, su_log};
use aosec_wire::SigningKey;
use tokio::task::JoinSet;

/// One request, or a few, to a living node.
pub(super) const STEP: Duration = Duration::from_secs(60);

pub(super) struct Stand {
    pub(super) base: BaseLayer,
    pub(super) node: LoneNode,
    pub(super) load: Arc<Load>,
    log: PathBuf,
}

impl Stand {
    /// A new node on `data`, with a process whose first slots are taken. Its log stands in `log`.
    pub(super) async fn begin(data: &Path, log: &Path, secret: [u8; 32]) -> Self {
        let base = BaseLayer::for_nodes(1).await;
        let node = started(LoneNode::start(data, base.url.as_str(), log).await);
        node.ready().await.expect("a new node becomes ready");
        let key = SigningKey::ed25519(secret);
        let spawn = draft::process(&key, &base.devnet(), &base_layer::scheduler(0));
        let answer = within(
            "a first slot",
            STEP,
            http::post_item(&node.su, spawn.bytes().clone()),
        )
        .await;
        assert!(
            answer.as_ref().is_ok_and(http::Answer::is_success),
            "{answer:?}\n{}",
            node.tail()
        );
        Self {
            base,
            node,
            load: Load::new(key, spawn.id()),
            log: log.to_owned(),
        }
    }

    /// Kills the node and starts it on `data` again, or on another folder in its place.
    pub(super) async fn restart(&mut self, data: &Path) {
        self.node.kill();
        self.node = started(LoneNode::start(data, self.base.url.as_str(), &self.log).await);
        self.node
            .ready()
            .await
            .expect("the node becomes ready again");
    }

    /// Many senders for `time`, then none.
    pub(super) async fn under_load(&self, time: Duration) {
        let mut crowd = self.crowd();
        tokio::time::sleep(time).await;
        crowd.shutdown().await;
    }

    pub(super) fn crowd(&self) -> JoinSet<()> {
        let su = &self.node.su;
        let mut crowd = JoinSet::new();
        for _ in 0..SENDERS {
            crowd.spawn(Arc::clone(&self.load).keep_sending(su.clone(), su.clone()));
        }
        crowd.spawn(Arc::clone(&self.load).keep_reading(su.clone()));
        crowd
    }

    /// What is broken in the log that the node serves, after everything unanswered was sent again.
    pub(super) async fn settle(&self) -> Vec<Broken> {
        within(
            "sending again what was not answered",
            STEP,
            self.load.send_again(&self.node.su),
        )
        .await;
        self.judge().await
    }

    /// What is broken in the log that the node serves.
    pub(super) async fn judge(&self) -> Vec<Broken> {
        let log = su_log::read(&self.node.su, self.load.process(), -1).await;
        let log = log.unwrap_or_else(|error| panic!("{error:?}\n{}", self.node.tail()));
        self.load.memory().ledger.judge(&log)
    }
}

pub(super) fn started(node: Result<LoneNode, Refused>) -> LoneNode {
    node.unwrap_or_else(|refused| panic!("the node refused to start:\n{}", refused.log))
}
