//! Challenges, joins, answers, publication of answers (6.2 to 6.6).

use super::*;

#[test]
fn a_challenge_is_judged_in_the_order_of_the_table() {
    let mut story = Story::new();
    let mut big = message("m");
    big.size += 1;
    let mut strange = message("m");
    strange.tags.push(("Type".to_owned(), "Message".to_owned()));
    let many = |count: usize| (0..count).map(|n| message(&n.to_string())).collect();
    let code = |story: &mut Story, who: &str, enclosed: Vec<Enclosed>| {
        story.says(who, &challenge(), enclosed).err()
    };
    for enclosed in [vec![], many(65), vec![big], vec![strange]] {
        assert_eq!(code(&mut story, "alice", enclosed), Some("6.3 items"));
    }
    let twice = vec![message("m"), message("m")];
    assert_eq!(code(&mut story, "poor", twice), Some("6.3 twice"));
    let fees = |fee: &'static str, answer: &'static str| {
        [
            ("Action", "Challenge"),
            ("Process", P),
            ("Fee", fee),
            ("Answer-Fee", answer),
        ]
    };
    let mut named = |fee, answer| {
        story
            .says("poor", &fees(fee, answer), vec![message("m")])
            .err()
    };
    assert_eq!(named("7", "020"), Some("3.1 amount"));
    assert_eq!(named("6", "20"), Some("6.3 fees"));
    assert_eq!(named("7", "19"), Some("6.3 fees"));
    assert_eq!(named("7", "20"), Some("3.1 balance"));
    story.log("m", 5, 990);
    assert_eq!(
        code(&mut story, "poor", vec![message("m")]),
        Some("6.3 logged")
    );
    story.house.end(1, 1_000);
    assert_eq!(
        code(&mut story, "poor", vec![message("n")]),
        Some("6.3 hosted")
    );
}

#[test]
fn an_opener_posts_bond_and_fees_in_force_and_a_joiner_the_bond() {
    let mut story = Story::new();
    let opened = story.challenge("alice", &["m", "n"]).expect("opened");
    assert_eq!(opened["Posted"], "454");
    assert_eq!(opened["Cases"][1]["Deadline"], 1_360);
    let joined = story.challenge("bob", &["n"]).expect("joined");
    assert_eq!(
        (&joined["Posted"], &joined["Cases"][0]["Joined"]),
        (&"200".into(), &true.into())
    );
    assert_eq!(story.challenge("bob", &["n"]), Err("6.4 twice"));
    story.house.free.insert("poor".to_owned(), 199);
    assert_eq!(story.challenge("poor", &["n"]), Err("3.1 balance"));
    for number in 2..16 {
        let who = format!("joiner {number}");
        story.house.free.insert(who.clone(), 200);
        assert!(story.challenge(&who, &["n"]).is_ok(), "{number}");
    }
    assert_eq!(story.challenge("poor", &["n"]), Err("6.4 full"));
    story.house.height = 1_361;
    let mut late = story.paper("bob", &challenge(), vec![message("m")]);
    assert_eq!(story.run(&late), Err("6.4 late"));
    late.mined = 1_360;
    assert!(story.run(&late).is_ok());
}

#[test]
fn every_eight_open_cases_double_the_bond_six_times_at_most() {
    let mut story = Story::new();
    let ids: Vec<String> = (0..65).map(|n| n.to_string()).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    // Eight each at 200, 400, … 12,800, then no more doubling.
    let all = story.challenge("alice", &ids[..64]).expect("opened");
    assert_eq!(
        all["Posted"],
        (8 * 200 * (1 + 2 + 4 + 8 + 16 + 32 + 64 + 64) + 64 * 27).to_string()
    );
    for (have, bond) in [(7, 200), (8, 400)] {
        let mut story = Story::new();
        story.challenge("alice", &ids[..have]).expect("opened");
        let one = story.challenge("alice", &["x"]).expect("opened");
        assert_eq!(one["Posted"], (bond + 27).to_string());
        let other = story.challenge("bob", &["x"]).expect("joined");
        assert_eq!(other["Posted"], "200");
    }
}

#[test]
fn the_window_is_the_buffer_between_the_floor_and_the_period() {
    for (buffer, window) in [(0, 35), (35, 35), (36, 36), (360, 360)] {
        let mut story = Story::new();
        story.house.leases.get_mut(&1).expect("a lease").buffer = buffer;
        let opened = story.challenge("alice", &["m"]).expect("opened");
        assert_eq!(opened["Cases"][0]["Deadline"], 1_000 + window, "{buffer}");
    }
}

#[test]
fn what_nobody_answers_expires_behind_the_deadline_and_costs_two_percent() {
    let mut story = Story::new();
    story.challenge("alice", &["m"]).expect("opened");
    story.challenge("bob", &["m"]).expect("joined");
    story.tick(1_360);
    assert_eq!(story.state(1), "Open");
    story.tick(1_361);
    assert_eq!((story.state(1), story.house.jailed), ("Expired", 1));
    assert_eq!(
        (story.house.pending, story.house.clips.clone()),
        (200, vec![Some(1_000)])
    );
    assert_eq!(
        (story.house.has("alice"), story.house.deposits),
        (1_000_000, 0)
    );
    assert!(story.house.names.is_empty());
    // Bounty ⌊200 / 5⌋ for two, after 220 blocks; 60 for the escrow.
    story.tick(1_361 + 220);
    assert_eq!(story.house.escrow, 0);
    story.tick(1_361 + 221);
    assert_eq!(
        (story.house.has("bob"), story.house.escrow),
        (1_000_020, 60)
    );
}

#[test]
fn the_log_answers_up_to_the_deadline() {
    for (mined, state, fees) in [(1_360, "Closed", 27), (1_361, "Expired", 0)] {
        let mut story = Story::new();
        story.challenge("alice", &["m"]).expect("opened");
        story.log("m", 9, mined);
        story.tick(1_361);
        assert_eq!((story.state(1), story.house.has("owner")), (state, fees));
        assert_eq!(story.house.has("alice"), 1_000_000 - fees);
        let slot = if fees > 0 { Some(9) } else { None };
        assert_eq!(story.docket.cases()[0].slot, slot);
    }
}

#[test]
fn settle_asks_the_log_at_once_and_knows_process_and_message() {
    let mut story = Story::new();
    story.challenge("alice", &["m"]).expect("opened");
    assert_eq!(story.settle(2, "m"), Err("6.5 case"));
    assert_eq!(story.settle(0, "m"), Err("6.5 case"));
    assert_eq!(story.settle(1, "n"), Err("6.5 case"));
    assert_eq!(story.settle(1, "m"), Ok("Open"));
    story.log("m", 9, 1_000);
    assert_eq!(story.settle(1, "m"), Ok("Closed"));
    assert_eq!(story.settle(1, "m"), Err("6.5 case"));
}

#[test]
fn a_receipt_answers_its_own_open_case_by_any_key_of_the_host() {
    let mut story = Story::new();
    story.challenge("alice", &["m"]).expect("opened");
    let answer = [("Action", "Answer")];
    let mut code = |enclosed: Vec<Enclosed>| story.says("anyone", &answer, enclosed).err();
    let good = || receipt("m", 9, 1_000);
    let record = but(good(), |signed| signed.is_record = true);
    for bad in [
        vec![],
        vec![good(); 65],
        vec![good(), message("m")],
        vec![record],
    ] {
        assert_eq!(code(bad), Some("6.2 items"));
    }
    let changes: [fn(&mut Signed); 4] = [
        |signed| signed.epoch = 1,
        |signed| signed.process = named("Q"),
        |signed| signed.signer = "other-hot".to_owned(),
        |signed| signed.entries.get_mut(&9).expect("a slot").message = "n".to_owned(),
    ];
    for change in changes {
        assert_eq!(code(vec![but(good(), change)]), Some("6.2 case"));
    }
    // The law begins with slot 3 of this process.
    assert_eq!(code(vec![receipt("m", 2, 1_000)]), Some("6.2 case"));
    story.house.height = 1_361;
    let old = but(good(), |signed| signed.signer = "old".to_owned());
    let mut late = story.paper("anyone", &answer, vec![old]);
    assert_eq!(story.run(&late), Err("6.2 case"));
    late.mined = 1_360;
    let answered = story.run(&late).expect("answered");
    assert_eq!(answered["Answered"][0]["State"], "Answered");
    assert_eq!(story.run(&late), Err("6.2 case"));
    assert_eq!(story.challenge("bob", &["m"]), Err("6.4 answered"));
    // The answer fee is paid, the bond is back, the message fee waits.
    assert_eq!((story.house.has("owner"), story.house.deposits), (20, 7));
}

#[test]
fn an_answer_is_published_within_sixty_blocks_in_its_own_slot() {
    for (slot, mined, state) in [
        (9, 1_060, "Closed"),
        (9, 1_061, "Expired"),
        (8, 1_010, "Expired"),
    ] {
        let mut story = Story::new();
        story.challenge("alice", &["m"]).expect("opened");
        let answer = [("Action", "Answer")];
        story
            .says("anyone", &answer, vec![receipt("m", 9, 1_000)])
            .expect("answered");
        story.log("m", slot, mined);
        story.tick(1_060);
        assert_eq!(story.state(1), "Answered");
        story.tick(1_061);
        let lost = state == "Expired";
        let jailed = u32::from(lost);
        assert_eq!((story.state(1), story.house.jailed), (state, jailed));
        assert_eq!(story.house.pending, if lost { 500 } else { 0 });
        assert_eq!(story.house.has("owner"), if lost { 20 } else { 27 });
        story.tick(1_361);
        assert_eq!(story.state(1), state);
    }
}

#[test]
fn who_challenges_what_was_public_for_five_blocks_loses_half_to_the_host() {
    for (mined, lost) in [(995, true), (996, false)] {
        let mut story = Story::new();
        story.challenge("alice", &["m"]).expect("opened");
        story.log("m", 9, mined);
        let answer = [("Action", "Answer")];
        let said = story.says("anyone", &answer, vec![receipt("m", 9, 900)]);
        assert_eq!(said.expect("answered")["Answered"][0]["State"], "Closed");
        assert_eq!(story.house.burned, if lost { 100 } else { 0 });
        assert_eq!(story.house.has("owner"), if lost { 127 } else { 27 });
    }
}

#[test]
fn at_the_end_of_the_lease_bonds_and_unpaid_fees_go_back() {
    let mut story = Story::new();
    story.challenge("alice", &["m", "n"]).expect("opened");
    let answer = [("Action", "Answer")];
    story
        .says("anyone", &answer, vec![receipt("n", 9, 1_000)])
        .expect("answered");
    story.house.end(1, 1_010);
    assert_eq!((story.state(1), story.state(2)), ("Moot", "Moot"));
    assert_eq!(story.settle(1, "m"), Ok("Moot"));
    assert_eq!(story.settle(1, "m"), Err("6.5 case"));
    assert_eq!(story.house.deposits, 7);
    story.tick(1_061);
    assert_eq!((story.house.deposits, story.house.pending), (0, 0));
    // The answer fee was paid and stays so.
    assert_eq!(story.house.has("alice"), 1_000_000 - 20);
    assert_eq!(story.docket.cases()[1].ended, Some(1_010));
}
