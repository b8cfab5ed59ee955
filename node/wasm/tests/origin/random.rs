//! Random moves of many people, with every invariant of the state asked after each.

use serde_json::{Value, json};

use crate::court::{Court, Item, ORIGIN};
use crate::people::{first_bond, fund, host, id, origin_key, signed, spawn};

/// Moves of one run in the ordinary tests; `AOSEC_ORIGIN_MOVES` asks for more.
const MOVES: u64 = 400;

/// A small generator; each run prints its seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }

    fn of<'a>(&mut self, names: &[&'a str]) -> &'a str {
        names[usize::try_from(self.below(names.len() as u64)).expect("small")]
    }

    fn sum(&mut self) -> u128 {
        u128::from(self.below(4)) * 700 + u128::from(self.below(300))
    }
}

const OWNERS: [&str; 3] = ["alice", "bob", "carol"];
const OPERATORS: [&str; 3] = ["op-a", "op-b", "op-c"];
const PROCESSES: [&str; 5] = ["p0", "p1", "p2", "p3", "p4"];

fn trio(dice: &mut Dice) -> (&'static str, &'static str, &'static str) {
    match dice.below(3) {
        0 => ("alice", "op-a", "hot-a"),
        1 => ("bob", "op-b", "hot-b"),
        _ => ("carol", "op-c", "hot-c"),
    }
}

fn beat(court: &Court, dice: &mut Dice) -> Item {
    let process = dice.of(&PROCESSES);
    let head = court
        .logs
        .get(&id(process))
        .cloned()
        .unwrap_or(json!({"slot": 1, "epoch": 0}));
    let height = court.height - dice.below(8);
    let slot = head["slot"].to_string();
    let item = signed(
        trio(dice).2,
        &[
            ("Action", "Heartbeat"),
            ("Origin", ORIGIN),
            ("Process", &id(process)),
            ("Epoch", "0"),
            ("Slot", &slot),
            ("Log-Chain", &id(&format!("chain-{slot}"))),
            ("Height", &height.to_string()),
        ],
    );
    Item::new("dave", "Heartbeat").enclose(&[item])
}

fn item(court: &Court, dice: &mut Dice) -> Item {
    let (owner, operator, hot) = trio(dice);
    let process = dice.of(&PROCESSES);
    match dice.below(12) {
        0 => first_bond(owner, operator, hot, 1_000 + dice.sum()),
        1 => Item::new(owner, "Bond").tag("Quantity", dice.sum()),
        2 => Item::new(owner, "Unbond").tag("Quantity", dice.sum()),
        3 => Item::new(owner, "Withdraw"),
        4 => Item::new(operator, "Update")
            .tag("Fee", dice.below(20))
            .tag("Answer-Fee", 4 + dice.below(20)),
        5 => {
            let key = format!("hot-{}", dice.below(9));
            Item::new(owner, "Update").enclose(&[origin_key(&key, owner, operator)])
        }
        6 => fund(dice.of(&OWNERS), process, dice.sum()),
        7 => host(
            operator,
            &spawn(process, hot, 300 + dice.sum()),
            1 + u128::from(dice.below(99)),
        ),
        8 => Item::new(operator, "Leave").tag("Process", id(process)),
        9 => Item::new("erin", "Settle").tag("Process", id(process)),
        10 => beat(court, dice),
        _ => Item::new(dice.of(&OWNERS), "Transfer")
            .tag("Recipient", id(dice.of(&OPERATORS)))
            .tag("Quantity", dice.sum()),
    }
}

/// What later cases will do: slash, tombstone, open and close a case, end a lease.
fn intervention(dice: &mut Dice) -> String {
    let operator = id(dice.of(&OPERATORS));
    let process = id(dice.of(&PROCESSES));
    let sum = dice.sum();
    let act = match dice.below(12) {
        0 if dice.below(6) == 0 => "if op then slash.tombstone(op) end",
        1..=4 => "if op then slash.take(op, nil, sum) end",
        5..=7 => "if lease then slash.take(lease.operator, lease, sum) end",
        8 => "if lease and not lease.oldest_case then lease.oldest_case = state.height end",
        9 => "if lease then lease.oldest_case = nil end",
        _ => {
            "if lease and lease.live then local clip = lease.oldest_case
              require('origin.leases').finish(lease.process, 'Unhosted', clip) end"
        }
    };
    format!(
        "local state, slash = require('origin.state'), require('origin.slash')
         local op, p, sum = state.operators['{operator}'], state.processes['{process}'], {sum}
         local lease = p and p.leases[0]
         {act} return true"
    )
}

fn advance(court: &mut Court, dice: &mut Dice) {
    for process in PROCESSES {
        let slot = court
            .logs
            .get(&id(process))
            .map_or(0, |head| head["slot"].as_u64().expect("a slot"));
        if dice.below(3) == 0 {
            court.publish(process, 0, slot + 1);
        }
    }
    court.queued = (dice.below(8) == 0).then(|| court.height - dice.below(3));
    let blocks = if dice.below(40) == 0 {
        200
    } else {
        1 + dice.below(4)
    };
    court.blocks(blocks);
}

fn play(seed: u64, moves: u64) -> (u64, u64) {
    println!("seed {seed}");
    let (mut court, mut dice) = (Court::new(), Dice(seed));
    let (mut applied, mut refused) = (0, 0);
    for _ in 0..moves {
        match dice.below(10) {
            0..=1 => advance(&mut court, &mut dice),
            2 => drop(court.probe(&intervention(&mut dice))),
            _ => {
                let item = item(&court, &mut dice);
                let answer = court.send(item);
                match answer.verdict["ok"] {
                    Value::Bool(true) => applied += 1,
                    _ => refused += 1,
                }
            }
        }
        court.check();
    }
    (applied, refused)
}

#[test]
fn whatever_people_do_the_books_balance() {
    let moves = std::env::var("AOSEC_ORIGIN_MOVES")
        .ok()
        .and_then(|text| text.parse().ok());
    let mut applied = 0;
    for seed in [1, 20_261_121, 0xdead_beef] {
        let (fine, refused) = play(seed, moves.unwrap_or(MOVES));
        println!("seed {seed}: {fine} applied, {refused} refused");
        applied += fine;
    }
    assert!(
        applied > 300,
        "the moves are too wild to say anything: {applied} applied"
    );
}
