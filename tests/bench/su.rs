//! Durable acknowledged assignments (DECISIONS D34): 256 in flight, signed beforehand, against the limit of this machine.
//!
//! A row is bounded in time: its passes end after some seconds, and so does signing. Of several passes the best is shown, each
//! beside the limit measured right before it.

use std::time::Duration;

use aosec_tests::harness::{World, seed::Seed};
use aosec_wire::SigningKey;

use super::cpu;
use super::generator::Run;
use super::items::Supply;
use super::limits;
use super::scheduler::{IN_FLIGHT, Lag, Scheduler};
use super::table::{Table, micros, millis, per_second, percentile};

/// Messages of a pass at most: more than are taken in [`PASS_AT_MOST`].
const PASS_MESSAGES: usize = 60_000;
const PASS_AT_MOST: Duration = Duration::from_secs(6);
/// The best of so many passes is shown.
const PASSES: usize = 2;
/// RSA items take milliseconds to sign: a pass has as many as were signed in this time.
const SIGN_AT_MOST: Duration = Duration::from_secs(6);
/// Processes that a row is spread over, where it is.
const PROCESSES: usize = 64;
/// What the goal calls the load of its p99.
const HALF: f64 = 0.5;
const GOAL_PER_SECOND: &str = ">= 5,000 /s or half of the limit";
const GOAL_P99: Duration = Duration::from_millis(25);

/// Kinds of items, each over one process and over many.
pub(crate) const KINDS: [&str; 2] = ["ed25519", "RSA-4096"];

pub(crate) async fn measure(table: &mut Table, kinds: &[&str]) {
    let scheduler = Scheduler::start();
    let fsyncs = limits::fsync_medians(scheduler.world.folder());
    table.row(
        "fsync medians, commit and guard record of 256",
        millis(fsyncs.0),
        millis(fsyncs.1),
        None,
        "-",
    );
    let ed25519 = SigningKey::ed25519(Seed::new(1).bytes());
    let rsa = rsa_key(&scheduler.world);
    peer(table, &rsa);
    let mut rows = Vec::new();
    for (kind, key) in KINDS.into_iter().zip([&ed25519, &rsa]) {
        if !kinds.contains(&kind) {
            continue;
        }
        for processes in [1, PROCESSES] {
            let name = format!("{kind}, {processes} process(es)");
            let pids = scheduler.spawn(key, kind, processes).await;
            let row = Row {
                scheduler: &scheduler,
                name,
                fsyncs: fsyncs.0 + fsyncs.1,
            };
            let mut supply = Supply::new(key, pids);
            let pace = row.full(table, &mut supply).await * HALF;
            rows.push((row, supply, pace));
        }
    }
    scheduler.base_layer_yields();
    for (row, mut supply, pace) in rows {
        row.half(table, &mut supply, pace).await;
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
    let mut accounts = world.devnet().accounts.iter();
    let account = accounts.find(|account| account.kind == "arweave");
    let wallet = &account.expect("an RSA account").wallet;
    SigningKey::rsa_from_jwk(&std::fs::read_to_string(wallet).expect("its key file"))
        .expect("a JWK")
}

/// One kind of item over some processes.
struct Row<'a> {
    scheduler: &'a Scheduler,
    name: String,
    fsyncs: Duration,
}

/// A load at full speed, and what was possible at that moment.
struct Pass {
    run: Run,
    lag: Lag,
    verified: f64,
}

impl Row<'_> {
    /// As fast as it goes; gives the rate by the clock.
    async fn full(&self, table: &mut Table, supply: &mut Supply<'_>) -> f64 {
        let mut best: Option<Pass> = None;
        for _ in 0..PASSES {
            let pass = self.pass(supply).await;
            if best
                .as_ref()
                .is_none_or(|best| self.ratio(&pass) > self.ratio(best))
            {
                best = Some(pass);
            }
        }
        let best = best.expect("at least one pass");
        self.throughput(table, &best);
        self.publication(table, &best);
        best.run.rate()
    }

    async fn half(&self, table: &mut Table, supply: &mut Supply<'_>, pace: f64) {
        let items = supply.sign(PASS_MESSAGES / 2, SIGN_AT_MOST);
        let half = self.scheduler.load(items, Some(pace), PASS_AT_MOST).await;
        self.waiting(table, "", &half.times, &half);
        self.waiting(table, ", of the quiet ones", &half.quiet, &half);
        self.scheduler.drained().await;
    }

    async fn pass(&self, supply: &mut Supply<'_>) -> Pass {
        let items = supply.sign(PASS_MESSAGES, SIGN_AT_MOST);
        let verified = limits::verified_per_second(items.get(..512).unwrap_or(&items));
        let run = self.scheduler.load(items, None, PASS_AT_MOST).await;
        let lag = self.scheduler.drained().await;
        Pass { run, lag, verified }
    }

    /// One batch of all that is in flight for each pair of fsyncs.
    fn fsynced(&self) -> f64 {
        IN_FLIGHT as f64 / self.fsyncs.as_secs_f64()
    }

    fn ratio(&self, pass: &Pass) -> f64 {
        pass.run.rate_without_rig() / pass.verified.min(self.fsynced())
    }

    fn throughput(&self, table: &mut Table, pass: &Pass) {
        let beside = format!(
            "{} = min({} verified, {} fsynced)",
            per_second(pass.verified.min(self.fsynced())),
            per_second(pass.verified),
            per_second(self.fsynced())
        );
        let what = format!("assignments, {}", self.name);
        let ratio = Some(self.ratio(pass));
        table.row(&what, figure(&pass.run), beside, ratio, GOAL_PER_SECOND);
    }

    /// How long what the load left behind takes to reach a block, against how long the load lasted.
    fn publication(&self, table: &mut Table, Pass { run, lag, .. }: &Pass) {
        let drained = lag.drained.map_or("not in time".into(), millis);
        let ratio = lag
            .drained
            .map(|drained| drained.as_secs_f64() / run.wall.as_secs_f64());
        let verdict = match ratio {
            Some(ratio) if ratio < 1.0 => "it keeps up",
            _ => "it falls behind such a load",
        };
        table.row(
            &format!("publication behind it, {}", self.name),
            format!(
                "{} of {} messages, in a block after {drained}: {verdict}",
                lag.waiting,
                run.times.len()
            ),
            format!("the load: {}", millis(run.wall)),
            ratio,
            "< 1",
        );
    }

    /// Of all requests, and of those that no other program kept waiting.
    fn waiting(&self, table: &mut Table, which: &str, times: &[Duration], half: &Run) {
        let (p50, p99) = (percentile(times, 0.5), percentile(times, 0.99));
        let bound = GOAL_P99.max(self.fsyncs * 10);
        table.row(
            &format!("p50 and p99 at half load, {}{which}", self.name),
            format!(
                "{} and {} of {}, at {}{}",
                millis(p50),
                millis(p99),
                times.len(),
                per_second(half.rate()),
                aside(half)
            ),
            millis(bound),
            (!times.is_empty()).then(|| p99.as_secs_f64() / bound.as_secs_f64()),
            "p99 < 25 ms or 10 x the fsyncs",
        );
    }
}

fn figure(run: &Run) -> String {
    let node = run.each(run.node_cpu);
    let cores = f64::from(cpu::cores());
    format!(
        "{} ({} by the clock; CPU a message: node {} = {} on all cores, rig {}{})",
        per_second(run.rate_without_rig()),
        per_second(run.rate()),
        micros(node),
        per_second(cores / node.as_secs_f64()),
        micros(run.each(run.rig_cpu)),
        aside(run),
    )
}

/// What else happened: other programs, and requests that were told "not now".
fn aside(run: &Run) -> String {
    let turned_away = match run.turned_away {
        0 => String::new(),
        count => format!(", {count} times told \"not now\""),
    };
    format!(", others {:.0} %{turned_away}", run.others() * 100.0)
}
