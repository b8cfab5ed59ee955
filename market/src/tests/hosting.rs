//! Hosting, pay, notice, arrears (5).

use super::*;

#[test]
fn host_answers_with_lease_and_row() {
    let mut story = Story::new();
    let outcome = story.host();
    let row = &outcome.verdict.hosting[0];
    assert_eq!(
        (row.state, row.epoch, row.first, row.from),
        ("Hosted", 0, 1, Some(1_721))
    );
    assert_eq!(story.process()["Lease"]["Allocation"], "400000000000000");
    let again = [("Action", "Host")];
    assert_eq!(
        story.code("operator", &again, vec![spawn("process")]),
        "5.1 known"
    );
    assert_eq!(
        story.code("operator", &again, vec![spawn("elsewhere")]),
        "5.1 rate"
    );
}

#[test]
fn a_gap_of_sixty_blocks_is_paid_and_one_of_sixty_one_is_not() {
    let mut story = Story::new();
    story.host();
    let before = story.free("owner");
    let process = named("process");
    let settle = [("Action", "Settle"), ("Process", process.as_str())];
    for (mined, paid) in [(1_781, 60), (1_842, 60), (1_843, 61)] {
        story.tick(mined);
        story.publish(mined);
        assert_eq!(story.code("user", &settle, Vec::new()), "");
        assert_eq!(story.free("owner") - before, paid * TOKEN, "{mined}");
    }
}

#[test]
fn notice_ends_the_lease_after_720_blocks_and_its_stake_is_held() {
    let mut story = Story::new();
    story.host();
    let process = named("process");
    let leave = [("Action", "Leave"), ("Process", process.as_str())];
    assert_eq!(story.code("owner", &leave, Vec::new()), "5.13 host");
    assert_eq!(story.code("operator", &leave, Vec::new()), "");
    assert_eq!(story.code("operator", &leave, Vec::new()), "5.13 notice");
    story.publish(1_721);
    story.tick(1_721 + 720);
    assert_eq!(story.process()["State"], "Notice");
    story.tick(1_721 + 721);
    let row = story.process();
    assert_eq!(
        (&row["State"], &row["U"]),
        (&"Unhosted".into(), &2_442.into())
    );
    let held = |story: &Story| story.operator()["Held"].clone();
    story.tick(2_442 + 14_400);
    assert_eq!(held(&story), "400000000000000");
    story.tick(2_442 + 14_401);
    assert_eq!(held(&story), "0");
}

#[test]
fn a_dry_escrow_brings_arrears_and_720_blocks_later_dormant() {
    let mut story = Story::new();
    story.host();
    let process = named("process");
    let settle = [("Action", "Settle"), ("Process", process.as_str())];
    for mined in [1_781, 1_841] {
        story.tick(mined);
        story.publish(mined);
        story.says("user", &settle, Vec::new());
    }
    // 100 tokens were there, 120 were due.
    assert_eq!(story.process()["State"], "Arrears");
    let leave = [("Action", "Leave"), ("Process", process.as_str())];
    assert_eq!(story.code("operator", &leave, Vec::new()), "5.14 arrears");
    let fund = |story: &mut Story, units: &str| {
        let tags = [
            ("Action", "Fund"),
            ("Process", &named("process")),
            ("Quantity", units),
        ];
        story.says("user", &tags, Vec::new())
    };
    assert!(
        fund(&mut story, "719999999999999")
            .verdict
            .hosting
            .is_empty()
    );
    assert_eq!(fund(&mut story, "1").verdict.hosting[0].state, "Hosted");
    story.tick(1_841 + 721);
    assert_eq!(story.process()["State"], "Hosted");
}

#[test]
fn a_jam_lets_nothing_pass_that_waits_for_what_is_queued() {
    let mut story = Story::new();
    assert_eq!(story.bond(), "");
    let tick = |story: &mut Story, height: u64, queued: u64| {
        story.state.step(&Message::Tick(Tick {
            height,
            queued: Some(queued),
            logs: BTreeMap::new(),
        }));
        story.operator()["State"].clone()
    };
    assert_eq!(tick(&mut story, 1_730, 1_720), "Bonding");
    assert_eq!(tick(&mut story, 1_731, 1_721), "Bonded");
}

#[test]
fn a_heartbeat_must_stand_at_the_head_and_be_fresh() {
    let mut story = Story::new();
    story.host();
    story.tick(1_781);
    story.publish(1_721);
    let beat = |by: &str, slot: &str, height: &str| {
        let tags = [
            ("Action", "Heartbeat"),
            ("Origin", ORIGIN),
            ("Process", &named("process")),
            ("Epoch", "0"),
            ("Slot", slot),
            ("Log-Chain", &named("chain")),
            ("Height", height),
        ];
        child(by, &tags)
    };
    let action = [("Action", "Heartbeat")];
    let mut code = |beats: Vec<Child>| story.code("user", &action, beats);
    assert_eq!(code(vec![beat("hot", "5", "1781"); 2]), "5.12 twice");
    assert_eq!(code(vec![beat("operator", "5", "1781")]), "5.12 key");
    assert_eq!(code(vec![beat("hot", "4", "1781")]), "5.12 head");
    assert_eq!(code(vec![beat("hot", "5", "1720")]), "5.12 height");
    assert_eq!(code(vec![beat("hot", "5", "1782")]), "5.12 height");
    assert_eq!(code(vec![beat("hot", "5", "1781")]), "");
    assert_eq!(story.process()["Lease"]["Owed"], "0");
    assert_eq!(story.free("owner"), 9_060 * TOKEN - TOKEN / 100);
}
