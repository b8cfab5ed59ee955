//! Slots that were promised and are not published (6, non-publication).

use super::*;

fn tags() -> [(&'static str, &'static str); 3] {
    [
        ("Action", "Challenge-Publication"),
        ("Process", P),
        ("Answer-Fee", "20"),
    ]
}

fn accuse(story: &mut Story, receipt: Enclosed) -> Result<Value, &'static str> {
    story.says("alice", &tags(), vec![receipt])
}

#[test]
fn only_a_promise_of_the_host_that_is_overdue_opens_a_case() {
    let mut story = Story::new();
    let good = || receipt("m", 9, 939);
    assert_eq!(accuse(&mut story, message("m")), Err("6 receipt"));
    let elsewhere = but(good(), |signed| signed.process = named("Q"));
    assert_eq!(accuse(&mut story, elsewhere), Err("6 receipt"));
    // The law begins with slot 3 of this process.
    assert_eq!(accuse(&mut story, receipt("m", 2, 939)), Err("6 receipt"));
    let other_epoch = but(good(), |signed| signed.epoch = 1);
    assert_eq!(accuse(&mut story, other_epoch), Err("6 epoch"));
    for signer in ["other-hot", "nobody"] {
        let forged = but(good(), |signed| signed.signer = signer.to_owned());
        assert_eq!(accuse(&mut story, forged), Err("6 signer"));
    }
    let canonical = but(good(), |signed| signed.is_canonical = true);
    assert_eq!(accuse(&mut story, canonical), Err("6 canonical"));
    // Mined at 1,000: 60 blocks are over for what was stamped at 939.
    assert_eq!(accuse(&mut story, receipt("m", 9, 940)), Err("6 early"));
    let opened = accuse(&mut story, good()).expect("opened");
    assert_eq!(
        (&opened["Posted"], &opened["Cases"][0]["Deadline"]),
        (&"200".into(), &1_360.into())
    );
    assert_eq!(accuse(&mut story, good()), Err("6.4 twice"));
    let joined = story.says("bob", &tags(), vec![good()]).expect("joined");
    assert_eq!(joined["Cases"][0]["Joined"], true);
}

#[test]
fn after_the_end_only_what_was_due_before_it_counts_for_fourteen_thousand_blocks() {
    for (stamp, code) in [(840, None), (841, Some("6 stamp"))] {
        let mut story = Story::new();
        story.house.end(1, 900);
        assert_eq!(accuse(&mut story, receipt("m", 9, stamp)).err(), code);
    }
    for (mined, code) in [(15_300, None), (15_301, Some("6 epoch"))] {
        let mut story = Story::new();
        story.house.end(1, 900);
        story.house.height = mined;
        let said = accuse(&mut story, receipt("m", 9, 800));
        assert_eq!(said.as_ref().err().copied(), code);
        if let Ok(said) = said {
            assert_eq!(said["Cases"][0]["Deadline"], mined + 35);
        }
    }
}

#[test]
fn it_is_closed_by_the_log_up_to_the_deadline_and_costs_five_percent_once() {
    for (slot, mined, state) in [
        (9, 1_360, "Closed"),
        (9, 1_361, "Expired"),
        (10, 1_000, "Expired"),
    ] {
        let mut story = Story::new();
        accuse(&mut story, receipt("m", 9, 900)).expect("opened");
        accuse(&mut story, receipt("n", 8, 900)).expect("opened");
        story.log("m", slot, mined);
        story.tick(1_361);
        assert_eq!((story.state(1), story.state(2)), (state, "Expired"));
        assert_eq!((story.house.pending, story.house.jailed), (500, 0));
        assert_eq!(story.house.has("alice"), 1_000_000);
        assert_eq!(story.house.clips, [Some(1_000)]);
        assert_eq!(accuse(&mut story, receipt("o", 7, 900)), Err("6 slashed"));
    }
}

#[test]
fn what_the_base_layer_has_ordered_is_no_work_of_the_host() {
    let mut story = Story::new();
    accuse(&mut story, receipt("m", 9, 900)).expect("opened");
    story.house.end(1, 1_010);
    story.virtual_log("m", 9, 1_025);
    story.tick(1_361);
    assert_eq!((story.state(1), story.house.pending), ("Expired", 500));
}

#[test]
fn the_end_of_the_lease_ends_no_publication_case() {
    let mut story = Story::new();
    accuse(&mut story, receipt("m", 9, 900)).expect("opened");
    story.house.end(1, 1_010);
    assert_eq!(story.state(1), "Open");
    story.tick(1_361);
    assert_eq!((story.state(1), story.house.pending), ("Expired", 500));
    assert!(story.house.clips.is_empty());
}
