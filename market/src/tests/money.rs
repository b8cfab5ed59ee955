//! Genesis and the token (2.10, 3.1, 3.4, 8).

use serde_json::{Value, json};

use super::*;

fn founded(change: impl FnOnce(&mut Value)) -> String {
    let mut parameters = parameters();
    change(&mut parameters);
    let mut state = State::new(ORIGIN, &named("founder"));
    let outcome = state.step(&Message::Item(genesis(&parameters)));
    outcome.verdict.code.unwrap_or_default()
}

#[test]
fn the_parameters_are_judged_at_their_bounds() {
    type Change = fn(&mut Value);
    let cases: [(&str, Change); 12] = [
        ("", |_| {}),
        // 14,400 + 5,040 + 60 + 20 + slash_delay ≤ 21,600.
        ("", |p| p["slash_delay"] = json!(2_080)),
        ("4.2 unsafe", |p| p["slash_delay"] = json!(2_081)),
        ("", |p| p["cut"] = json!(25)),
        ("4.2 unsafe", |p| p["cut"] = json!(26)),
        ("4.2 unsafe", |p| p["period_min"] = json!(34)),
        ("4.2 unsafe", |p| p["window_floor"] = json!(34)),
        ("4.2 unsafe", |p| p["mass_window"] = json!(221)),
        ("8 bounds", |p| p["period_default"] = json!(5_041)),
        ("8 bounds", |p| p["jail_min"] = json!(5_041)),
        ("8 parameter", |p| p["notice"] = json!(0)),
        ("8 parameter", |p| p["min_bond"] = json!("0")),
    ];
    for (code, change) in cases {
        assert_eq!(founded(change), code);
    }
}

#[test]
fn without_a_good_genesis_there_is_never_a_court() {
    let mut state = State::new(ORIGIN, &named("somebody"));
    let item = genesis(&parameters());
    let first = state.step(&Message::Item(item.clone()));
    assert_eq!(first.verdict.code.as_deref(), Some("2.10 owner"));
    let owned = Item {
        owner: named("somebody"),
        ..item
    };
    let second = state.step(&Message::Item(owned));
    assert_eq!(second.verdict.code.as_deref(), Some("2.10 genesis"));
}

#[test]
fn a_refused_message_pays_its_fee_and_a_poor_one_does_not_run() {
    let mut story = Story::new();
    let recipient = named("friend");
    let transfer = |quantity: &'static str| {
        [("Action", "Transfer"), ("Quantity", quantity)].map(|(n, v)| (n, v.to_owned()))
    };
    let send = |story: &mut Story, who: &str, quantity: &'static str| {
        let tags = transfer(quantity);
        let mut tags: Vec<(&str, &str)> = tags.iter().map(|(n, v)| (*n, v.as_str())).collect();
        tags.push(("Recipient", &recipient));
        story.code(who, &tags, Vec::new())
    };
    assert_eq!(send(&mut story, "user", "0"), "3.1 amount");
    assert_eq!(story.free("user"), 10_000 * TOKEN - TOKEN / 100);
    // What is left after this fee is one unit short.
    assert_eq!(send(&mut story, "user", "9999980000000001"), "3.1 balance");
    assert_eq!(send(&mut story, "user", "9999970000000000"), "");
    assert_eq!(story.free("user"), 0);
    assert_eq!(send(&mut story, "user", "1"), "2.4 unfunded");
    let burned = story.state.court().expect("a court").ledger().burned();
    assert_eq!(burned, 3 * TOKEN / 100);
}

#[test]
fn the_order_is_child_action_names_and_then_the_action() {
    let mut story = Story::new();
    let names = |count: usize| -> Vec<Child> {
        let ids = (0..count).map(|number| named(&format!("p{number}")));
        ids.map(|id| child("x", &[("Process", &id)])).collect()
    };
    assert_eq!(
        story.code("user", &[("Action", "Nonsense")], names(65)),
        "2.2 action"
    );
    assert_eq!(
        story.code("user", &[("Action", "Heartbeat")], names(65)),
        "2.8 names"
    );
    assert_eq!(
        story.code("user", &[("Action", "Heartbeat")], names(64)),
        "5.12 items"
    );
    let mut bad = story.item("user", &[("Action", "Nonsense")], Vec::new());
    bad.enclosures = Enclosures::Bad;
    assert_eq!(story.run(bad).verdict.code.as_deref(), Some("2.5 child"));
}
