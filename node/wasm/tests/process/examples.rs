//! The example contracts (contracts-lua/examples) do what their front pages say.

use crate::harness::{AUTHORITY, MODULE, PROCESS, Process, TOKEN, send, tag};

const PARENT: &str = include_str!("../../../../contracts-lua/examples/parent.lua");
const COUNTER: &str = include_str!("../../../../contracts-lua/examples/counter.lua");

#[test]
fn the_counter_counts() {
    let mut process = Process::new(COUNTER);
    send(&mut process, &[("Action", "Increment")]);
    let answer = send(&mut process, &[("Action", "Increment"), ("By", "5")]);
    assert_eq!(tag(&answer["Messages"][0], "Count"), Some("6"));
    assert!(send(&mut process, &[("Action", "Increment"), ("By", "-1")])["Error"].is_string());
    assert_eq!(
        send(&mut process, &[("Action", "Count")])["Messages"][0]["Data"],
        "6"
    );
}

#[test]
fn the_parent_hears_of_its_child() {
    let mut process = Process::new(PARENT);
    let answer = send(&mut process, &[("Action", "Breed"), ("Name", "kid")]);
    let spawn = &answer["Spawns"][0];
    assert_eq!(
        (tag(spawn, "Module"), tag(spawn, "Authority")),
        (Some(MODULE), Some(AUTHORITY))
    );
    let notice = |m: crate::harness::Message| m.tag("Action", "Spawned").tag("Process", "kid-id");
    let forged = notice(process.next()).from("mallory");
    process.send(forged);
    let real = notice(process.next()).pushed(PROCESS, AUTHORITY);
    assert_eq!(process.send(real)["Messages"][0]["Target"], "kid-id");
    let answer = send(&mut process, &[("Action", "Children")]);
    assert_eq!(answer["Messages"][0]["Data"], "[\"kid-id\"]");
}

#[test]
fn the_token_moves_exact_amounts() {
    let mut process = Process::new(TOKEN);
    let huge = "100000000000000000000000000000000000000000000000001";
    send(&mut process, &[("Action", "Mint"), ("Quantity", huge)]);
    let sent = send(
        &mut process,
        &[
            ("Action", "Transfer"),
            ("Recipient", "bob"),
            ("Quantity", huge),
            ("X-Memo", "m"),
        ],
    );
    let [debit, credit] = [&sent["Messages"][0], &sent["Messages"][1]];
    assert_eq!(
        (tag(debit, "Action"), tag(credit, "Action")),
        (Some("Debit-Notice"), Some("Credit-Notice"))
    );
    assert_eq!(
        (tag(credit, "Quantity"), tag(credit, "X-Memo")),
        (Some(huge), Some("m"))
    );
    let balance = send(&mut process, &[("Action", "Balance"), ("Recipient", "bob")]);
    assert_eq!(balance["Messages"][0]["Data"], huge);
    for (quantity, recipient) in [
        ("0", "b"),
        ("-1", "b"),
        ("1.5", "b"),
        ("", "b"),
        ("1e3", "b"),
        ("1", ""),
    ] {
        let answer = send(
            &mut process,
            &[
                ("Action", "Transfer"),
                ("Recipient", recipient),
                ("Quantity", quantity),
            ],
        );
        assert!(answer["Error"].is_string(), "{quantity}: {answer}");
    }
    let poor = process
        .next()
        .tag("Action", "Transfer")
        .tag("Recipient", "b")
        .tag("Quantity", "1")
        .from("nobody");
    assert_eq!(
        tag(&process.send(poor)["Messages"][0], "Action"),
        Some("Transfer-Error")
    );
    let supply = send(&mut process, &[("Action", "Total-Supply")]);
    assert_eq!(
        supply["Messages"][0]["Data"],
        "100000000000000000000000000000000010000000000000001"
    );
}
