//! What a message costs: fuel for each kind, small and with 10,000 operators and 100,000 processes. Fuel is the same on every
//! machine, so it is asserted; messages a second are printed by the ignored test alone.

use std::time::Duration;

use serde_json::Value;

use crate::court::{Court, Item, ORIGIN};
use crate::people::{first_bond, fund, host, hosting, id, signed, spawn};

/// Fuel that no message of these kinds needs, at any size of the state: 3,000 messages a second and core at the engine's pace.
pub(crate) const FUEL_MAX: u64 = 1_000_000;

/// Fills the state with operators and hosted processes by the contract's own functions.
const FILL: &str = "
local state, operators = require('origin.state'), require('origin.operators')
local leases, queue = require('origin.leases'), require('origin.queue')
local keys, ledger = require('origin.keys'), require('origin.ledger')
-- Ids as hashes are: any character anywhere.
local alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
local function id(kind, n)
  local x, made = n * 1000003 + #kind * 7919 + kind:byte() + 88172645463325252, {}
  for index = 1, 43 do
    x = x ~ (x << 13)
    x = x ~ (x >> 7)
    x = x ~ (x << 17)
    local at = (x >> 20 & 63) + 1
    made[index] = alphabet:sub(at, at)
  end
  return table.concat(made)
end
local first, last, each = ...
for n = first, last do
  local owner = id('owner', n)
  state.supply = require('origin.amount').add(state.supply, 200000)
  local operator = operators.make(id('oper', n), owner)
  ledger.give(owner, 100000 - 500 * each)
  operator.bond, operator.status, operator.bonded_at = 100000, 'Bonded', state.height
  operator.url = 'https://node' .. n .. '.example'
  keys.install(operator, id('hot', n), state.height)
  for k = 1, each do
    local p = id('process', n * 100 + k)
    local process = { id = p, epoch = 0, first = 1, lowest = 1, leases = {}, tenures = {},
      scheduler = operator.hot_key,
      period = 10, min_allocation = 100, max_fee = 100, deposit = 500 }
    state.processes[p] = process
    state.process_list[#state.process_list + 1] = process
    ledger.fund(p, 500)
    leases.begin(process, operator, { rate = 10, fee_cap = 20, answer_cap = 50 }, state.height)
  end
end
require('origin.outcome').begin()
return true
";

fn fill(court: &mut Court, operators: u64, each: u64) {
    for first in (1..=operators).step_by(500) {
        let last = (first + 499).min(operators);
        let text = FILL.replacen("...", &format!("{first}, {last}, {each}"), 1);
        assert_eq!(court.probe(&text), true);
    }
}

fn beat(key: &str, process: &str, height: u64) -> Value {
    signed(
        key,
        &[
            ("Action", "Heartbeat"),
            ("Origin", ORIGIN),
            ("Process", &id(process)),
            ("Epoch", "0"),
            ("Slot", "3"),
            ("Log-Chain", &id("chain-3")),
            ("Height", &height.to_string()),
        ],
    )
}

fn transfer(n: u64) -> Item {
    Item::new("alice", "Transfer")
        .tag("Recipient", id(&format!("account{n}")))
        .tag("Quantity", 1)
}

/// One message of each kind, in an order in which all are applied.
fn one_of_each(court: &mut Court) -> Vec<(&'static str, u64)> {
    court.publish("p1", 0, 3);
    let height = court.height;
    let items = [
        ("Transfer", transfer(1)),
        ("Balance", Item::new("bob", "Balance")),
        ("Fund", fund("bob", "p1", 5)),
        (
            "Settle",
            Item::new("bob", "Settle").tag("Process", id("p1")),
        ),
        (
            "Heartbeat",
            Item::new("bob", "Heartbeat").enclose(&[beat("hot-a", "p1", height)]),
        ),
        ("Bond", first_bond("carol", "op-c", "hot-c", 2_000)),
        ("Bond more", Item::new("carol", "Bond").tag("Quantity", 5)),
        ("Update", Item::new("op-a", "Update").tag("Fee", 5)),
        ("Unbond", Item::new("alice", "Unbond").tag("Quantity", 5)),
        ("Fund p2", fund("bob", "p2", 500)),
        ("Host", host("op-a", &spawn("p2", "hot-a", 100), 10)),
        ("Leave", Item::new("op-a", "Leave").tag("Process", id("p1"))),
    ];
    let mut costs: Vec<(&str, u64)> = items
        .into_iter()
        .map(|(name, item)| (name, court.send(item).applied().fuel))
        .collect();
    costs.push(("Tick", court.block().fuel));
    costs
}

#[test]
fn every_kind_of_message_is_cheap() {
    let mut court = hosting(50_000, &["p1"], 5_000, 1_000);
    for (name, fuel) in one_of_each(&mut court) {
        println!("{name:12} {fuel:8} fuel");
        assert!(fuel <= FUEL_MAX, "{name}: {fuel}");
    }
}

#[test]
#[ignore = "large: 10,000 operators, 100,000 processes"]
fn no_message_costs_more_in_a_large_state() {
    let mut small = hosting(50_000, &["p1"], 5_000, 1_000);
    let mut large = hosting(50_000, &["p1"], 5_000, 1_000);
    large.commits = false;
    fill(&mut large, 10_000, 10);
    let few = one_of_each(&mut small);
    for ((name, fuel), (_, of_many)) in few.into_iter().zip(one_of_each(&mut large)) {
        println!("{name:12} {fuel:8} fuel, in a large state {of_many:8}");
        assert!(
            of_many <= fuel + fuel / 2 + 50_000,
            "{name}: {fuel} became {of_many}"
        );
    }
    let kib = large.instance.memory_bytes() / 1024;
    println!("memory {kib} KiB");
}

/// CPU time of this thread so far; a shared machine's wall clock says little.
fn cpu_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").expect("Linux");
    let nanoseconds = stat.split(' ').next().and_then(|field| field.parse().ok());
    Duration::from_nanos(nanoseconds.expect("a number"))
}

/// Prints how many of these a second one core runs; what came out is not read.
pub(crate) fn measure(court: &mut Court, name: &str, count: u64, item: impl Fn(u64, u64) -> Item) {
    let height = court.height;
    let items: Vec<Vec<u8>> = (0..count).map(|n| court.bytes(&item(n, height))).collect();
    let (start, mut fuel) = (cpu_time(), 0);
    for bytes in &items {
        fuel += court.raw_run(bytes);
    }
    let seconds = (cpu_time() - start).as_secs_f64();
    #[expect(clippy::cast_precision_loss, reason = "a figure to be read")]
    let pace = count as f64 / seconds;
    println!("{name:12} {pace:7.0}/s, {} fuel", fuel / count);
}

#[test]
#[ignore = "prints figures"]
fn messages_a_second() {
    for operators in [0, 10_000] {
        let mut court = hosting(50_000, &["p1"], 5_000, 1_000);
        court.commits = false;
        fill(&mut court, operators, 10);
        court.publish("p1", 0, 3);
        println!(
            "{operators} operators, {} KiB",
            court.instance.memory_bytes() / 1024
        );
        measure(&mut court, "Transfer", 10_000, |n, _| transfer(n % 100));
        measure(&mut court, "Fund", 10_000, |_, _| fund("bob", "p1", 5));
        measure(&mut court, "Settle", 10_000, |_, _| {
            Item::new("bob", "Settle").tag("Process", id("p1"))
        });
        measure(&mut court, "Heartbeat", 10_000, |_, height| {
            Item::new("bob", "Heartbeat").enclose(&[beat("hot-a", "p1", height)])
        });
        measure(&mut court, "Bond refused", 10_000, |_, _| {
            first_bond("carol", "op-c", "hot-a", 2_000)
        });
        measure(&mut court, "Host refused", 10_000, |_, _| {
            host("op-a", &spawn("p1", "hot-a", 100), 10)
        });
    }
}
