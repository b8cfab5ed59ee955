//! What cases cost: fuel for each message of section 6, alone and beside a thousand open cases, and of the Ticks that end these.

use serde_json::Value;

use crate::accusers::{
    answer, body, challenge, court, entry, receipt, report, settle, unpublished, withheld,
};
use crate::court::{Court, Item};
use crate::people::{first_bond, fund, host, hosting, id, spawn};
use crate::scale::{FUEL_MAX, measure};

/// Processes of the crowd, and open cases against each.
const CROWD: u64 = 250;
const CASES_EACH: u64 = 4;
/// Fuel of a Tick that applies 256 transitions about cases: a block has at least a second.
const TICK_FUEL_MAX: u64 = 200_000_000;

/// One message of each kind, in an order in which all are applied.
fn one_of_each(court: &mut Court) -> Vec<(&'static str, u64)> {
    court.blocks(9);
    court.publish("p1", 0, 3);
    let height = court.height;
    court.logs.put("p1", 2, "stored", 0, height - 1);
    let late = receipt("hot-a", "p1", 0, 5, &entry("late", height - 8, "c"));
    let first = court.probe("return #require('origin.state').cases + 1");
    let first = first.as_u64().expect("a number");
    let forged = receipt("hot-c", "p1", 0, 4, &entry("forged", height, "c"));
    let assigned = receipt("hot-a", "p1", 0, 6, &entry("m1", height, "c"));
    let items = [
        ("Challenge", challenge("bob", "p1", &["m1"])),
        ("Challenge, joined", challenge("dave", "p1", &["m1"])),
        ("Challenge-Publication", unpublished("bob", "p1", &late)),
        ("Challenge-Data", withheld("bob", "p1", 2)),
        ("Answer", answer(&[assigned])),
        ("Answer-Data", body("erin", "p1", &["stored"])),
        ("Settle, a case", settle("p1", first, "m1")),
        ("Report", report("erin", "p1", "Tenure", 0, &[forged])),
        ("Cases, one", Item::new("erin", "Cases").tag("Case", first)),
    ];
    let mut costs = vec![("Bond", {
        let bond = first_bond("carol", "op-c", "hot-c", 2_000);
        court.send(bond).applied().fuel
    })];
    for (name, item) in items {
        costs.push((name, court.send(item).applied().fuel));
    }
    // Garbage is collected behind whichever message fills the measure: of two Ticks at most one pays for it.
    let (one, other) = (court.block().fuel, court.block().fuel);
    costs.push(("Tick", one.min(other)));
    court.check();
    costs
}

/// op-a serves so many processes, and each has four open cases by the founder.
fn crowd() -> Court {
    let mut court = hosting(400_000, &["p1"], 5_000, 1_000);
    for number in 0..CROWD {
        let process = format!("q{number}");
        court.send(fund("bob", &process, 500)).applied();
        let spawn = spawn(&process, "hot-a", 1_000);
        court.send(host("op-a", &spawn, 10)).applied();
        court.publish(&process, 0, 1);
    }
    court
}

fn accuse(court: &mut Court) {
    for number in 0..CROWD {
        let names: Vec<String> = (0..CASES_EACH).map(|n| format!("m{n}-{number}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let process = format!("q{number}");
        court.send(challenge("founder", &process, &names)).applied();
    }
}

#[test]
fn every_message_of_a_case_is_cheap() {
    for (name, fuel) in one_of_each(&mut court(50_000, &["p1"])) {
        println!("{name:22} {fuel:8} fuel");
        assert!(fuel <= FUEL_MAX, "{name}: {fuel}");
    }
}

#[test]
fn a_thousand_open_cases_make_no_message_dearer_and_end_in_ticks_of_256() {
    let mut alone = court(50_000, &["p1"]);
    let mut court = crowd();
    // Window and all: the crowd's cases are open while the others run.
    court.blocks(1);
    court.publish("p1", 0, 1);
    court.probe("require('origin.state').params.window_floor = 30 return true");
    accuse(&mut court);
    let opened = court.height;
    let few = one_of_each(&mut alone);
    for ((name, fuel), (_, of_many)) in few.into_iter().zip(one_of_each(&mut court)) {
        println!("{name:22} {fuel:8} fuel, beside 1,000 cases {of_many:8}");
        assert!(
            of_many <= fuel + fuel / 2 + 50_000,
            "{name}: {fuel} became {of_many}"
        );
    }
    court.blocks_to(opened + 30);
    let open = |court: &mut Court| -> Value {
        court.probe(
            "local count = 0
             for _, case in ipairs(require('origin.state').cases) do
               if case.ended == nil then count = count + 1 end
             end
             return count",
        )
    };
    let before = open(&mut court).as_u64().expect("a number");
    for tick in 1..=4 {
        let fuel = court.block().fuel;
        println!("Tick {tick} of the deadline: {fuel} fuel");
        assert!(fuel <= TICK_FUEL_MAX, "{fuel}");
        let left = open(&mut court).as_u64().expect("a number");
        assert!(left + 256 * tick >= before, "{left} are left after {tick}");
    }
    assert!(open(&mut court).as_u64().expect("a number") < 24);
    court.check();
}

#[test]
#[ignore = "prints figures"]
fn messages_of_cases_a_second() {
    let mut court = crowd();
    court.blocks(1);
    accuse(&mut court);
    court.commits = false;
    court.publish("q1", 0, 9);
    court.logs.put("q1", 9, "stored", 0, court.height);
    measure(&mut court, "Transfer", 10_000, |n, _| {
        Item::new("alice", "Transfer")
            .tag("Recipient", id(&format!("account{}", n % 100)))
            .tag("Quantity", 1)
    });
    measure(&mut court, "Settle", 10_000, |_, _| {
        Item::new("erin", "Settle").tag("Process", id("q1"))
    });
    measure(&mut court, "Settle case", 10_000, |_, _| {
        settle("q1", 5, "m0-1")
    });
    measure(&mut court, "Cases, one", 10_000, |n, _| {
        Item::new("erin", "Cases").tag("Case", 1 + n % 1_000)
    });
    measure(&mut court, "Challenge refused", 10_000, |_, _| {
        challenge("founder", "q1", &["m0-1"])
    });
    measure(&mut court, "Answer refused", 10_000, |_, height| {
        answer(&[receipt("hot-a", "q1", 0, 4, &entry("m9", height, "c"))])
    });
    measure(&mut court, "Challenge", 2_000, |n, _| {
        challenge("erin", &format!("q{}", n % CROWD), &[&format!("n{n}")])
    });
    measure(&mut court, "Answer", 2_000, |n, height| {
        let process = format!("q{}", n % CROWD);
        answer(&[receipt(
            "hot-a",
            &process,
            0,
            4,
            &entry(&format!("n{n}"), height, "c"),
        )])
    });
}

/// What a finished case weighs until it is forgotten (6).
#[test]
#[ignore = "prints figures"]
fn bytes_of_a_finished_case() {
    let mut court = crowd();
    let live = |court: &mut Court| {
        let bytes = court.probe("collectgarbage() return collectgarbage('count') * 1024 // 1 | 0");
        bytes.as_u64().expect("a number")
    };
    let before = live(&mut court);
    accuse(&mut court);
    for number in 0..CROWD {
        for case in 0..CASES_EACH {
            let (process, name) = (format!("q{number}"), format!("m{case}-{number}"));
            let height = court.height;
            court.logs.put(&process, 2 + case, &name, 0, height);
            let of = number * CASES_EACH + case + 1;
            court.send(settle(&process, of, &name)).applied();
        }
    }
    let bytes = (live(&mut court) - before) / (CROWD * CASES_EACH);
    println!("{bytes} bytes a finished case");
}
