//! Load: so many requests in flight until all items are sent or the time is over, either as fast as they are answered or at a
//! fixed pace.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until};

use super::cpu;
use super::kept_alive::{Answer, KeptAlive};
use super::quiet::Watch;

/// Whoever is told "not now" asks again after this long.
const ASK_AGAIN: Duration = Duration::from_millis(100);

/// How a run loads.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Load {
    /// Connections, each with one request at a time.
    pub(crate) in_flight: usize,
    /// Requests a second; none for as many as are answered.
    pub(crate) pace: Option<f64>,
    /// No request begins after this long.
    pub(crate) at_most: Duration,
}

/// What a run showed.
#[derive(Debug)]
pub(crate) struct Run {
    /// From the first request to the last answer.
    pub(crate) wall: Duration,
    /// Processor time of the rig meanwhile: the generator, and the base layer, which no real node has on its machine.
    pub(crate) rig_cpu: Duration,
    /// Processor time of the node meanwhile.
    pub(crate) node_cpu: Duration,
    /// Processor time of everything else on the machine.
    pub(crate) others_cpu: Duration,
    /// How often a request was told "not now".
    pub(crate) turned_away: usize,
    /// Of each acknowledged message, sorted.
    pub(crate) times: Vec<Duration>,
    /// Of those among them that were under way while other programs used little of the machine, sorted.
    pub(crate) quiet: Vec<Duration>,
}

impl Run {
    /// Messages a second as the clock saw them.
    pub(crate) fn rate(&self) -> f64 {
        self.times.len() as f64 / self.wall.as_secs_f64()
    }

    /// Messages a second with the rig's processor time taken off the machine's (D34).
    pub(crate) fn rate_without_rig(&self) -> f64 {
        let borrowed = self.rig_cpu / cpu::cores();
        self.times.len() as f64 / self.wall.saturating_sub(borrowed).as_secs_f64()
    }

    /// The part of the machine that others used.
    pub(crate) fn others(&self) -> f64 {
        self.others_cpu.as_secs_f64() / (self.wall * cpu::cores()).as_secs_f64()
    }

    /// Processor time a message, out of a run's.
    pub(crate) fn each(&self, time: Duration) -> Duration {
        time / u32::try_from(self.times.len().max(1)).unwrap_or(u32::MAX)
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
    /// Processor time of everything but node and rig.
    fn others_cpu(&self) -> Duration {
        let [node, rig, all] = self.cpu();
        all.saturating_sub(node + rig)
    }

    /// Processor time of the node, of the rig, and of the whole machine.
    fn cpu(&self) -> [Duration; 3] {
        let rig = cpu::used("self") + cpu::used(&self.base_layer);
        [cpu::used(&self.node), rig, cpu::used_by_all()]
    }
}

/// Sends `items` to `target`. At a pace, a request that has to wait for a free connection counts from when it was due.
pub(crate) async fn run(target: &Target, items: Vec<Bytes>, load: Load) -> Run {
    let connections = connect(target, load.in_flight).await;
    let begun = Instant::now();
    let due = |number: usize| {
        load.pace.map_or(begun, |rate| {
            begun + Duration::from_secs_f64(number as f64 / rate)
        })
    };
    let queue: VecDeque<_> = items
        .into_iter()
        .enumerate()
        .map(|(number, item)| (due(number), item))
        .collect();
    let queue: Queue = Arc::new(Mutex::new(queue));
    let before = target.cpu();
    let watched = target.clone();
    let watch = Watch::start(move || watched.others_cpu());
    let mut senders = JoinSet::new();
    for connection in connections {
        let sender = Sender {
            connection,
            queue: queue.clone(),
            paced: load.pace.is_some(),
            end: begun + load.at_most,
            turned_away: 0,
        };
        senders.spawn(sender.send_all());
    }
    let sent = senders.join_all().await;
    let (wall, after) = (begun.elapsed(), target.cpu());
    summed(sent, watch, wall, before, after)
}

async fn connect(target: &Target, count: usize) -> Vec<KeptAlive> {
    let mut connections = Vec::with_capacity(count);
    for _ in 0..count {
        let connected = KeptAlive::to(&target.url).await;
        connections.push(connected.expect("the unit takes connections"));
    }
    connections
}

fn summed(
    sent: Vec<(Vec<Sent>, usize)>,
    watch: Watch,
    wall: Duration,
    before: [Duration; 3],
    after: [Duration; 3],
) -> Run {
    let [node_cpu, rig_cpu, all] =
        std::array::from_fn(|which| after[which].saturating_sub(before[which]));
    let turned_away = sent.iter().map(|(_, turned_away)| turned_away).sum();
    let sent: Vec<Sent> = sent.into_iter().flat_map(|(sent, _)| sent).collect();
    let mut times: Vec<Duration> = sent.iter().map(|(_due, took)| *took).collect();
    times.sort_unstable();
    let mut quiet = watch.quiet(&sent);
    quiet.sort_unstable();
    Run {
        wall,
        rig_cpu,
        node_cpu,
        others_cpu: all.saturating_sub(node_cpu + rig_cpu),
        turned_away,
        times,
        quiet,
    }
}

/// When a request was due, and how long it took.
type Sent = (Instant, Duration);

struct Sender {
    connection: KeptAlive,
    queue: Queue,
    paced: bool,
    end: Instant,
    turned_away: usize,
}

impl Sender {
    async fn send_all(mut self) -> (Vec<Sent>, usize) {
        let mut sent = Vec::new();
        while let Some((due, item)) = self.next() {
            let begun = if self.paced { due } else { Instant::now() };
            if self.paced {
                sleep_until(due).await;
            }
            if begun > self.end || !self.send(&item).await {
                break;
            }
            sent.push((begun, begun.elapsed()));
        }
        (sent, self.turned_away)
    }

    fn next(&self) -> Option<(Instant, Bytes)> {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        queue.pop_front()
    }

    /// Until it is taken; false where the time was over before.
    async fn send(&mut self, item: &Bytes) -> bool {
        loop {
            match self.connection.post(item).await {
                Ok(Answer::Taken) => return true,
                Ok(Answer::NotNow) if Instant::now() < self.end => {
                    self.turned_away += 1;
                    sleep(ASK_AGAIN).await;
                }
                Ok(Answer::NotNow) => return false,
                other => panic!("{other:?}: {}", self.connection.last()),
            }
        }
    }
}
