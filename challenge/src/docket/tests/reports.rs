//! Faults that two signatures prove (6, 6.1).

use super::*;

fn report(
    story: &mut Story,
    who: &str,
    fault: &str,
    of: Vec<Enclosed>,
) -> Result<Value, &'static str> {
    let tags = [
        ("Action", "Report"),
        ("Process", P),
        ("Fault", fault),
        ("Slot", "9"),
    ];
    story.says(who, &tags, of)
}

fn two() -> Vec<Enclosed> {
    vec![receipt("m", 9, 1_000), receipt("n", 9, 1_000)]
}

#[test]
fn a_report_is_judged_in_the_order_of_the_table() {
    let mut story = Story::new();
    assert_eq!(report(&mut story, "a", "double", two()), Err("6 fault"));
    let elsewhere = [("Action", "Report"), ("Fault", "Double"), ("Process", "Q")];
    assert_eq!(story.says("a", &elsewhere, two()), Err("5.12 process"));
    let slotless = [("Action", "Report"), ("Fault", "Double"), ("Process", P)];
    assert_eq!(story.says("a", &slotless, two()), Err("6 slot"));
    let mut code = |of: Vec<Enclosed>| report(&mut story, "a", "Double", of).err();
    let other =
        |change: fn(&mut Signed)| vec![receipt("m", 9, 1_000), but(receipt("n", 9, 1_000), change)];
    assert_eq!(code(vec![receipt("m", 9, 1_000)]), Some("6 items"));
    assert_eq!(
        code(vec![receipt("m", 9, 1_000), message("n")]),
        Some("6 items")
    );
    assert_eq!(
        code(other(|signed| signed.process = named("Q"))),
        Some("6 items")
    );
    assert_eq!(
        code(other(|signed| signed.signer = "nobody".to_owned())),
        Some("6 signer")
    );
    assert_eq!(
        code(other(|signed| signed.signer = "other-hot".to_owned())),
        Some("6 signer")
    );
    assert_eq!(code(other(|signed| signed.epoch = 1)), Some("6 epoch"));
    assert_eq!(code(vec![receipt("m", 9, 1_000); 2]), Some("6 evidence"));
    assert_eq!(
        code(vec![receipt("m", 9, 1_000), receipt("n", 8, 1_000)]),
        Some("6 evidence")
    );
    let early = [
        ("Action", "Report"),
        ("Fault", "Double"),
        ("Process", P),
        ("Slot", "2"),
    ];
    let before = vec![receipt("m", 2, 1_000), receipt("n", 2, 1_000)];
    assert_eq!(story.says("a", &early, before), Err("6 evidence"));
    // Any hot key that the operator ever had signs for him.
    let mut code = |of: Vec<Enclosed>| report(&mut story, "a", "Double", of).err();
    assert_eq!(code(other(|signed| signed.signer = "old".to_owned())), None);
}

#[test]
fn equal_contents_under_two_signatures_are_no_fault_and_each_difference_is_one() {
    let same = || receipt("m", 9, 1_000);
    let changes: [fn(&mut Entry); 4] = [
        |entry| entry.message = "n".to_owned(),
        |entry| entry.chain = "another".to_owned(),
        |entry| entry.height += 1,
        |entry| entry.timestamp += 1,
    ];
    for change in changes {
        let mut story = Story::new();
        let other = but(same(), |signed| {
            change(signed.entries.get_mut(&9).expect("a slot"))
        });
        let said = report(&mut story, "a", "Double", vec![same(), other]).expect("a fault");
        // 10,000 of the lease and a tenth of the other 20,009.
        assert_eq!(
            (&said["Slashed"], story.house.tombstoned),
            (&"12000".into(), true)
        );
        assert_eq!(story.house.clips, [None]);
    }
}

#[test]
fn reporters_join_for_five_blocks_and_share_a_fifth() {
    let mut story = Story::new();
    assert_eq!(
        report(&mut story, "a", "Double", two()).expect("first")["Joined"],
        false
    );
    assert_eq!(report(&mut story, "a", "Double", two()), Err("6.1 twice"));
    story.house.height = 1_005;
    assert_eq!(
        report(&mut story, "b", "Double", two()).expect("second")["Joined"],
        true
    );
    for number in 2..16 {
        assert!(report(&mut story, &number.to_string(), "Double", two()).is_ok());
    }
    assert_eq!(report(&mut story, "c", "Double", two()), Err("6.1 full"));
    story.house.height = 1_006;
    assert_eq!(report(&mut story, "c", "Double", two()), Err("6.1 late"));
    assert_eq!(story.house.pending, 12_000);
    story.tick(1_221);
    assert_eq!((story.house.has("a"), story.house.has("b")), (150, 150));
}

#[test]
fn a_chain_that_does_not_follow_costs_the_allocation() {
    for (follows, code) in [
        (None, Some("6 evidence")),
        (Some(true), Some("6 evidence")),
        (Some(false), None),
    ] {
        let mut story = Story::new();
        let second = but(receipt("n", 10, 1_000), |signed| signed.follows = follows);
        let said = report(
            &mut story,
            "a",
            "Chain",
            vec![receipt("m", 9, 1_000), second],
        );
        assert_eq!(said.as_ref().err().copied(), code);
        if let Ok(said) = said {
            assert_eq!(
                (&said["Slashed"], story.house.tombstoned),
                (&"10000".into(), false)
            );
        }
    }
}

#[test]
fn evidence_grows_too_old() {
    for (mined, code) in [(15_300, None), (15_301, Some("6 epoch"))] {
        let mut story = Story::new();
        story.house.end(1, 900);
        story.house.height = mined;
        assert_eq!(report(&mut story, "a", "Double", two()).err(), code);
        assert!(story.house.clips.is_empty());
    }
}

#[test]
fn who_signs_without_tenure_loses_a_tenth_but_not_the_scheduler_of_epoch_0() {
    let mut story = Story::new();
    let signed = |epoch: u64, key: &str| {
        let key = key.to_owned();
        vec![but(receipt("m", 9, 1_000), |signed| {
            signed.epoch = epoch;
            signed.signer = key;
        })]
    };
    let mut said = |of| report(&mut story, "a", "Tenure", of);
    assert_eq!(said(signed(0, "hot")), Err("6 evidence"));
    assert_eq!(said(signed(0, "old")), Err("6 evidence"));
    assert_eq!(said(signed(1, "nobody")), Err("6 signer"));
    let first = said(signed(1, "hot")).expect("a fault");
    assert_eq!(
        (&first["Slashed"], &first["Epoch"]),
        (&"3000".into(), &1.into())
    );
    assert_eq!(said(signed(1, "old")), Err("6.1 twice"));
    // Another operator's key for an epoch that is not his.
    let other = said(signed(0, "other-hot")).expect("a fault");
    assert_eq!(other["Operator"], "other");
    assert!(story.house.clips.is_empty());
}
