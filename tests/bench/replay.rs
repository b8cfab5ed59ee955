//! From the base layer to a state root: a devchain in this very process serves the blocks, an empty disk derives the log and
//! computes it. The limit beside it is what one core computes when the messages are at hand.

use std::time::{Duration, Instant};

use aosec_node::arweave::bundler::Bundler;
use aosec_node::arweave::devchain::{Devchain, Genesis, carrier_key, server};
use aosec_node::arweave::gateway::Gateway;
use aosec_node::cu::CuError;
use aosec_node::node::audit::{Audit, AuditError, AuditSettings};
use aosec_node::shutdown::Shutdown;
use aosec_wire::Id;
use tempfile::TempDir;
use tokio::net::TcpListener;

use super::cpu;
use super::module;
use super::published::Log;
use super::table::{Table, micros, per_second};

/// Slots of the log: some seconds of work at the goal.
const SLOTS: usize = 20_000;
/// Blocks on top of the last record.
const DEPTH: u32 = 3;
const FUNDS_WINSTON: u128 = 1_000_000_000_000_000;
const GOAL: &str = ">= 5.0 k/s";
/// Threads of the base layer: those that serve it, and the one that keeps it.
const RIG: &str = "base-layer";
const CHAIN: &str = "devchain";

pub(crate) async fn measure(table: &mut Table) {
    let raw = module::transfers_per_second(1);
    eprintln!("signing {SLOTS} slots ...");
    let log = Log::of_token(SLOTS);
    let rig = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .thread_name(RIG)
        .enable_all()
        .build()
        .expect("a runtime");
    let serving = rig.spawn(async move { (World::with(&log).await, log) });
    let (world, log) = serving.await.expect("a base layer");
    let folder = tempfile::tempdir().expect("a folder");
    replay(table, &world, &log, &folder, raw).await;
    drop(world);
    rig.shutdown_background();
}

/// Processor time so far: of the base layer, of this whole process, of the machine.
fn spent() -> [Duration; 3] {
    let rig = cpu::used_by_threads(RIG) + cpu::used_by_threads(CHAIN);
    [rig, cpu::used("self"), cpu::used_by_all()]
}

async fn replay(table: &mut Table, world: &World, log: &Log, folder: &TempDir, raw: f64) {
    let (begun, before) = (Instant::now(), spent());
    let audit = world.audit(folder).await;
    let standing = audit.standing(log.process()).await.expect("a log");
    assert_eq!(standing.firm.slot, log.last_slot(), "everything is settled");
    let derived = begun.elapsed();
    root(&audit, log.process(), log.last_slot()).await;
    let (wall, after) = (begun.elapsed(), spent());
    audit.close().await;
    let [rig, own, all] = std::array::from_fn(|which| after[which].saturating_sub(before[which]));
    let reader = own.saturating_sub(rig);
    let others = all.saturating_sub(own).as_secs_f64() / (wall * cpu::cores()).as_secs_f64();
    let each = |time: Duration| micros(time / u32::try_from(SLOTS).unwrap_or(u32::MAX));
    let without_rig = wall.saturating_sub(rig / cpu::cores());
    let rate = |time: Duration| SLOTS as f64 / time.as_secs_f64().max(1e-3);
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
        log.publish(&bundler, &chain, DEPTH).await;
        Self {
            gateway,
            shutdown,
            _folder: folder,
        }
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
