//! The genesis message (2.10, 3.1, 4.2, 8): the only beginning, and what it refuses.

use serde_json::{Value, json};

use crate::court::{Court, Item};
use crate::people::{self, RICHES, id};

fn genesis_with(change: impl FnOnce(&mut Value)) -> Item {
    let mut data = people::genesis_data(&json!({id("alice"): "7"}));
    change(&mut data);
    Item::new("founder", "Genesis").data(&data.to_string())
}

#[test]
fn the_genesis_gives_balances_parameters_and_a_name() {
    let mut court = Court::new();
    assert_eq!(court.balance("alice"), RICHES);
    let info = court.ask(Item::new("x", "Info"));
    let reply = info.reply();
    assert_eq!(reply["Supply"], (9 * RICHES).to_string());
    assert_eq!(
        (&reply["Burned"], &reply["Accounts"]),
        (&json!("0"), &json!(9))
    );
    let params = court.ask(Item::new("x", "Params")).reply();
    assert_eq!(params["Parameters"], people::parameters());
    court.check();
}

#[test]
fn parameters_that_are_unsafe_together_are_refused() {
    // Each at its bound first, where it still holds, then one beyond (4.2).
    let cases = [
        ("unbonding", 155, 154),
        ("cut", 5, 6),
        ("period_min", 3, 2),
        ("late_after", 2, 3),
        ("mass_window", 8, 9),
        ("bounty_window", 8, 9),
    ];
    for (name, fine, bad) in cases {
        let with = |value: u64| {
            let mut court = Court::unborn();
            court.send(genesis_with(|data| data["parameters"][name] = json!(value)))
        };
        with(fine).applied();
        assert_eq!(with(bad).code(), "4.2 unsafe", "{name} {bad}");
    }
}

#[test]
fn what_is_no_genesis_is_refused_by_its_rule() {
    let cases: Vec<(&str, Item)> = vec![
        ("2.10 data", genesis_with(|_| ()).data("{")),
        ("2.10 data", genesis_with(|_| ()).data("")),
        ("2.10 data", genesis_with(|data| data["more"] = json!(1))),
        ("2.10 data", genesis_with(|data| data["ticker"] = json!(""))),
        (
            "8 parameter",
            genesis_with(|data| data["parameters"]["notice"] = json!("6")),
        ),
        (
            "8 parameter",
            genesis_with(|data| data["parameters"]["notice"] = json!(0)),
        ),
        (
            "8 parameter",
            genesis_with(|data| data["parameters"]["more"] = json!(1)),
        ),
        (
            "8 parameter",
            genesis_with(|data| data["parameters"]["min_bond"] = json!("0")),
        ),
        (
            "8 parameter",
            genesis_with(|data| data["parameters"]["min_bond"] = json!(5)),
        ),
        (
            "8 bounds",
            genesis_with(|data| data["parameters"]["jail_min"] = json!(33)),
        ),
        (
            "3.1 balances",
            genesis_with(|data| data["balances"] = json!({})),
        ),
        (
            "3.1 balances",
            genesis_with(|data| data["balances"] = json!({"bob": "1"})),
        ),
        (
            "3.1 balances",
            genesis_with(|data| data["balances"][id("b")] = json!("0")),
        ),
        (
            "3.1 balances",
            genesis_with(|data| data["balances"][id("b")] = json!("9".repeat(30))),
        ),
        (
            "3.1 balances",
            genesis_with(|data| data["balances"][id("b")] = json!("-1")),
        ),
        ("2.10 genesis", Item::new("alice", "Transfer")),
    ];
    for (code, item) in cases {
        let expected = if code == "2.10 genesis" {
            "2.10 owner"
        } else {
            code
        };
        assert_eq!(Court::unborn().send(item).code(), expected);
    }
    let mut stranger = genesis_with(|_| ());
    stranger.from = id("mallory");
    assert_eq!(Court::unborn().send(stranger).code(), "2.10 owner");
}

#[test]
fn a_genesis_comes_in_slot_1_or_never() {
    let mut court = Court::unborn();
    assert_eq!(
        court.send(genesis_with(|_| ()).data("")).code(),
        "2.10 data"
    );
    assert_eq!(court.send(genesis_with(|_| ())).code(), "2.10 genesis");
    assert_eq!(court.tick().code(), "2.10 genesis");
    assert_eq!(
        court.send(Item::new("alice", "Info")).code(),
        "2.10 genesis"
    );
    let mut court = Court::new();
    assert_eq!(court.send(people::genesis()).code(), "2.2 action");
}

#[test]
fn nobody_has_an_eval_here() {
    let mut court = Court::new();
    let eval = Item::new("founder", "Eval").data("state = 1");
    assert_eq!(court.send(eval).code(), "2.2 action");
}
