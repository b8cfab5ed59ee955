//! Random moves of many people, with every invariant of the state asked after each.

use serde_json::{Value, json};

use crate::authorities::{authorize, revoke};
use crate::court::{Court, Item, ORIGIN};
use crate::people::{first_bond, fund, host, id, origin_key, signed, spawn};
use crate::quarrels;

/// Moves of one game in the ordinary tests; `AOSEC_ORIGIN_MOVES` asks for more.
const MOVES: u64 = 200;

/// A small generator; each game prints its seed.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }

    pub(crate) fn of<'a>(&mut self, names: &[&'a str]) -> &'a str {
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

fn item(court: &mut Court, dice: &mut Dice) -> Item {
    let (owner, operator, hot) = trio(dice);
    let process = dice.of(&PROCESSES);
    if dice.below(2) == 0 {
        return quarrels::item(court, dice, process, hot);
    }
    match dice.below(14) {
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
        11 => authorize(owner, operator, &format!("key-{}", dice.below(30))),
        12 => revoke(owner, &format!("key-{}", dice.below(30))),
        _ => Item::new(dice.of(&OWNERS), "Transfer")
            .tag("Recipient", id(dice.of(&OPERATORS)))
            .tag("Quantity", dice.sum()),
    }
}

/// What no message of the moves does often enough: slash, tombstone, end a lease.
fn intervention(dice: &mut Dice) -> String {
    let operator = id(dice.of(&OPERATORS));
    let process = id(dice.of(&PROCESSES));
    let sum = dice.sum();
    let act = match dice.below(10) {
        0 if dice.below(6) == 0 => "if op then slash.tombstone(op) end",
        1..=4 => "if op then slash.take(op, nil, sum) end",
        5..=7 => "if lease then slash.take(lease.operator, lease, sum) end",
        _ => {
            "if lease and lease.live then
              require('origin.leases').finish(lease.process, 'Unhosted', lease.oldest_case) end"
        }
    };
    format!(
        "local state, slash = require('origin.state'), require('origin.slash')
         local op, p, sum = state.operators['{operator}'], state.processes['{process}'], {sum}
         local lease = p and p.leases[0]
         {act} return true"
    )
}

fn advance(court: &mut Court, dice: &mut Dice, told: &mut quarrels::Told) {
    for process in PROCESSES {
        let slot = court
            .logs
            .get(&id(process))
            .map_or(0, |head| head["slot"].as_u64().expect("a slot"));
        if dice.below(3) == 0 {
            court.publish(process, 0, slot + 1);
            let message = quarrels::name(process, dice.below(quarrels::MESSAGES));
            let height = court.height;
            court.logs.put_once(process, slot + 1, &message, height);
        }
        if dice.below(9) == 0 && slot > 0 {
            court.logs.delay(process, dice.below(4));
        }
    }
    quarrels::publish(court, dice);
    court.queued = (dice.below(8) == 0).then(|| court.height - dice.below(3));
    let blocks = if dice.below(40) == 0 {
        200
    } else {
        1 + dice.below(4)
    };
    for _ in 0..blocks {
        quarrels::note(told, &court.block());
    }
}

/// Three operators are bonded and serve some processes.
fn founded(dice: &mut Dice) -> Court {
    let mut court = Court::new();
    for (owner, operator, hot) in [
        ("alice", "op-a", "hot-a"),
        ("bob", "op-b", "hot-b"),
        ("carol", "op-c", "hot-c"),
    ] {
        let bond = first_bond(owner, operator, hot, 4_000 + dice.sum());
        court.send(bond).applied();
    }
    court.blocks(3);
    for process in PROCESSES {
        let (_, operator, hot) = trio(dice);
        court.send(fund("dave", process, 2_000)).applied();
        let spawn = spawn(process, hot, 300 + u128::from(dice.below(400)));
        court.send(host(operator, &spawn, 10)).applied();
    }
    court
}

fn play(seed: u64, moves: u64, told: &mut quarrels::Told) -> u64 {
    let mut dice = Dice(seed);
    let mut court = founded(&mut dice);
    let (mut applied, mut refused) = (0, 0);
    for _ in 0..moves {
        match dice.below(10) {
            0..=1 => advance(&mut court, &mut dice, told),
            2 if dice.below(4) == 0 => drop(court.probe(&intervention(&mut dice))),
            _ => {
                let item = item(&mut court, &mut dice);
                let answer = court.send(item);
                match answer.verdict["ok"] {
                    Value::Bool(true) => applied += 1,
                    _ => refused += 1,
                }
                quarrels::note(told, &answer);
            }
        }
        court.check();
    }
    println!("seed {seed}: {applied} applied, {refused} refused");
    applied
}

#[test]
fn whatever_people_do_the_books_balance() {
    let moves = std::env::var("AOSEC_ORIGIN_MOVES")
        .ok()
        .and_then(|text| text.parse().ok());
    let (mut applied, mut told) = (0, quarrels::Told::new());
    for seed in [1, 20_261_121, 0xdead_beef, 7, 77, 777, 7_777, 77_777] {
        applied += play(seed, moves.unwrap_or(MOVES), &mut told);
    }
    println!("{told:?}");
    assert!(
        applied > 300,
        "the moves are too wild to say anything: {applied} applied"
    );
    for state in quarrels::STATES {
        assert!(
            told.contains_key(state),
            "no case was ever {state}: {told:?}"
        );
    }
}
