//! An outage must not burn the honest (6.7).

use super::*;

/// Some processes of 10,000 each, hosted since block 1,000, and a challenge of the first few of them at a height.
fn outage(leases: u64, challenged: u64, height: u64) -> Story {
    let mut story = Story::new();
    story.house.leases.clear();
    for number in 1..=leases {
        story.house.host(number, &number.to_string(), 10_000, 1_000);
    }
    story.house.height = height;
    for number in 1..=challenged {
        accuse(&mut story, number);
    }
    story
}

fn accuse(story: &mut Story, number: u64) {
    let process = named(&number.to_string());
    let mut tags = challenge();
    tags[1].1 = &process;
    let message = Enclosed {
        target: process.clone(),
        ..message(&format!("m{number}"))
    };
    story.says("alice", &tags, vec![message]).expect("opened");
}

#[test]
fn more_than_a_third_of_the_old_stake_gets_its_slashes_back() {
    // Two of six are a third; three of eight are more.
    for (leases, failed, restored) in [(6, 2, 0), (8, 3, 600), (5, 2, 400)] {
        let mut story = outage(leases, failed, 22_300);
        story.tick(22_661);
        assert_eq!(story.house.restored, restored, "{failed} of {leases}");
        assert_eq!(story.house.pending, 200 * u128::from(failed) - restored);
    }
}

#[test]
fn young_leases_neither_count_nor_are_spared() {
    // Expired at h: start + memory ≤ h.
    for (height, restored) in [(1_000 + 21_600, 200), (1_000 + 21_599, 0)] {
        let mut story = outage(1, 1, height - 361);
        story.tick(height);
        assert_eq!(story.house.restored, restored);
    }
}

#[test]
fn expiries_count_within_thirty_blocks_and_are_spared_for_thirty_after() {
    for (apart, restored) in [(29, 400), (30, 0)] {
        let mut story = outage(5, 1, 22_300);
        story.tick(22_300 + apart);
        accuse(&mut story, 2);
        story.tick(22_661 + apart);
        assert_eq!(story.house.restored, restored, "{apart}");
    }
    for (apart, restored) in [(30, 600), (31, 400)] {
        let mut story = outage(5, 2, 22_300);
        story.tick(22_300 + apart);
        accuse(&mut story, 3);
        story.tick(22_661 + apart);
        assert_eq!(story.house.restored, restored, "{apart}");
    }
}
