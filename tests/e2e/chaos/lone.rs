//! One scheduler without a supervisor, killed by the test's own hand at random instants: in the load, on its way down, on its
//! way up again.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use aosec_tests::harness::base_layer;
use aosec_tests::harness::deadline::within;
use aosec_tests::harness::load::Load;
use aosec_tests::harness::lone::{Flags, Launched, LoneNode};
use aosec_tests::harness::{Devnet, draft, http, seed::Seed, su_log};
use aosec_wire::{Assignment, SigningKey};
use tempfile::TempDir;
use tokio::task::JoinSet;

/// Senders of one scheduler: enough that every batch holds several messages, few enough that the others have a share of the
/// machine.
const SENDERS: usize = 8;
/// When in a round the power goes.
const KILL_AFTER: (Duration, Duration) = (Duration::from_millis(10), Duration::from_millis(350));
/// When it goes after the node was asked to stop: a stop takes less than this.
const KILL_IN_STOP_AFTER: (Duration, Duration) = (Duration::ZERO, Duration::from_millis(120));
/// When it goes again, counted from the start: most starts take less than this.
const KILL_IN_START_AFTER: (Duration, Duration) = (Duration::ZERO, Duration::from_millis(600));
/// One request, or a few, to a living node.
const STEP: Duration = Duration::from_secs(60);

pub(super) struct Lone {
    index: usize,
    gateway: String,
    folder: TempDir,
    node: LoneNode,
    load: Arc<Load>,
    log: Vec<Assignment>,
}

impl Lone {
    /// A new scheduler with the keys of the devnet's node `index`, and a process on it.
    pub(super) async fn begin(
        index: usize,
        devnet: &Devnet,
        gateway: &str,
        seed: &mut Seed,
    ) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let node = start(index, gateway, &folder).await;
        let key = SigningKey::ed25519(seed.bytes());
        let spawn = draft::process(&key, devnet, &base_layer::scheduler(index));
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
            index,
            gateway: gateway.to_owned(),
            folder,
            node,
            load: Load::new(key, spawn.id()),
            log: Vec::new(),
        }
    }

    /// Load, a kill in it or while it stops, one time in three another one while it starts, recovery, judgement.
    pub(super) async fn round(&mut self, seed: &mut Seed, round: usize) {
        let mut crowd = self.crowd();
        tokio::time::sleep(seed.between(KILL_AFTER.0, KILL_AFTER.1)).await;
        if seed.below(4) == 0 {
            self.node.ask_to_stop();
            tokio::time::sleep(seed.between(KILL_IN_STOP_AFTER.0, KILL_IN_STOP_AFTER.1)).await;
        }
        self.node.kill();
        crowd.shutdown().await;
        while seed.below(3) == 0 {
            let launched = Place::of(&self.folder).launch(self.index, &self.gateway);
            tokio::time::sleep(seed.between(KILL_IN_START_AFTER.0, KILL_IN_START_AFTER.1)).await;
            launched.kill();
        }
        self.node = start(self.index, &self.gateway, &self.folder).await;
        within(
            "sending again what was not answered",
            STEP,
            self.load.send_again(&self.node.su),
        )
        .await;
        self.judge(&format!("round {round}")).await;
    }

    fn crowd(&self) -> JoinSet<()> {
        let su = &self.node.su;
        let mut crowd = JoinSet::new();
        for _ in 0..SENDERS {
            crowd.spawn(Arc::clone(&self.load).keep_sending(su.clone(), su.clone()));
        }
        crowd.spawn(Arc::clone(&self.load).keep_reading(su.clone()));
        crowd
    }

    /// Reads what is new in the log and holds the whole of it against everything seen and promised.
    async fn judge(&mut self, when: &str) {
        let after = i64::try_from(self.log.len()).expect("a short log") - 1;
        let reading = su_log::read(&self.node.su, self.load.process(), after);
        let new = within("reading the log", STEP, reading).await;
        let tail = || format!("scheduler {}, {when}:\n{}", self.index, self.node.tail());
        self.log
            .extend(new.unwrap_or_else(|error| panic!("{error:?}, {}", tail())));
        let broken = self.load.memory().ledger.judge(&self.log);
        if !broken.is_empty() {
            // What is left is looked at by whoever reads this.
            self.folder.disable_cleanup(true);
        }
        let (slots, place) = (self.log.len(), self.folder.path().display());
        assert!(
            broken.is_empty(),
            "{broken:?}, {slots} slots were shown, {place} is kept, {}",
            tail()
        );
    }

    /// The log as a whole once more. Gives its slots, and the promises that it keeps.
    pub(super) async fn end(mut self) -> (usize, usize) {
        self.log.clear();
        self.judge("end").await;
        let promises = self.load.memory().ledger.promises();
        (self.log.len(), promises)
    }
}

/// Where a scheduler lies.
struct Place {
    data: PathBuf,
    log: PathBuf,
}

impl Place {
    fn of(folder: &TempDir) -> Self {
        let [data, log] = ["node", "log"].map(|name| folder.path().join(name));
        Self { data, log }
    }

    fn launch(&self, keys: usize, gateway: &str) -> Launched {
        let mut flags = Flags::scheduler(gateway, 0);
        flags.keys = Some(keys);
        flags.launch(&self.data, &self.log)
    }
}

async fn start(index: usize, gateway: &str, folder: &TempDir) -> LoneNode {
    let node = Place::of(folder).launch(index, gateway).up().await;
    let node = node.unwrap_or_else(|refused| panic!("{}", refused.log));
    if let Err(said) = node.ready().await {
        panic!("not ready: {said}\n{}", node.tail());
    }
    node
}
