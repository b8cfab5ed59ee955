//! A base layer that the test holds: blocks, a pool, gateways that forget, forks, and a stop at any call. And a reader that
//! knows of the logs only what stands in its blocks.

use std::collections::BTreeSet;

use aosec_wire::record::{LogRecord, NO_ORIGIN};

use super::*;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Body {
    Data(Vec<VerifiedItem>),
    Log(Vec<Bytes>),
}

/// What happens at the call at which a node is stopped for good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// The call never arrives.
    Before,
    /// It does what it should, and its answer never arrives.
    After,
}

#[derive(Debug, Default)]
pub(super) struct Layer(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    blocks: Vec<Vec<Id>>,
    pool: Vec<Id>,
    bodies: BTreeMap<Id, Body>,
    posts: u32,
    calls: u32,
    stop: Option<(u32, Stop)>,
    is_down: bool,
    forgets: bool,
}

impl Layer {
    pub(super) fn new() -> Arc<Self> {
        Arc::default()
    }

    pub(super) fn set_down(&self, is_down: bool) {
        self.state().is_down = is_down;
    }

    /// What is posted from now on is taken and forgotten.
    pub(super) fn set_forgetful(&self, forgets: bool) {
        self.state().forgets = forgets;
    }

    /// Stops whoever makes the call of this number, counted from now.
    pub(super) fn stop_at(&self, call: Option<(u32, Stop)>) {
        let mut state = self.state();
        (state.calls, state.stop) = (0, call);
    }

    pub(super) fn was_stopped(&self) -> bool {
        let state = self.state();
        state.stop.is_some_and(|(call, _)| state.calls > call)
    }

    /// A block of what waits, in the order that `order` makes of it.
    pub(super) fn mine(&self, order: impl FnOnce(&mut Vec<Id>)) {
        let mut state = self.state();
        let mut block = std::mem::take(&mut state.pool);
        order(&mut block);
        state.blocks.push(block);
    }

    /// A block of those that `wanted` picks by id and by whether they carry records; the others wait on.
    pub(super) fn mine_some(&self, wanted: impl Fn(Id, bool) -> bool) {
        let mut state = self.state();
        let pool = std::mem::take(&mut state.pool);
        let is_log = |tx: &Id| matches!(state.bodies[tx], Body::Log(_));
        let (block, pool) = pool.into_iter().partition(|tx| wanted(*tx, is_log(tx)));
        state.blocks.push(block);
        state.pool = pool;
    }

    /// A transaction that waits is gone.
    pub(super) fn drop_waiting(&self, tx: Id) {
        self.state().pool.retain(|waiting| *waiting != tx);
    }

    /// How many blocks a fork must replace to reach the first record.
    pub(super) fn blocks_since_first_log(&self) -> usize {
        let state = self.state();
        let has_log = |block: &Vec<Id>| {
            let mut bodies = block.iter().map(|tx| &state.bodies[tx]);
            bodies.any(|body| matches!(body, Body::Log(_)))
        };
        let first = state.blocks.iter().position(has_log);
        state.blocks.len() - first.unwrap_or(state.blocks.len())
    }

    /// The Log transactions that wait.
    pub(super) fn waiting_logs(&self) -> Vec<Id> {
        let state = self.state();
        let pool = state.pool.iter().copied();
        pool.filter(|tx| matches!(state.bodies[tx], Body::Log(_)))
            .collect()
    }

    /// All that wait, and what each of them carries.
    pub(super) fn waiting(&self) -> Vec<(Id, Body)> {
        let state = self.state();
        let pool = state.pool.iter();
        pool.map(|tx| (*tx, state.bodies[tx].clone())).collect()
    }

    /// Replaces the last blocks by a longer branch of empty ones; their transactions wait again, or are gone.
    pub(super) fn fork(&self, depth: usize, keep: bool) {
        let mut state = self.state();
        let from = state.blocks.len().saturating_sub(depth);
        let orphans: Vec<_> = state.blocks.drain(from..).flatten().collect();
        state.blocks.resize(from + depth + 1, Vec::new());
        if keep {
            state.pool.extend(orphans);
        }
    }

    pub(super) fn tip_height(&self) -> u64 {
        HEIGHT + self.state().blocks.len() as u64
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// Performs a call, unless the node is stopped at it.
    async fn call<T>(&self, act: impl FnOnce(&mut State) -> T) -> Result<T, PortError> {
        let (stop, result) = {
            let mut state = self.state();
            let at = state.calls;
            state.calls += 1;
            let stop = state.stop.filter(|(call, _)| at >= *call);
            let stop = stop.map(|(call, how)| if at > call { Stop::Before } else { how });
            if stop == Some(Stop::Before) {
                (stop, None)
            } else if state.is_down {
                (stop, Some(Err(PortError::new("down"))))
            } else {
                (stop, Some(Ok(act(&mut state))))
            }
        };
        match (stop, result) {
            (None, Some(result)) => result,
            _ => std::future::pending().await,
        }
    }

    async fn post(&self, body: Body) -> Result<Id, PortError> {
        self.call(|state| {
            state.posts += 1;
            let tx = Id::sha256(&state.posts.to_be_bytes());
            if !state.forgets {
                state.pool.push(tx);
                state.bodies.insert(tx, body);
            }
            tx
        })
        .await
    }
}

impl State {
    fn whereabouts(&self, tx: Id) -> Whereabouts {
        let holds = |block: &Vec<Id>| block.contains(&tx);
        match self.blocks.iter().position(holds) {
            Some(index) => Whereabouts::Mined(Mined {
                height: HEIGHT + index as u64 + 1,
                confirmations: (self.blocks.len() - index) as u64,
            }),
            None if self.pool.contains(&tx) => Whereabouts::Pending,
            None => Whereabouts::Unknown,
        }
    }
}

impl Tip for Layer {
    fn height(&self) -> Option<u64> {
        Some(self.tip_height())
    }

    fn still_for(&self) -> Duration {
        Duration::ZERO
    }
}

impl BaseLayer for Layer {
    fn item(&self, _id: Id) -> Answer<'_, Option<VerifiedItem>> {
        Box::pin(async { Ok(None) })
    }

    fn whereabouts(&self, tx: Id) -> Answer<'_, Whereabouts> {
        Box::pin(self.call(move |state| state.whereabouts(tx)))
    }

    fn data_bytes(&self, _tx: Id) -> Answer<'_, Option<u64>> {
        Box::pin(async { Ok(None) })
    }

    fn post_data(&self, items: Vec<VerifiedItem>) -> Answer<'_, Id> {
        Box::pin(self.post(Body::Data(items)))
    }

    fn post_log(&self, records: Vec<Bytes>) -> Answer<'_, Id> {
        Box::pin(self.post(Body::Log(records)))
    }
}

/// What a reader of the blocks knows.
#[derive(Debug, Default)]
pub(super) struct Reader {
    /// The messages in slots 1, 2, … of each process.
    pub(super) logs: BTreeMap<Id, Vec<Id>>,
    chains: BTreeMap<Id, Vec<Id>>,
    items: BTreeSet<Id>,
    /// Records that extended no log, though they hold.
    pub(super) idle: usize,
}

impl Reader {
    /// Reads all blocks. Each record must be by `scheduler`.
    pub(super) fn of(layer: &Layer, scheduler: &aosec_wire::Address) -> Self {
        let mut reader = Self::default();
        let state = layer.state();
        for (height, block) in (HEIGHT + 1..).zip(&state.blocks) {
            for tx in block {
                match &state.bodies[tx] {
                    Body::Data(items) => reader.items.extend(items.iter().map(VerifiedItem::id)),
                    Body::Log(records) => records
                        .iter()
                        .for_each(|record| reader.record(record, height, scheduler)),
                }
            }
        }
        reader
    }

    /// The canonical log as PROTOCOL 5.6 has it, for one host and epoch 0.
    pub(super) fn record(&mut self, bytes: &[u8], height: u64, scheduler: &aosec_wire::Address) {
        let record = LogRecord::decode(bytes).unwrap();
        record.verify(NO_ORIGIN).unwrap();
        assert_eq!(
            (record.signature().signer(), record.epoch()),
            (scheduler.clone(), 0)
        );
        let process = record.process();
        let genesis = aosec_wire::Chain::genesis(process).log;
        let chains = self.chains.entry(process).or_insert_with(|| vec![genesis]);
        let log = self.logs.entry(process).or_default();
        let before = record.first_slot() as usize - 1;
        if before > log.len() || record.last_slot() as usize <= log.len() {
            self.idle += 1;
            return;
        }
        assert_eq!(
            record.previous_chain(),
            chains[before],
            "it continues the log"
        );
        for (entry, slot) in record.entries().iter().zip(record.first_slot() as usize..) {
            if slot <= log.len() {
                assert_eq!(
                    entry.message,
                    log[slot - 1],
                    "it agrees with what it repeats"
                );
                continue;
            }
            assert!(entry.height <= height, "a stamp is not above its block");
            chains.push(entry.chain_after(chains[slot - 1]));
            log.push(entry.message);
        }
        assert_eq!(chains.last(), Some(&record.head_chain()));
    }

    /// Adds items that stand on the base layer.
    pub(super) fn hold(&mut self, item: Id) {
        self.items.insert(item);
    }

    /// Whether the log of the process stands here as its scheduler gave it, with all its items.
    pub(super) fn has(&self, process: Id, log: &[Assignment]) -> bool {
        let found = self.logs.get(&process).map_or(&[][..], Vec::as_slice);
        let expected: Vec<_> = log.iter().filter_map(Assignment::message).collect();
        assert!(
            expected.starts_with(found),
            "no slot stands here with another message"
        );
        let messages = expected.iter().copied().chain([process]);
        let mut items = messages.chain(log.iter().map(Assignment::id));
        found.len() == expected.len() && items.all(|id| self.items.contains(&id))
    }
}
