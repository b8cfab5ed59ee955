//! From the base layer to a state root: a devchain in this very process serves the blocks, an empty disk derives the log and
//! computes it. The limit beside it is what one core computes when the messages are at hand. A second empty disk begins with the
//! state that the first one wrote to the base layer, and computes what came behind it.

use std::time::{Duration, Instant};

use aosec_node::arweave::bundler::Bundler;
use aosec_node::arweave::devchain::{Devchain, Genesis, carrier_key, server};
use aosec_node::arweave::gateway::Gateway;
use aosec_node::cu::CuError;
use aosec_node::node::audit::{Audit, AuditError, AuditSettings};
use aosec_node::node::checkpoints::Found;
use aosec_node::shutdown::Shutdown;
use aosec_tests::harness::published::Log;
use aosec_wire::{Id, SigningKey, Tags};
use tempfile::TempDir;
use tokio::net::TcpListener;

use super::cpu;
use super::module;
use super::published::token_log;
use super::table::{Table, micros, millis, per_second};

/// Slots of the log, where nobody says how many: some seconds of work at the goal.
pub(crate) const SLOTS: usize = 20_000;
/// Slots behind the checkpoint.
const BEHIND: usize = 100;
/// Blocks on top of the last record.
const DEPTH: u32 = 3;
const FUNDS_WINSTON: u128 = 1_000_000_000_000_000;
const GOAL: &str = ">= 5.0 k/s";
const CHECKPOINT_AT_MOST: Duration = Duration::from_secs(10);
const CHECKPOINT_GOAL: &str = "100,000 slots < 10 s";
/// Threads of the base layer: those that serve it, and the one that keeps it.
const RIG: &str = "base-layer";
const CHAIN: &str = "devchain";

pub(crate) async fn measure(table: &mut Table, slots: usize) {
    let raw = module::transfers_per_second(1);
    eprintln!("signing {slots} slots ...");
    let log = token_log(slots.max(2 * BEHIND));
    let rig = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .thread_name(RIG)
        .enable_all()
        .build()
        .expect("a runtime");
    let serving = rig.spawn(async move { (World::with(&log).await, log) });
    let (world, log) = serving.await.expect("a base layer");
    let folder = tempfile::tempdir().expect("a folder");
    let audit = replay(table, &world, &log, &folder, raw).await;
    world.go_on(&audit, &log).await;
    audit.close().await;
    from_checkpoint(table, &world, &log).await;
    drop(world);
    rig.shutdown_background();
}

/// Processor time so far: of the base layer, of this whole process, of the machine.
fn spent() -> [Duration; 3] {
    let rig = cpu::used_by_threads(RIG) + cpu::used_by_threads(CHAIN);
    [rig, cpu::used("self"), cpu::used_by_all()]
}

async fn replay(table: &mut Table, world: &World, log: &Log, folder: &TempDir, raw: f64) -> Audit {
    let slots = log.slots() - BEHIND;
    let last = slots as u64 - 1;
    let (begun, before) = (Instant::now(), spent());
    let audit = world.audit(folder).await;
    let standing = audit.standing(log.process()).await.expect("a log");
    assert_eq!(standing.firm.slot, last, "everything is settled");
    let derived = begun.elapsed();
    root(&audit, log.process(), last).await;
    let (wall, after) = (begun.elapsed(), spent());
    let [rig, own, all] = std::array::from_fn(|which| after[which].saturating_sub(before[which]));
    let reader = own.saturating_sub(rig);
    let others = all.saturating_sub(own).as_secs_f64() / (wall * cpu::cores()).as_secs_f64();
    let each = |time: Duration| micros(time / u32::try_from(slots).unwrap_or(u32::MAX));
    let without_rig = wall.saturating_sub(rig / cpu::cores());
    let rate = |time: Duration| slots as f64 / time.as_secs_f64().max(1e-3);
    table.row(
        "replay: slots derived from blocks, before any is computed",
        per_second(rate(derived)),
        "-".into(),
        None,
        "-",
    );
    table.row(
        "replay: from blocks to the last root, empty disk",
        format!(
            "{} ({} by the clock; CPU a slot: reader {} = {} on all cores, base layer {}, others {:.0} %)",
            per_second(rate(without_rig)),
            per_second(rate(wall)),
            each(reader),
            per_second(f64::from(cpu::cores()) * rate(reader)),
            each(rig),
            others * 100.0
        ),
        format!("{} computed by a core, a root each slot", per_second(raw)),
        Some(rate(without_rig) / raw),
        GOAL,
    );
    audit
}

/// An empty disk derives the log, finds the checkpoint, begins with it, and computes what came behind it.
async fn from_checkpoint(table: &mut Table, world: &World, log: &Log) {
    let folder = tempfile::tempdir().expect("a folder");
    let clock = Instant::now();
    let audit = world.audit(&folder).await;
    let found = audit.checkpoints(log.process()).await.expect("an answer");
    let found = found.into_iter().next().expect("the checkpoint");
    let begun = begun(&audit, found, log).await;
    let took = clock.elapsed();
    audit.close().await;
    let slots = log.slots();
    table.row(
        &format!("replay: {slots} slots from a checkpoint, empty disk, log derived"),
        format!(
            "{:.2} s, {} of it with the state at hand",
            took.as_secs_f64(),
            millis(begun)
        ),
        format!("{} s", CHECKPOINT_AT_MOST.as_secs()),
        Some(took.as_secs_f64() / CHECKPOINT_AT_MOST.as_secs_f64()),
        CHECKPOINT_GOAL,
    );
}

/// How long it takes from the state to the root behind the last slot.
async fn begun(audit: &Audit, found: Found, log: &Log) -> Duration {
    let clock = Instant::now();
    let begun = audit.begin(found).await.expect("a state");
    let last = log.slots() as u64 - 1;
    let reached = begun.cu.root(log.process(), last).await;
    reached.expect("a hundred slots are computed at once");
    let took = clock.elapsed();
    begun.close().await;
    took
}

/// Asks until the evaluation has come so far.
async fn root(audit: &Audit, process: Id, slot: u64) -> [u8; 32] {
    loop {
        match audit.root(process, slot).await {
            Ok(root) => return root,
            Err(AuditError::Compute(CuError::StillEvaluating { .. })) => {}
            Err(error) => panic!("the log is computed: {error}"),
        }
    }
}

/// A devchain that serves one log.
struct World {
    gateway: reqwest::Url,
    chain: Devchain,
    bundler: Bundler,
    shutdown: Shutdown,
    _folder: TempDir,
}

impl World {
    async fn with(log: &Log) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let wallet = carrier_key();
        let genesis = Genesis::of_funds(vec![(wallet.address().clone(), FUNDS_WINSTON)]);
        let chain = Devchain::open(folder.path(), genesis).await;
        let chain = chain.expect("a devchain");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("its address");
        let gateway: reqwest::Url = format!("http://{address}").parse().expect("a url");
        let shutdown = Shutdown::new();
        let serving = server::serve(listener, chain.clone(), &shutdown);
        shutdown.track(serving);
        let client = Gateway::new(vec![gateway.clone()]).expect("a gateway");
        let bundler = Bundler::new(client, wallet);
        let slots = 0..log.slots() - BEHIND;
        log.publish(slots, &bundler, &chain, DEPTH).await;
        Self {
            gateway,
            chain,
            bundler,
            shutdown,
            _folder: folder,
        }
    }

    /// Writes the state that a reader has come to, and the slots behind it.
    async fn go_on(&self, reader: &Audit, log: &Log) {
        let taken = reader.take(log.process()).await.expect("a state");
        let draft = taken.draft().expect("a small state");
        let item = draft.sign(&SigningKey::ed25519([7; 32])).expect("an item");
        let items = vec![item.bytes().clone()];
        let posted = self.bundler.post_data(items, Tags::new()).await;
        posted.expect("the devchain takes it");
        let slots = log.slots() - BEHIND..log.slots();
        log.publish(slots, &self.bundler, &self.chain, DEPTH).await;
    }

    async fn audit(&self, folder: &TempDir) -> Audit {
        let settings = AuditSettings {
            data: folder.path().to_owned(),
            gateways: vec![self.gateway.clone()],
            settlement_depth: u64::from(DEPTH),
            from: 0,
        };
        let audit = Audit::open(settings).await.expect("a reader");
        let view = audit.caught_up().await;
        assert_eq!((view.trouble, view.soft), (None, view.tip), "all is read");
        audit
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.shutdown.tell();
    }
}
