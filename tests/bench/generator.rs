//! Load: so many requests in flight until all items are sent, either as fast as they are answered or at a fixed pace.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use super::cpu;
use super::kept_alive::KeptAlive;

/// What a run showed.
#[derive(Debug)]
pub(crate) struct Run {
    /// Acknowledged messages.
    pub(crate) count: usize,
    /// From the first request to the last answer.
    pub(crate) wall: Duration,
    /// Processor time of the rig meanwhile: the generator, and the base layer, which no real node has on its machine.
    pub(crate) rig_cpu: Duration,
    /// Processor time of the node meanwhile.
    pub(crate) node_cpu: Duration,
    /// Of each message, sorted.
    pub(crate) times: Vec<Duration>,
}

impl Run {
    /// Messages a second as the clock saw them.
    pub(crate) fn rate(&self) -> f64 {
        self.count as f64 / self.wall.as_secs_f64()
    }

    /// Messages a second with the rig's processor time taken off the machine's (D34).
    pub(crate) fn rate_without_rig(&self) -> f64 {
        let borrowed = self.rig_cpu / cpu::cores();
        self.count as f64 / self.wall.saturating_sub(borrowed).as_secs_f64()
    }
}

type Queue = Arc<Mutex<VecDeque<(Instant, Bytes)>>>;

/// Whom a run loads, and whose processor time is counted as what.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    /// Root of the unit.
    pub(crate) url: String,
    /// The node's process.
    pub(crate) node: String,
    /// The base layer's process.
    pub(crate) base_layer: String,
}

impl Target {
    /// Processor time of the node, and of the rig.
    fn cpu(&self) -> (Duration, Duration) {
        (
            cpu::used(&self.node),
            cpu::used("self") + cpu::used(&self.base_layer),
        )
    }
}

/// Sends `items` to `target` over `in_flight` connections. At a pace, a request that has to wait for a free connection counts
/// from when it was due.
pub(crate) async fn run(
    target: &Target,
    items: Vec<Bytes>,
    in_flight: usize,
    pace: Option<f64>,
) -> Run {
    let count = items.len();
    let mut connections = Vec::with_capacity(in_flight);
    for _ in 0..in_flight {
        connections.push(
            KeptAlive::to(&target.url)
                .await
                .expect("the unit takes connections"),
        );
    }
    let begun = Instant::now();
    let due = |number: usize| {
        pace.map_or(begun, |rate| {
            begun + Duration::from_secs_f64(number as f64 / rate)
        })
    };
    let queue: Queue = Arc::new(Mutex::new(
        items
            .into_iter()
            .enumerate()
            .map(|(n, item)| (due(n), item))
            .collect(),
    ));
    let before = target.cpu();
    let mut senders = JoinSet::new();
    for connection in connections {
        senders.spawn(send(connection, Arc::clone(&queue), pace.is_some()));
    }
    let mut times: Vec<Duration> = senders.join_all().await.into_iter().flatten().collect();
    let (wall, after) = (begun.elapsed(), target.cpu());
    times.sort_unstable();
    let (node_cpu, rig_cpu) = (
        after.0.saturating_sub(before.0),
        after.1.saturating_sub(before.1),
    );
    Run {
        count,
        wall,
        rig_cpu,
        node_cpu,
        times,
    }
}

async fn send(mut connection: KeptAlive, queue: Queue, paced: bool) -> Vec<Duration> {
    let mut times = Vec::new();
    loop {
        let next = queue
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop_front();
        let Some((due, item)) = next else {
            return times;
        };
        let begun = if paced { due } else { Instant::now() };
        sleep_until(begun).await;
        let taken = connection.post(&item).await;
        assert!(
            taken.as_ref().is_ok_and(|taken| *taken),
            "{taken:?}: {}",
            connection.last()
        );
        times.push(begun.elapsed());
    }
}
