//! One process that lives through kills of its host, and the judgement over its log.

use std::sync::Arc;
use std::time::Duration;

use aosec_tests::harness::deadline::{until, within};
use aosec_tests::harness::{World, draft, http, seed::Seed, su_log};
use aosec_wire::{Assignment, Id, SigningKey};
use tokio::task::JoinSet;

use aosec_tests::harness::load::{Load, SENDERS};

/// The node that orders the process, and the other one.
const HOST: usize = 0;
const OTHER: usize = 1;
/// When in a round the power goes.
const KILL_AFTER: (Duration, Duration) = (Duration::from_millis(20), Duration::from_millis(900));
/// When after a restart it goes again.
const KILL_AGAIN_AFTER: (Duration, Duration) = (Duration::ZERO, Duration::from_millis(700));
/// One request, or a few, to a living node.
const STEP: Duration = Duration::from_secs(60);
/// Replaying a life's whole log on both nodes, in a dev build.
const REPLAY: Duration = Duration::from_secs(150);

/// Keeps the sum of all notes, so that a lost, doubled or moved slot changes the state root.
const HANDLER: &str = r#"
    Sum, Notes = 0, 0
    Handlers.add("note", Handlers.utils.hasMatchingTag("Action", "Note"), function(msg)
        Notes = Notes + 1
        Sum = (Sum * 31 + tonumber(msg.Data)) % 1000000007
    end)"#;

pub(super) struct Life<'a> {
    world: &'a World,
    process: Id,
    load: Arc<Load>,
    log: Vec<Assignment>,
}

impl<'a> Life<'a> {
    pub(super) async fn begin(world: &'a World, secret: [u8; 32]) -> Self {
        let key = SigningKey::ed25519(secret);
        let host = world.node(HOST);
        let spawn = draft::process(&key, world.devnet(), &host);
        let process = spawn.id();
        let lua = draft::message(&key, process, "Eval", HANDLER);
        for item in [spawn, lua] {
            let answer = within(
                "a first slot",
                STEP,
                http::post_item(&host.su, item.bytes().clone()),
            )
            .await;
            assert!(
                answer.as_ref().is_ok_and(http::Answer::is_success),
                "{answer:?}\n{}",
                world.logs()
            );
        }
        Self {
            world,
            process,
            load: Load::new(key, process),
            log: Vec::new(),
        }
    }

    /// Load, one or two kills in it, recovery, judgement.
    pub(super) async fn round(&mut self, seed: &mut Seed, round: usize) {
        let mut crowd = self.crowd();
        tokio::time::sleep(seed.between(KILL_AFTER.0, KILL_AFTER.1)).await;
        let victims: &[usize] = match seed.below(10) {
            0..7 => &[HOST],
            7..9 => &[OTHER],
            _ => &[HOST, OTHER],
        };
        for &victim in victims {
            self.kill(victim, seed).await;
        }
        crowd.shutdown().await;
        within(
            "sending again what was not answered",
            STEP,
            self.load.send_again(&self.world.node(HOST).su),
        )
        .await;
        self.judge(&format!("round {round}")).await;
    }

    fn crowd(&self) -> JoinSet<()> {
        let (host, other) = (self.world.node(HOST), self.world.node(OTHER));
        let mut crowd = JoinSet::new();
        for _ in 0..SENDERS {
            crowd.spawn(Arc::clone(&self.load).keep_sending(host.su.clone(), other.mu.clone()));
        }
        crowd.spawn(Arc::clone(&self.load).keep_reading(host.su));
        crowd
    }

    /// One kill; one time in three another one while the node recovers.
    async fn kill(&self, victim: usize, seed: &mut Seed) {
        let mut before = self.world.node(victim).pid;
        self.world.kill(victim);
        if seed.below(3) == 0 {
            let again = async || Some(self.world.node(victim).pid).filter(|pid| *pid != before);
            before = until("the supervisor starts the node again", STEP, again).await;
            tokio::time::sleep(seed.between(KILL_AGAIN_AFTER.0, KILL_AGAIN_AFTER.1)).await;
            self.world.kill(victim);
        }
        self.world.wait_for_restart(victim, before).await;
    }

    /// Reads what is new in the log and holds the whole of it against everything seen and promised.
    async fn judge(&mut self, when: &str) {
        let after = i64::try_from(self.log.len()).expect("a short log") - 1;
        let new = within(
            "reading the log",
            STEP,
            su_log::read(&self.world.node(HOST).su, self.process, after),
        )
        .await;
        self.log
            .extend(new.unwrap_or_else(|error| panic!("{when}: {error:?}\n{}", self.world.logs())));
        let mut memory = self.load.memory();
        let broken = memory.ledger.judge(&self.log);
        let told: Vec<String> = broken.iter().take(10).map(ToString::to_string).collect();
        assert!(
            broken.is_empty(),
            "{when}: {}\n{}",
            told.join("; "),
            self.world.logs()
        );
        eprintln!(
            "{when}: {} slots, {} promises kept",
            self.log.len(),
            memory.ledger.promises()
        );
    }

    /// The log as a whole once more, and the same state on both nodes.
    pub(super) async fn end(mut self) {
        self.log.clear();
        self.judge("end").await;
        let slot = self.log.last().expect("a log is never empty").nonce();
        let mut roots = Vec::new();
        for index in [HOST, OTHER] {
            let url = format!(
                "{}/root/{}?slot={slot}",
                self.world.node(index).cu,
                self.process
            );
            let replayed = async || {
                http::get(&url).await.ok()?.json()["root"]
                    .as_str()
                    .map(str::to_owned)
            };
            roots.push(until("the state root after replay", REPLAY, replayed).await);
        }
        assert_eq!(
            roots[0], roots[1],
            "two nodes replay {slot} slots to one state"
        );
    }
}

/// One kill, and the wait until the node is ready again.
pub(super) async fn kill_and_wait(world: &World, victim: usize) {
    let before = world.node(victim).pid;
    world.kill(victim);
    world.wait_for_restart(victim, before).await;
}
