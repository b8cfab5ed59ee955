//! Bonds, keys, unbonding, slashes (4).

use super::*;
use crate::slash;

#[test]
fn a_bond_works_after_exactly_720_blocks() {
    let mut story = Story::new();
    assert_eq!(story.bond(), "");
    story.tick(1_720);
    assert_eq!(story.operator()["State"], "Bonding");
    story.tick(1_721);
    assert_eq!(story.operator()["State"], "Bonded");
}

#[test]
fn nobody_grabs_a_record_or_a_key() {
    let mut story = Story::new();
    let quantity = (1_000 * TOKEN).to_string();
    let tags = [
        ("Action", "Bond"),
        ("Quantity", quantity.as_str()),
        ("Url", "http://a"),
    ];
    let mut bond = |who: &str, children: Vec<Child>| story.code(who, &tags, children);
    // Somebody copies what the owner's pending message encloses.
    assert_eq!(
        bond("other", vec![key("hot"), key("operator")]),
        "4.3 items"
    );
    assert_eq!(bond("owner", vec![key("hot")]), "4.3 items");
    assert_eq!(bond("owner", vec![key("hot"), key("other")]), "4.3 items");
    assert_eq!(
        bond("owner", vec![key("operator"), key("operator")]),
        "4.3 same"
    );
    assert_eq!(
        bond("owner", vec![key("owner"), key("operator")]),
        "4.3 same"
    );
    assert_eq!(bond("owner", vec![key("hot"), key("operator")]), "");
    let update = [("Action", "Update")];
    assert_eq!(story.code("owner", &update, vec![key("new")]), "4 state");
    story.tick(1_721);
    let mut update = |who: &str, by: &str| story.code(who, &[("Action", "Update")], vec![key(by)]);
    assert_eq!(update("operator", "new"), "4 owner");
    assert_eq!(update("owner", "hot"), "4.3 used");
    assert_eq!(update("owner", "new"), "");
    assert_eq!(update("owner", "newer"), "4.3 changing");
    story.tick(1_781);
    let late = [("Action", "Update")];
    assert_eq!(
        story.code("owner", &late, vec![key("newer")]),
        "4.3 changing"
    );
    story.tick(1_782);
    assert_eq!(story.code("owner", &late, vec![key("hot")]), "4.3 used");
    assert_eq!(story.code("owner", &late, vec![key("newer")]), "");
}

#[test]
fn unbonding_is_paid_to_what_was_mined_late_enough() {
    let mut story = Story::new();
    assert_eq!(story.bond(), "");
    story.tick(1_721);
    let unbond = |story: &mut Story, units: u128| {
        let units = units.to_string();
        let tags = [("Action", "Unbond"), ("Quantity", units.as_str())];
        story.code("owner", &tags, Vec::new())
    };
    assert_eq!(unbond(&mut story, 1), "4 min-bond");
    assert_eq!(unbond(&mut story, 1_000 * TOKEN + 1), "4 allocated");
    assert_eq!(unbond(&mut story, 1_000 * TOKEN), "");
    assert_eq!(story.operator()["State"], "Unbonding");
    assert_eq!(story.bond(), "4 unbonding");
    story.tick(1_721 + 21_601);
    let withdraw = |story: &mut Story, mined: u64| {
        let mut item = story.item("owner", &[("Action", "Withdraw")], Vec::new());
        item.mined = mined;
        story.run(item).verdict.code.unwrap_or_default()
    };
    assert_eq!(withdraw(&mut story, 1_721 + 21_600), "4 unripe");
    assert_eq!(withdraw(&mut story, 1_721 + 21_601), "");
    assert_eq!(story.operator()["State"], "None");
    assert_eq!(story.bond(), "");
}

#[test]
fn a_slash_takes_the_allocation_then_the_bond_then_the_pool() {
    let mut story = Story::new();
    story.host();
    let court = story.state.court_mut().expect("a court");
    // 400 allocated, 600 idle: 450 take all of the lease and 50 of the rest.
    assert_eq!(
        slash::slash(court, &named("operator"), Some(1), 450 * TOKEN),
        450 * TOKEN
    );
    let row = story.operator();
    assert_eq!(
        (&row["Live"], &row["Free"]),
        (&"0".into(), &(550 * TOKEN).to_string().into())
    );
    story.check();
    // The lease is under its process's minimum: the next Tick ends it, once its head is there.
    let nothing = story.tick(1_722);
    assert_eq!(
        (nothing.verdict.hosting.len(), nothing.verdict.want.len()),
        (0, 1)
    );
    story.publish(1_722);
    let ended = story.tick(1_723);
    assert_eq!(
        (ended.verdict.hosting[0].state, ended.verdict.hosting[0].u),
        ("Unhosted", Some(1_723))
    );
}

#[test]
fn an_episode_costs_two_percent_doubling_and_jails() {
    let mut story = Story::new();
    story.host();
    let court = story.state.court_mut().expect("a court");
    let mut imprison = |height: u64| {
        court.height = height;
        slash::imprison(court, &named("operator"))
    };
    // While jailed, through 1,721 + 360: the same percentage, and no longer jail.
    assert_eq!(
        (imprison(1_721), imprison(2_081), imprison(2_082)),
        (2, 2, 4)
    );
    assert_eq!(story.operator()["Jailed-Until"], 2_082 + 720);
    let court = story.state.court_mut().expect("a court");
    let mut imprison = |height: u64| {
        court.height = height;
        slash::imprison(court, &named("operator"))
    };
    assert_eq!(
        (imprison(3_000), imprison(5_000), imprison(9_000)),
        (8, 16, 16)
    );
    // The first two episodes, of 1,721 and 2,082, are forgotten 21,600 blocks later.
    assert_eq!((imprison(1_721 + 21_600), imprison(60_000)), (16, 2));
}

#[test]
fn who_is_tombstoned_bonds_no_more() {
    let mut story = Story::new();
    story.host();
    let court = story.state.court_mut().expect("a court");
    slash::tombstone(court, &named("operator"));
    story.check();
    assert_eq!(story.operator()["Tombstoned"], true);
    assert_eq!(story.bond(), "4 tombstoned");
}
