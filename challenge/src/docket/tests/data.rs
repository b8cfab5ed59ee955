//! Messages of the log that cannot be had (5.10).

use super::*;

fn accuse(story: &mut Story, slot: &str) -> Result<Value, &'static str> {
    let tags = [
        ("Action", "Challenge-Data"),
        ("Process", P),
        ("Slot", slot),
        ("Answer-Fee", "20"),
    ];
    story.says("alice", &tags, Vec::new())
}

fn answer(story: &Story, messages: Vec<Enclosed>) -> Paper {
    let tags = [("Action", "Answer-Data"), ("Process", P)];
    story.paper("bob", &tags, messages)
}

#[test]
fn only_slots_that_somebody_signed_under_the_law_are_asked_for_and_one_at_a_time() {
    let mut story = Story::new();
    story.log("m", 3, 990);
    story.log("old", 2, 990);
    story.log("virtual", 4, 990);
    let log = story.logs.get_mut(&named("P")).expect("a log");
    let content = log.at.get_mut(&4).and_then(Option::as_mut);
    content.expect("a slot").is_virtual = true;
    log.at.insert(5, None);
    for slot in ["x", "2", "4", "5", "6"] {
        assert_eq!(accuse(&mut story, slot), Err("5.10 slot"), "{slot}");
    }
    story.log("later", 7, 990);
    let log = story.logs.get_mut(&named("P")).expect("a log");
    let content = log.at.get_mut(&7).and_then(Option::as_mut);
    content.expect("a slot").epoch = 1;
    assert_eq!(accuse(&mut story, "7"), Err("5.10 epoch"));
    let opened = accuse(&mut story, "3").expect("opened");
    assert_eq!(
        (&opened["Posted"], &opened["Cases"][0]["Message"]),
        (&"200".into(), &"m".into())
    );
    assert_eq!(accuse(&mut story, "3"), Err("5.10 open"));
}

#[test]
fn whoever_has_the_message_gets_half_of_the_bond() {
    let mut story = Story::new();
    story.log("m", 3, 990);
    accuse(&mut story, "3").expect("opened");
    assert_eq!(story.run(&answer(&story, vec![])), Err("5.10 items"));
    assert_eq!(
        story.run(&answer(&story, vec![message("m"); 65])),
        Err("5.10 items")
    );
    assert_eq!(
        story.run(&answer(&story, vec![message("n")])),
        Err("5.10 case")
    );
    story.house.height = 1_361;
    let mut late = answer(&story, vec![message("n"), message("m"), message("m")]);
    assert_eq!(story.run(&late), Err("5.10 case"));
    late.mined = 1_360;
    let said = story.run(&late).expect("answered");
    assert_eq!(
        (&said["Paid"], &said["Answered"][0]["State"]),
        (&"100".into(), &"Closed".into())
    );
    assert_eq!(
        (story.house.has("bob"), story.house.burned),
        (1_000_100, 100)
    );
    // A slot that was answered may be asked for again.
    assert!(accuse(&mut story, "3").is_ok());
}

#[test]
fn what_nobody_has_is_a_no_op_and_costs_all_of_the_allocation() {
    let mut story = Story::new();
    story.log("m", 3, 990);
    accuse(&mut story, "3").expect("opened");
    story.tick(1_361);
    assert_eq!((story.state(1), story.house.pending), ("Expired", 10_000));
    assert_eq!(
        (story.house.has("alice"), story.house.jailed),
        (1_000_000, 0)
    );
    assert_eq!(story.house.clips, [Some(1_000)]);
    assert_eq!(accuse(&mut story, "3"), Err("5.10 done"));
}
