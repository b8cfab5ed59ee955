//! The scheduler under load: a network of one node, its processes, and how far its publication is.

use std::time::{Duration, Instant};

use aosec_tests::harness::{Node, World, draft, http};
use aosec_wire::{Id, SigningKey};
use bytes::Bytes;

use super::cpu;
use super::generator::{Load, Run, Target, run};

/// Requests in flight (D34).
pub(crate) const IN_FLIGHT: usize = 256;
/// Publication that has not caught up after so long is told as it is.
const DRAIN_AT_MOST: Duration = Duration::from_secs(60);
/// Between two looks at the backlog.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// The kernel's least urgent one.
const LOWEST_PRIORITY: i32 = 19;
/// Spawns that wait for a scheduler longer than this are a fault.
const SPAWN_AT_MOST: Duration = Duration::from_secs(60);

/// A network of one node.
pub(crate) struct Scheduler {
    pub(crate) world: World,
    node: Node,
    target: Target,
}

/// How publication stood when a load ended.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lag {
    /// Messages that were in no block yet.
    pub(crate) waiting: u64,
    /// Until all were; none where they were not in time.
    pub(crate) drained: Option<Duration>,
}

impl Scheduler {
    pub(crate) fn start() -> Self {
        let world = World::start(1);
        let node = world.node(0);
        let target = Target {
            url: node.su.clone(),
            node: node.pid.to_string(),
            base_layer: world.base_layer_pid().to_string(),
        };
        Self {
            world,
            node,
            target,
        }
    }

    /// New processes; `name` tells them from all others.
    pub(crate) async fn spawn(&self, key: &SigningKey, name: &str, count: usize) -> Vec<Id> {
        let devnet = self.world.devnet();
        let spawn = |number: usize| {
            draft::named_process(
                key,
                devnet,
                &self.node,
                &format!("{name}-{number}-of-{count}"),
            )
        };
        let items: Vec<_> = (0..count).map(spawn).collect();
        let bytes = items.iter().map(|item| item.bytes().clone()).collect();
        let load = Load {
            in_flight: IN_FLIGHT.min(count),
            pace: None,
            at_most: SPAWN_AT_MOST,
        };
        let taken = run(&self.target, bytes, load).await.times.len();
        assert_eq!(taken, count, "every spawn is taken");
        items.iter().map(|item| item.id()).collect()
    }

    /// From now on the base layer runs only where nothing else wants a core: it verifies the thousands of items of a transaction
    /// in one go, and no real node has it on its machine.
    pub(crate) fn base_layer_yields(&self) {
        let threads = format!("/proc/{}/task", self.target.base_layer);
        let threads = std::fs::read_dir(threads).expect("the base layer runs");
        for thread in threads.filter_map(Result::ok) {
            let id = thread.file_name().to_str().and_then(|id| id.parse().ok());
            let id = id.and_then(rustix::process::Pid::from_raw);
            // A thread that has ended since needs nothing.
            let _ = rustix::process::setpriority_process(id, LOWEST_PRIORITY);
        }
    }

    /// Loads the scheduler with `items`.
    pub(crate) async fn load(
        &self,
        items: Vec<Bytes>,
        pace: Option<f64>,
        at_most: Duration,
    ) -> Run {
        let load = Load {
            in_flight: IN_FLIGHT,
            pace,
            at_most,
        };
        run(&self.target, items, load).await
    }

    /// Processor time of the node for each message, publication included: until everything is in a block.
    pub(crate) async fn cost(&self, items: Vec<Bytes>, at_most: Duration) -> Duration {
        self.drained().await;
        let before = cpu::used(&self.target.node);
        let run = self.load(items, None, at_most).await;
        self.drained().await;
        let used = cpu::used(&self.target.node).saturating_sub(before);
        used / u32::try_from(run.times.len().max(1)).unwrap_or(u32::MAX)
    }

    /// Waits until the node has nothing left to publish, so that no run pays for the one before.
    pub(crate) async fn drained(&self) -> Lag {
        let (begun, waiting) = (Instant::now(), self.backlog().await);
        while begun.elapsed() < DRAIN_AT_MOST {
            if self.backlog().await == 0 {
                let drained = Some(begun.elapsed());
                return Lag { waiting, drained };
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        Lag {
            waiting,
            drained: None,
        }
    }

    async fn backlog(&self) -> u64 {
        let page = http::get(&format!("{}/metrics", self.node.web)).await;
        let page = page.expect("the node's own page").text;
        let value = page
            .lines()
            .find_map(|line| line.strip_prefix("aosec_su_publication_backlog_slots "));
        value
            .and_then(|text| text.parse().ok())
            .expect("the metric of the backlog")
    }

    /// The node.
    pub(crate) fn node(&self) -> &Node {
        &self.node
    }

    /// Processor time that the node has used.
    pub(crate) fn used(&self) -> Duration {
        cpu::used(&self.target.node)
    }

    /// Memory of the node.
    pub(crate) fn resident_bytes(&self) -> u64 {
        cpu::resident_bytes(&self.target.node)
    }
}
