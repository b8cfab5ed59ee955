//! Durable acknowledged assignments (DECISIONS D34): 256 in flight, signed beforehand, against the limit of this machine.

use std::time::Duration;

use aosec_tests::harness::{Node, World, deadline::until, draft, http, seed::Seed};
use aosec_wire::{Id, SigningKey};
use bytes::Bytes;

use super::generator::{Run, Target, run};
use super::limits;
use super::table::{Table, millis, per_second, percentile};

const IN_FLIGHT: usize = 256;
/// Messages of a run: several seconds of load. RSA ones take 2 ms each to sign beforehand.
const ED25519_MESSAGES: usize = 30_000;
const RSA_MESSAGES: usize = 6_000;
/// Processes that a run is spread over, where it is.
const PROCESSES: usize = 64;
/// What the goal calls the load of its p99.
const HALF: f64 = 0.5;
const GOAL_PER_SECOND: &str = ">= 5,000 /s or half of the limit";

pub(crate) async fn measure(table: &mut Table) {
    let world = World::start(1);
    let (commit, guard) = limits::fsync_medians(world.folder());
    table.row(
        "fsync medians, commit and guard record of 256",
        millis(commit),
        millis(guard),
        None,
        "-",
    );
    let ed25519 = SigningKey::ed25519(Seed::new(1).bytes());
    let rsa = rsa_key(&world);
    peer(table, &rsa);
    for (kind, key, count) in [
        ("ed25519", &ed25519, ED25519_MESSAGES),
        ("RSA-4096", &rsa, RSA_MESSAGES),
    ] {
        for processes in [1, PROCESSES] {
            let bench = Bench::prepare(&world, key, processes, count).await;
            bench
                .row(
                    table,
                    &format!("{kind}, {processes} process(es)"),
                    (commit, guard),
                )
                .await;
        }
    }
}

/// What the reference design could do at most: two RSA-4096 signatures under the lock of a process.
fn peer(table: &mut Table, rsa: &SigningKey) {
    let signed = limits::signed_per_second(rsa);
    table.row(
        "peer: two RSA-4096 signatures a message",
        per_second(signed / 2.0),
        per_second(signed),
        None,
        "-",
    );
}

fn rsa_key(world: &World) -> SigningKey {
    let account = world
        .devnet()
        .accounts
        .iter()
        .find(|account| account.kind == "arweave")
        .expect("an RSA account");
    SigningKey::rsa_from_jwk(&std::fs::read_to_string(&account.wallet).expect("its key file"))
        .expect("a JWK")
}

/// One kind of item over some processes: the load at full speed, and half of it for the waiting times.
struct Bench {
    node: Node,
    target: Target,
    full: Vec<Bytes>,
    half: Vec<Bytes>,
}

impl Bench {
    async fn prepare(world: &World, key: &SigningKey, processes: usize, count: usize) -> Self {
        let node = world.node(0);
        let pids = spawn(world, &node, key, processes).await;
        let sign = |number: usize| {
            draft::message(key, pids[number % pids.len()], "Note", number.to_string())
                .bytes()
                .clone()
        };
        let target = Target {
            url: node.su.clone(),
            node: node.pid.to_string(),
            base_layer: world.base_layer_pid().to_string(),
        };
        eprintln!("signing {} messages ...", count + count / 2);
        let full = (0..count).map(sign).collect();
        let half = (count..count + count / 2).map(sign).collect();
        Self {
            node,
            target,
            full,
            half,
        }
    }

    async fn row(self, table: &mut Table, name: &str, (commit, guard): (Duration, Duration)) {
        let verified = limits::verified_per_second(self.full.get(..512).unwrap_or(&self.full));
        let batch = IN_FLIGHT as f64 / (commit + guard).as_secs_f64();
        let limit = verified.min(batch);
        settle(&self.node).await;
        let full = run(&self.target, self.full, IN_FLIGHT, None).await;
        let rate = full.rate_without_rig();
        let beside = format!(
            "{} = min({} verified, {} fsynced)",
            per_second(limit),
            per_second(verified),
            per_second(batch)
        );
        table.row(
            &format!("assignments, {name}"),
            figure(&full),
            beside,
            Some(rate / limit),
            GOAL_PER_SECOND,
        );
        settle(&self.node).await;
        let half = run(&self.target, self.half, IN_FLIGHT, Some(full.rate() * HALF)).await;
        waiting(table, name, &half, commit + guard);
    }
}

/// Waits until the node has nothing left to publish, so that no run pays for the one before.
async fn settle(node: &Node) {
    let url = format!("{}/metrics", node.web);
    let published = async || {
        let page = http::get(&url).await.ok()?.text;
        page.lines()
            .any(|line| line == "aosec_su_publication_backlog_slots 0")
            .then_some(())
    };
    until(
        "everything is published",
        Duration::from_secs(120),
        published,
    )
    .await;
}

fn figure(run: &Run) -> String {
    let each = |time: Duration| time.as_secs_f64() * 1e6 / run.count as f64;
    format!(
        "{} ({} by the clock; CPU a message: node {:.0} us, rig {:.0} us)",
        per_second(run.rate_without_rig()),
        per_second(run.rate()),
        each(run.node_cpu),
        each(run.rig_cpu),
    )
}

fn waiting(table: &mut Table, name: &str, half: &Run, fsyncs: Duration) {
    let (p50, p99) = (percentile(&half.times, 0.5), percentile(&half.times, 0.99));
    let bound = Duration::from_millis(25).max(fsyncs * 10);
    let what = format!("p50 and p99 at half load, {name}");
    let ratio = p99.as_secs_f64() / bound.as_secs_f64();
    table.row(
        &what,
        format!("{} and {}", millis(p50), millis(p99)),
        millis(bound),
        Some(ratio),
        "p99 < 25 ms or 10 x the fsyncs",
    );
}

async fn spawn(world: &World, node: &Node, key: &SigningKey, processes: usize) -> Vec<Id> {
    let mut pids = Vec::with_capacity(processes);
    for number in 0..processes {
        let item = draft::named_process(
            key,
            world.devnet(),
            node,
            &format!("bench-{number}-of-{processes}"),
        );
        let taken = async || {
            http::post_item(&node.su, item.bytes().clone())
                .await
                .ok()
                .filter(http::Answer::is_success)
        };
        until("a spawn is taken", Duration::from_secs(20), taken).await;
        pids.push(item.id());
    }
    pids
}
