//! Who joins a case, and what bonds cost (6.2, 6.4).

use serde_json::json;

use crate::accusers::{BOND, answer, challenge, court, entry, receipt, send, wait};
use crate::court::{Court, Item};
use crate::people::{FEE, RICHES, id};

/// Gives somebody without a balance something to spend.
fn endow(court: &mut Court, who: &str) {
    let item = Item::new("founder", "Transfer")
        .tag("Recipient", id(who))
        .tag("Quantity", 5_000);
    court.send(item).applied();
}

fn bonds(court: &mut Court, case: u64) -> Vec<String> {
    let row = court.case(case);
    let list = row["Challengers"]
        .as_array()
        .expect("bonds are held")
        .clone();
    list.iter()
        .map(|one| one["Bond"].as_str().expect("text").to_owned())
        .collect()
}

#[test]
fn a_joiner_posts_the_bond_alone_and_up_to_sixteen_may() {
    let mut court = court(3_000, &["p1"]);
    send(&mut court, challenge("bob", "p1", &["m1"]));
    let carol = court.balance("carol");
    let joined = send(&mut court, challenge("carol", "p1", &["m1"]));
    assert_eq!(joined.reply()["Cases"][0]["Joined"], true);
    assert_eq!(joined.reply()["Posted"], BOND.to_string());
    assert_eq!(joined.verdict.get("Cases"), None, "a joiner changes no row");
    assert_eq!(court.balance("carol"), carol - FEE - BOND);
    assert_eq!(
        court.send(challenge("carol", "p1", &["m1"])).code(),
        "6.4 twice"
    );
    for number in 3..=16 {
        let who = format!("joiner-{number}");
        endow(&mut court, &who);
        send(&mut court, challenge(&who, "p1", &["m1"]));
    }
    endow(&mut court, "late");
    assert_eq!(
        court.send(challenge("late", "p1", &["m1"])).code(),
        "6.4 full"
    );
    assert_eq!(bonds(&mut court, 1).len(), 16);
}

#[test]
fn a_joiner_comes_up_to_the_deadline_and_before_the_answer() {
    for (mined, code) in [(9, None), (10, None), (11, Some("6.4 late"))] {
        let mut court = court(3_000, &["p1"]);
        send(&mut court, challenge("bob", "p1", &["m1"]));
        let opened = court.height;
        court.queued = Some(opened + 10);
        court.blocks_to(opened + 12);
        let sent = court.send(challenge("carol", "p1", &["m1"]).mined(opened + mined));
        assert_eq!(sent.verdict["code"], json!(code), "{mined}");
        court.check();
    }
    let mut court = court(3_000, &["p1"]);
    send(&mut court, challenge("bob", "p1", &["m1"]));
    let assigned = receipt("hot-a", "p1", 0, 2, &entry("m1", court.height, "c"));
    send(&mut court, answer(&[assigned]));
    assert_eq!(
        court.send(challenge("carol", "p1", &["m1"])).code(),
        "6.4 answered"
    );
}

#[test]
fn each_eight_open_cases_double_the_bond_up_to_sixty_four_times() {
    let mut court = court(3_000, &["p1", "p2"]);
    let names: Vec<String> = (1..=64).map(|number| format!("m{number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    send(&mut court, challenge("bob", "p1", &names[..7]));
    send(&mut court, challenge("bob", "p1", &names[7..9]));
    for (case, bond) in [(7, "50"), (8, "50"), (9, "100")] {
        assert_eq!(bonds(&mut court, case), [bond], "{case}");
    }
    // Others pay for their own cases, and other processes count for themselves.
    send(&mut court, challenge("carol", "p1", &["m1"]));
    send(&mut court, challenge("bob", "p2", &["x1"]));
    assert_eq!(bonds(&mut court, 1), ["50", "50"]);
    assert_eq!(bonds(&mut court, 10), ["50"]);
    send(&mut court, challenge("bob", "p1", &names[9..64]));
    let number = |message: u64| if message < 10 { message } else { message + 1 };
    for (message, bond) in [
        (16, "100"),
        (17, "200"),
        (25, "400"),
        (48, "1600"),
        (49, "3200"),
        (64, "3200"),
    ] {
        assert_eq!(bonds(&mut court, number(message)), [bond], "m{message}");
    }
    let more = send(&mut court, challenge("bob", "p1", &["more"])).reply();
    assert_eq!(more["Posted"], "3205", "64 times and no more");
    // Joined ones count too; closed ones do not.
    for (case, name) in [(11, "m10"), (12, "m11")] {
        assert_eq!(court.case(case)["Message"], id(name));
    }
    send(&mut court, challenge("carol", "p1", &names[9..16]));
    let bond_of_last = bonds(&mut court, number(16));
    assert_eq!(bond_of_last, ["100", "50"], "carol's eighth");
    send(&mut court, challenge("carol", "p1", &["m17"]));
    assert_eq!(bonds(&mut court, number(17)), ["200", "100"]);
    let height = court.height;
    court.logs.put("p1", 9, "m1", 0, height);
    send(&mut court, crate::accusers::settle("p1", 1, "m1"));
    send(&mut court, challenge("carol", "p1", &["m18"]));
    assert_eq!(
        bonds(&mut court, number(18))[1],
        "100",
        "eight are open again"
    );
}

#[test]
fn who_could_have_seen_it_loses_the_bond_half_to_the_host() {
    // Mined heights of joiners against that at which the assignment became canonical (public_before = 1). That a joiner could join
    // although it stands there is what a jam does: his item runs later than it was mined.
    let mut court = court(3_000, &["p1"]);
    send(&mut court, challenge("bob", "p1", &["m1"]));
    let opened = court.height;
    court.blocks(6);
    for (who, mined) in [
        ("carol", opened + 2),
        ("dave", opened + 3),
        ("erin", opened + 4),
    ] {
        send(&mut court, challenge(who, "p1", &["m1"]).mined(mined));
    }
    let names = ["bob", "carol", "dave", "erin", "alice"];
    let before = names.map(|who| court.balance(who));
    court.logs.put("p1", 2, "m1", 0, opened + 2);
    let assigned = receipt("hot-a", "p1", 0, 2, &entry("m1", opened, "c"));
    let burned = court
        .probe("return require('origin.state').burned")
        .as_u64();
    send(&mut court, answer(&[assigned]));
    let after = names.map(|who| court.balance(who));
    // bob and carol are judged by their own heights; dave and erin lose 50 each.
    assert_eq!(after[0] - before[0], BOND);
    assert_eq!(after[1] - before[1], BOND);
    assert_eq!((after[2] - before[2], after[3] - before[3]), (0, 0));
    assert_eq!(after[4] - before[4], 5 + BOND / 2 * 2);
    let fee = u64::try_from(FEE).unwrap();
    let now = court
        .probe("return require('origin.state').burned")
        .as_u64();
    assert_eq!(now.unwrap() - burned.unwrap(), 50 + fee);
}

#[test]
fn exactly_what_is_in_force_is_taken() {
    let mut court = court(3_000, &["p1"]);
    send(
        &mut court,
        Item::new("op-a", "Update")
            .tag("Fee", 9)
            .tag("Answer-Fee", 30),
    );
    let raised = court.height;
    // A rise works three blocks later, by the mined height; more named is not taken, less is refused.
    court.blocks(4);
    let offer = |fee: u128, answer_fee: u128, mined: u64| {
        let mut item = challenge("bob", "p1", &[&format!("m{mined}")]).mined(mined);
        item.tags[2].1 = fee.to_string();
        item.tags[3].1 = answer_fee.to_string();
        item
    };
    let cheap = send(&mut court, offer(0, 5, raised + 2)).reply();
    assert_eq!(cheap["Posted"], "55");
    for (fee, answer_fee) in [(8, 50), (20, 29)] {
        assert_eq!(
            court.send(offer(fee, answer_fee, raised + 3)).code(),
            "6.3 fees"
        );
    }
    assert_eq!(
        send(&mut court, offer(20, 50, raised + 3)).reply()["Posted"],
        "339"
    );
    // The lease's caps hold: 20 and 50.
    let item = Item::new("op-a", "Update")
        .tag("Fee", 90)
        .tag("Answer-Fee", 90);
    send(&mut court, item);
    court.blocks(3);
    let height = court.height;
    assert_eq!(
        send(&mut court, offer(20, 50, height)).reply()["Posted"],
        "570"
    );
    let last = court.height + 12;
    wait(&mut court, last);
    assert!(court.balance("bob") < RICHES);
}
