//! Every code word of the messages of section 6, in the order of its checks: each item fails at this check and at those behind it, so a
//! check that comes too late or too early gives another word.

use serde_json::{Value, json};

use crate::accusers::{
    answer, body, challenge, court, entry, message, receipt, report, send, unpublished, withheld,
};
use crate::court::{Court, Item};
use crate::people::{FEE, first_bond, fund, host, id, spawn};

/// What keeps each word apart: the item, and what is said of it.
fn refuse(court: &mut Court, refused: Vec<(&str, Item)>) {
    for (code, item) in refused {
        let shown = format!("{:?}", item.tags);
        assert_eq!(court.send(item).code(), code, "{shown}");
        court.check();
    }
}

fn changed(mut item: Item, tag: &str, value: &str) -> Item {
    let found = item.tags.iter_mut().find(|(name, _)| name == tag);
    found.expect("the tag").1 = value.to_owned();
    item
}

fn with(item: Item, enclosed: &[Value]) -> Item {
    item.enclose(enclosed)
}

fn many(count: usize) -> Vec<Value> {
    (0..count)
        .map(|n| message("p1", &format!("n{n}")))
        .collect()
}

/// p1 with m1 in the log, m2 answered, m3 under a challenge by bob, m4 under one of sixteen.
fn quarrel() -> Court {
    let mut court = court(3_000, &["p1"]);
    court.logs.put("p1", 2, "m1", 0, court.height);
    court.block();
    send(&mut court, challenge("bob", "p1", &["m2", "m3", "m4"]));
    let assigned = receipt("hot-a", "p1", 0, 3, &entry("m2", court.height, "c"));
    send(&mut court, answer(&[assigned]));
    for number in 2..=16 {
        let who = format!("joiner-{number}");
        let gift = Item::new("founder", "Transfer")
            .tag("Recipient", id(&who))
            .tag("Quantity", 500);
        send(&mut court, gift);
        send(&mut court, challenge(&who, "p1", &["m4"]));
    }
    court
}

#[test]
fn a_challenge_is_refused_by_the_first_check_that_fails() {
    let mut court = quarrel();
    let late = court.height + 11;
    court.queued = Some(court.height);
    court.blocks(12);
    let gift = Item::new("founder", "Transfer")
        .tag("Recipient", id("poor"))
        .tag("Quantity", 5_000);
    send(&mut court, gift);
    let bob = |names: &[&str]| challenge("bob", "p1", names);
    let mut foreign = message("p1", "m9");
    foreign["Target"] = json!(id("p2"));
    let mut untyped = message("p1", "m9");
    untyped["Tags"].as_array_mut().unwrap().pop();
    let mut large = message("p1", "m9");
    large["Size"] = json!(256 * 1024 + 1);
    let m9 = message("p1", "m9");
    refuse(
        &mut court,
        vec![
            ("6.3 items", with(bob(&[]), &[])),
            ("6.3 items", with(bob(&[]), &many(65))),
            ("6.3 items", with(bob(&[]), &[m9.clone(), m9, foreign])),
            ("6.3 items", with(bob(&[]), &[untyped])),
            ("6.3 items", with(bob(&[]), &[large])),
            ("6.3 items", changed(bob(&["m9"]), "Process", &id("p2"))),
        ],
    );
    let twice = challenge("bob", "p2", &["m9", "m9"]);
    refuse(
        &mut court,
        vec![
            ("6.3 twice", changed(twice, "Fee", "x")),
            (
                "6.3 hosted",
                changed(challenge("bob", "p2", &["m9"]), "Fee", "x"),
            ),
            ("3.1 amount", changed(bob(&["m1"]), "Fee", "x")),
            ("3.1 amount", changed(bob(&["m1"]), "Answer-Fee", "-1")),
            ("6.3 fees", changed(bob(&["m1"]), "Answer-Fee", "4")),
            ("6.3 logged", bob(&["m1"])),
            ("6.3 logged", bob(&["m1", "m2"])),
            ("6.4 answered", bob(&["m2", "m1"])),
            ("6.4 late", bob(&["m3"]).mined(late)),
            ("6.4 late", bob(&["m4"]).mined(late)),
            ("6.4 full", bob(&["m4"]).mined(late - 1)),
            ("6.4 twice", bob(&["m9", "m3"]).mined(late - 1)),
            ("3.1 balance", with(challenge("poor", "p1", &[]), &many(64))),
        ],
    );
    // Whole or not at all: of those with one bad message none was opened.
    assert_eq!(court.operator("op-a")["Cases"], 3);
}

#[test]
fn bounds_of_a_challenge_are_exact() {
    let mut court = quarrel();
    let mut large = message("p1", "m9");
    large["Size"] = json!(256 * 1024);
    send(&mut court, with(challenge("carol", "p1", &[]), &[large]));
    let item = with(challenge("dave", "p1", &[]), &many(64));
    assert_eq!(
        send(&mut court, item).reply()["Cases"]
            .as_array()
            .unwrap()
            .len(),
        64
    );
}

#[test]
fn an_answer_is_refused_by_the_first_check_that_fails() {
    let mut court = quarrel();
    send(&mut court, fund("bob", "p3", 500));
    send(&mut court, host("op-a", &spawn("p3", "hot-a", 1_000), 10));
    let m3 = receipt("hot-a", "p1", 0, 4, &entry("m3", court.height, "c"));
    let record = crate::accusers::record("hot-a", "p1", 0, &[(4, entry("m3", 1_005, "c"))]);
    refuse(
        &mut court,
        vec![
            ("6.2 items", answer(&[])),
            ("6.2 items", answer(&vec![m3.clone(); 65])),
            ("6.2 items", answer(&[m3.clone(), message("p1", "m3")])),
            ("6.2 items", answer(&[m3.clone(), record])),
            (
                "6.2 case",
                answer(&[receipt("hot-a", "p1", 0, 4, &entry("m1", 1_005, "c"))]),
            ),
            ("6.5 case", crate::accusers::settle("p1", 9, "m3")),
            ("6.5 case", crate::accusers::settle("p1", 2, "m2")),
            (
                "6.5 case",
                changed(crate::accusers::settle("p1", 2, "m3"), "Case", "02"),
            ),
            ("5.12 process", crate::accusers::settle("p2", 2, "m3")),
            ("6.5 case", crate::accusers::settle("p3", 2, "m3")),
            ("6 case", Item::new("bob", "Cases").tag("Case", 9)),
            ("6 case", Item::new("bob", "Cases").tag("Case", "x")),
            ("4 named", Item::new("alice", "Withdraw")),
        ],
    );
    send(&mut court, answer(&vec![m3; 64]));
}

#[test]
fn a_challenge_of_publication_is_refused_by_the_first_check_that_fails() {
    let mut court = quarrel();
    send(&mut court, first_bond("carol", "op-c", "hot-c", 1_000));
    let (stamp, old) = (court.height, court.height - 1);
    court.queued = Some(court.height);
    court.blocks(9);
    let at = |by: &str, slot: u64, height: u64| {
        receipt(by, "p1", 0, slot, &entry(&format!("s{slot}"), height, "c"))
    };
    let good = at("hot-a", 5, old);
    send(&mut court, unpublished("bob", "p1", &good));
    let deadline = court.height + 3;
    assert_eq!(
        court.case(4)["Deadline"],
        deadline,
        "the old open case has eaten the buffer"
    );
    court.queued = Some(deadline);
    court.blocks(8);
    let mut canonical = at("hot-a", 6, stamp + 90);
    canonical["Signed"]["canonical"] = json!(true);
    let record = crate::accusers::record("hot-a", "p1", 0, &[(5, entry("s5", old, "c"))]);
    let bob = |receipt: &Value| unpublished("bob", "p1", receipt);
    let cheap = |item: Item| changed(item, "Answer-Fee", "4");
    let odd = |item: Item| changed(item, "Answer-Fee", "x");
    let mut epoch = at("hot-c", 5, old);
    epoch["Signed"]["epoch"] = json!(1);
    let early = court.height - 6;
    refuse(
        &mut court,
        vec![
            ("6 receipt", with(odd(bob(&good)), &[])),
            (
                "6 receipt",
                with(odd(bob(&good)), &[good.clone(), good.clone()]),
            ),
            ("6 receipt", odd(bob(&record))),
            ("6 receipt", odd(bob(&message("p1", "m1")))),
            ("6 receipt", odd(changed(bob(&good), "Process", &id("p2")))),
            ("6 receipt", odd(bob(&at("hot-a", 0, old)))),
            ("6 epoch", odd(bob(&epoch))),
            ("6 signer", odd(bob(&at("hot-c", 5, stamp + 90)))),
            ("6 signer", odd(bob(&at("nobody", 5, stamp + 90)))),
            ("6 canonical", odd(bob(&canonical))),
            ("6 early", odd(bob(&at("hot-a", 5, early)))),
            ("3.1 amount", odd(bob(&good)).mined(deadline + 1)),
            ("6.3 fees", cheap(bob(&good)).mined(deadline + 1)),
            ("6.4 late", bob(&good).mined(deadline + 1)),
            ("6.4 twice", bob(&good).mined(deadline)),
        ],
    );
    for number in 2..=16 {
        let who = format!("joiner-{number}");
        send(&mut court, unpublished(&who, "p1", &good).mined(deadline));
    }
    let item = unpublished("dave", "p1", &good).mined(deadline);
    assert_eq!(court.send(item).code(), "6.4 full");
    poor(&mut court);
    let item = unpublished("poor", "p1", &at("hot-a", 7, old));
    assert_eq!(court.send(item).code(), "3.1 balance");
}

/// Somebody who can pay fees and no bond.
fn poor(court: &mut Court) {
    let gift = Item::new("founder", "Transfer")
        .tag("Recipient", id("poor"))
        .tag("Quantity", 59);
    send(court, gift);
}

#[test]
fn a_challenge_of_data_is_refused_by_the_first_check_that_fails() {
    let mut court = quarrel();
    court.logs.put("p1", 7, "m7", 0, 1_000);
    court.logs.put("p1", 8, "m8", 3, 1_000);
    send(&mut court, withheld("bob", "p1", 7));
    court.probe(&format!(
        "require('origin.state').processes['{}'].voided = {{ [2] = true }} return true",
        id("p1")
    ));
    court.logs.put("p1", 9, "m9", 0, 1_000);
    let cheap = |slot: u64| changed(withheld("bob", "p1", slot), "Answer-Fee", "4");
    refuse(
        &mut court,
        vec![
            ("5.10 slot", cheap(99)),
            ("5.10 epoch", cheap(8)),
            ("5.10 open", cheap(7)),
            ("5.10 done", cheap(2)),
            ("3.1 amount", changed(cheap(9), "Answer-Fee", "")),
            ("6.3 fees", cheap(9)),
            ("5.10 items", with(body("bob", "p1", &[]), &[])),
            ("5.10 items", with(body("bob", "p1", &[]), &many(65))),
            ("5.10 case", body("bob", "p1", &["m9"])),
            ("5.10 case", body("bob", "p2", &["m7"])),
        ],
    );
    poor(&mut court);
    assert_eq!(court.send(withheld("poor", "p1", 9)).code(), "3.1 balance");
    send(
        &mut court,
        with(body("bob", "p1", &[]), &{
            let mut all = many(63);
            all.push(message("p1", "m7"));
            all
        }),
    );
}

#[test]
fn the_view_pages_by_number_and_by_process() {
    let mut court = court(9_000, &["p1", "p2"]);
    let names: Vec<String> = (0..60).map(|n| format!("m{n}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    send(&mut court, challenge("bob", "p1", &names));
    send(&mut court, challenge("carol", "p2", &["x"]));
    send(&mut court, challenge("dave", "p1", &["y"]));
    let others: Vec<String> = (0..60).map(|n| format!("o{n}")).collect();
    let others: Vec<&str> = others.iter().map(String::as_str).collect();
    send(&mut court, challenge("erin", "p2", &others));
    let mut ask = |item: Item| court.ask(item).applied().reply();
    let cases = || Item::new("founder", "Cases");
    let first = ask(cases());
    assert_eq!(first["Rows"].as_array().unwrap().len(), 100);
    assert_eq!(first["Next"], 101);
    let second = ask(cases().tag("First", 101));
    assert_eq!(second["Rows"].as_array().unwrap().len(), 22);
    assert_eq!(
        (&second["Rows"][0]["Case"], second.get("Next")),
        (&json!(101), None)
    );
    let of_p1 = ask(cases().tag("Process", id("p1")).tag("First", 60));
    let numbers: Vec<&Value> = of_p1["Rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| &row["Case"])
        .collect();
    assert_eq!(numbers, [&json!(60), &json!(62)]);
    assert_eq!(ask(cases().tag("Process", id("p9")))["Rows"], json!([]));
    assert_eq!(
        ask(cases().tag("Case", 61).tag("Process", id("p1")))["Rows"][0]["Process"],
        id("p2")
    );
}

#[test]
fn the_same_again_changes_nothing() {
    let mut court = quarrel();
    court.logs.put("p1", 7, "m7", 0, 1_000);
    send(&mut court, first_bond("carol", "op-c", "hot-c", 1_000));
    let old = receipt("hot-a", "p1", 0, 5, &entry("s5", court.height - 7, "c"));
    let now = receipt("hot-a", "p1", 0, 6, &entry("m3", court.height, "c"));
    let forged = receipt("hot-c", "p1", 0, 4, &entry("f", court.height, "c"));
    let messages = [
        (challenge("dave", "p1", &["m9"]), "6.4 twice"),
        (unpublished("dave", "p1", &old), "6.4 twice"),
        (answer(&[now]), "6.2 case"),
        (withheld("dave", "p1", 7), "5.10 open"),
        (body("erin", "p1", &["m7"]), "5.10 case"),
        (report("erin", "p1", "Tenure", 0, &[forged]), "6.1 twice"),
    ];
    for (item, code) in messages {
        send(&mut court, item.clone());
        let before = ["dave", "erin", "alice"].map(|who| court.balance(who));
        let stakes = ["op-a", "op-c"].map(|who| court.operator(who));
        let from = item.from.clone();
        let again = court.send(item);
        assert_eq!(again.code(), code);
        for field in ["Hosting", "Cases", "Keys"] {
            assert_eq!(again.verdict.get(field), None, "{code}");
        }
        assert_eq!(
            ["op-a", "op-c"].map(|who| court.operator(who)),
            stakes,
            "{code}"
        );
        let after = ["dave", "erin", "alice"].map(|who| court.balance(who));
        let paid: u128 = before.iter().sum::<u128>() - after.iter().sum::<u128>();
        let fee = if from == id("op-a") { 0 } else { FEE };
        assert_eq!(paid, fee, "{code}");
        court.check();
    }
}
