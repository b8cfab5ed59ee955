//! A fake compute unit, base layer and directory, for tests alone, and the node under test around a real store.
//!
//! What a process does with a message is written in the message: its `Action` tag names one of the programs below.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aosec_wire::{Draft, Id, Outcome, SigningKey, Tags, VerifiedItem};
use bytes::Bytes;
use reqwest::Url;
use serde_json::{Value, json};

use super::crash::Points;
use super::hostless::FakeCourt;
use super::scheduler::FakeScheduler;
use super::till::Till;
use crate::cu::input::Moment;
use crate::cu::ticks::Taken;
use crate::mu::ports::{
    Computed, Directory, Lost, NotComputed, NotUploaded, Pending, Places, Ports, ProcessFacts,
    Results, Ripe, Ticks, Unreachable, Uploads,
};
use crate::mu::{Handle, Settings, Status, start};
use crate::shutdown::Shutdown;
use crate::store::Store;
use crate::store::cron::{Tick, Ticked};
use crate::store::outcome::Kind;

pub(super) const MODULE: Id = Id::new([7; 32]);
/// Two processes that exist from the beginning, and a wallet.
pub(super) const ALPHA: Id = Id::new([1; 32]);
pub(super) const BETA: Id = Id::new([2; 32]);
pub(super) const WALLET: Id = Id::new([99; 32]);

/// The key that signs what users of the tests send; the first of the two processes is theirs.
pub(super) fn user() -> SigningKey {
    SigningKey::ed25519([11; 32])
}

/// Everything around the node, shared by all its incarnations.
#[derive(Clone)]
pub(super) struct Around {
    pub(super) scheduler: FakeScheduler,
    pub(super) uploaded: Arc<Mutex<Vec<Bytes>>>,
    pub(super) base_layer_is_down: Arc<Mutex<bool>>,
    /// Seconds that have passed for [`ALPHA`], which greets at each; none where the clock is not known.
    pub(super) seconds: Arc<Mutex<Option<u64>>>,
    /// Whether logs are read from the base layer alone.
    pub(super) reads_blocks: Arc<Mutex<bool>>,
    pub(super) till: Till,
    /// What a court says, where one is computed.
    pub(super) court: Arc<Mutex<FakeCourt>>,
    points: Points,
}

impl Around {
    pub(super) async fn new() -> Self {
        let points = Points::default();
        let scheduler = FakeScheduler::start(points.clone()).await;
        let uploaded = Arc::default();
        Self {
            scheduler,
            uploaded,
            base_layer_is_down: Arc::default(),
            seconds: Arc::new(Mutex::new(Some(0))),
            reads_blocks: Arc::default(),
            till: Till::default(),
            court: Arc::default(),
            points,
        }
    }

    pub(super) fn points(&self) -> &Points {
        &self.points
    }

    pub(super) fn ports(&self) -> Ports {
        let shared = Arc::new(self.clone());
        Ports {
            places: shared.clone(),
            results: shared.clone(),
            ticks: shared.clone(),
            uploads: shared.clone(),
            directory: shared.clone(),
            inboxes: shared.clone(),
            hostless: Some(shared),
        }
    }

    pub(super) async fn node(&self, dir: &Path) -> Node {
        let store = open_when_free(dir).await;
        let shutdown = Shutdown::new();
        let settings = Settings {
            first_hop: Duration::from_secs(2),
            fees: self.till.charging(),
        };
        let authority = SigningKey::ed25519([3; 32]);
        let handle = start(
            store.clone(),
            self.ports(),
            authority,
            settings,
            shutdown.clone(),
        )
        .await
        .unwrap();
        Node {
            handle,
            store,
            shutdown,
        }
    }

    /// Everything that got a slot, over all processes.
    pub(super) fn scheduled(&self) -> Vec<VerifiedItem> {
        let scheduler = &self.scheduler;
        scheduler
            .processes()
            .into_iter()
            .flat_map(|process| scheduler.log(process))
            .collect()
    }
}

/// A killed node gives its folder back a moment later.
async fn open_when_free(dir: &Path) -> Store {
    for _attempt in 0..500 {
        if let Ok(store) = Store::open(dir).await {
            return store;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    Store::open(dir).await.unwrap()
}

pub(super) struct Node {
    pub(super) handle: Handle,
    pub(super) store: Store,
    pub(super) shutdown: Shutdown,
}

impl Node {
    pub(super) async fn stop(self) {
        self.shutdown.tell();
        assert!(self.shutdown.finished().await);
        self.store.close().await;
    }

    /// Waits until `id` and all that came of it has ended.
    pub(super) async fn ended(&self, id: Id) -> Status {
        self.until(id, |status| status.entry.state.is_ended()).await
    }

    pub(super) async fn until(&self, id: Id, reached: impl Fn(&Status) -> bool) -> Status {
        for _poll in 0..3_000 {
            if let Some(status) = self.handle.status(id).await.unwrap()
                && reached(&status)
            {
                return status;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("{id} never got there: {:?}", self.handle.status(id).await);
    }
}

/// A message of the user.
pub(super) fn message(to: Id, action: &str) -> VerifiedItem {
    let tags = Tags::new()
        .with("Data-Protocol", "ao")
        .with("Variant", "ao.TN.1")
        .with("Type", "Message")
        .with("Action", action);
    let data = Bytes::from_static(b"1984");
    Draft {
        target: Some(to),
        anchor: None,
        tags,
        data,
    }
    .sign(&user())
    .unwrap()
}

pub(super) fn action(item: &VerifiedItem) -> &str {
    item.tags().get("Action").unwrap_or("-")
}

/// What the processes of the tests do.
pub(super) fn program(process: Id, action: &str) -> Value {
    let send = |target: Id, action: &str| json!({"Target": target, "Anchor": "01", "Tags": [{"name": "Action", "value": action}], "Data": "x"});
    let other = if process == ALPHA { BETA } else { ALPHA };
    let spawn = json!({"Tags": [{"name": "Module", "value": MODULE}, {"name": "Reference", "value": "8"}], "Data": "code"});
    match action {
        "Greet" => json!({"Messages": [send(BETA, "Hello"), send(BETA, "World")]}),
        "Start" => {
            json!({"Messages": [send(BETA, "Hello"), send(BETA, "Thanks")], "Spawns": [spawn]})
        }
        "Thanks" => json!({"Messages": [send(ALPHA, "Welcome")]}),
        "Breed" => json!({"Spawns": [spawn]}),
        "Pay" => json!({"Messages": [send(WALLET, "Receipt"), send(BETA, "Hello")]}),
        "Loop" => json!({"Messages": [send(other, "Loop")]}),
        "Burst" => json!({"Messages": (0..60).map(|_| send(other, "Burst")).collect::<Vec<_>>()}),
        "Boom" => json!({"Error": "boom", "Messages": [send(BETA, "Hello")]}),
        _ => json!({}),
    }
}

impl Places for Around {
    fn find(
        &self,
        process: Id,
        _scheduler: Option<aosec_wire::Address>,
    ) -> Pending<'_, Result<Url, Lost>> {
        let found = if process == WALLET {
            Err(Lost::Unknown)
        } else {
            Ok(self.scheduler.url.clone())
        };
        Box::pin(std::future::ready(found))
    }

    fn is_named_by_operator(&self, url: &Url) -> bool {
        url.origin() == self.scheduler.url.origin()
    }

    fn forget(&self, _process: Id) {}
}

impl Results for Around {
    fn result(&self, process: Id, message: Id) -> Pending<'_, Result<Computed, NotComputed>> {
        Box::pin(async move {
            self.points.pass().await;
            let log = self.scheduler.log(process);
            let Some(at) = log.iter().position(|item| item.id() == message) else {
                return Err(NotComputed::Later("no slot yet".into()));
            };
            let action = action(&log[at]);
            if action == "Impossible" {
                return Err(NotComputed::Never("no such module".into()));
            }
            let outcome = Outcome::parse(program(process, action).to_string()).unwrap();
            Ok(Computed {
                slot: at as u64,
                outcome,
            })
        })
    }
}

/// Each second [`ALPHA`] wakes, and all that is due may leave.
impl Ticks for Around {
    fn now(&self) -> Option<Moment> {
        let seconds = *self.seconds.lock().unwrap();
        seconds.map(|seconds| Moment {
            timestamp_ms: seconds * 1_000,
            height: 1,
        })
    }

    fn is_prompt(&self, _process: Id) -> Pending<'_, Result<bool, NotComputed>> {
        let is_prompt = !*self.reads_blocks.lock().unwrap();
        Box::pin(std::future::ready(Ok(is_prompt)))
    }

    fn ripe(&self, _process: Id, taken: Taken) -> Pending<'_, Result<Ripe, NotComputed>> {
        Box::pin(async move {
            self.points.pass().await;
            let seconds = self.seconds.lock().unwrap().unwrap_or(0);
            let after = taken
                .stamps
                .first()
                .map_or(taken.since.timestamp_ms, |(_rule, stamp)| *stamp);
            let due = (1..=seconds)
                .map(|second| second * 1_000)
                .filter(|stamp| *stamp > after);
            let outcome = Outcome::parse(program(ALPHA, "Greet").to_string()).unwrap();
            Ok(Ripe {
                ticks: due
                    .take(2)
                    .map(|stamp| (ticked(stamp), outcome.clone()))
                    .collect(),
                pause: Duration::ZERO,
            })
        })
    }
}

fn ticked(stamp: u64) -> Ticked {
    let tick = Tick {
        rule: 0,
        stamp,
        timestamp_ms: stamp,
        height: 1,
    };
    Ticked {
        slot: 3,
        number: stamp / 1_000,
        tick,
        interval: "1-second".into(),
        kind: Kind::Result,
        root: [0; 32],
        engine: String::new(),
        json: String::new(),
    }
}

impl Uploads for Around {
    fn upload(&self, items: Vec<Bytes>) -> Pending<'_, Result<(), NotUploaded>> {
        Box::pin(async move {
            self.points.pass().await;
            if *self.base_layer_is_down.lock().unwrap() {
                return Err(NotUploaded("the base layer is down".into()));
            }
            self.uploaded.lock().unwrap().extend(items);
            Ok(())
        })
    }
}

impl Directory for Around {
    fn process(&self, process: Id) -> Pending<'_, Result<Option<ProcessFacts>, Unreachable>> {
        Box::pin(async move {
            self.points.pass().await;
            let owner = user().address().clone();
            let facts = ProcessFacts {
                owner,
                module: MODULE,
                scheduler: self.scheduler.address(),
                wakes: Ok(process == ALPHA),
            };
            Ok((process != WALLET).then_some(facts))
        })
    }
}
