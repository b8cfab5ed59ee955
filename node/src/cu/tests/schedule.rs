//! A schedule read from tags, and the ticks that it puts between two slots.

use aosec_wire::Tags;

use crate::cu::cron::{CronError, Every, Schedule, TICKS_MAX};
use crate::cu::input::Moment;
use crate::store::cron::Tick;

const INTERVAL: &str = "Cron-Interval";

fn schedule(tags: &[(&str, &str)]) -> Result<Option<Schedule>, CronError> {
    let tags = tags
        .iter()
        .fold(Tags::new(), |tags, (name, value)| tags.with(*name, *value));
    Schedule::read(&tags)
}

fn of(intervals: &[&str]) -> Schedule {
    let tags: Vec<_> = intervals.iter().map(|text| (INTERVAL, *text)).collect();
    schedule(&tags).unwrap().unwrap()
}

const fn at(timestamp_ms: u64, height: u64) -> Moment {
    Moment {
        timestamp_ms,
        height,
    }
}

fn stamps(ticks: &[Tick]) -> Vec<(u32, u64)> {
    ticks.iter().map(|tick| (tick.rule, tick.stamp)).collect()
}

#[test]
fn tags_belong_to_the_interval_before_them() {
    let read = schedule(&[
        ("Name", "bell"),
        (INTERVAL, "5-minutes"),
        ("Cron-Tag-Action", "Ring"),
        ("Cron-Tag-", "no name, no tag"),
        (INTERVAL, "10-blocks"),
        ("Cron-Tag-Action", "Count"),
        ("Cron-Tag-Loud", "yes"),
    ]);
    let read = read.unwrap().unwrap();
    let [first, second] = read.rules() else {
        panic!("two intervals")
    };
    assert_eq!(
        (first.every, first.tags.get("Action")),
        (Every::Time(300_000), Some("Ring"))
    );
    assert_eq!((second.every, second.tags.len()), (Every::Blocks(10), 2));
    assert_eq!(schedule(&[("Name", "quiet")]), Ok(None));
}

#[test]
fn every_unit_of_old_clients_is_known() {
    for (text, ms) in [
        ("1-second", 1_000),
        ("1500-milliseconds", 1_000),
        ("2-Minutes", 120_000),
        (" 3 - hours ", 10_800_000),
        ("1-day", 86_400_000),
        ("1-week", 604_800_000),
        ("1-year", 31_557_600_000),
    ] {
        assert_eq!(of(&[text]).rules()[0].every, Every::Time(ms), "{text}");
    }
    assert_eq!(of(&["7-blocks"]).rules()[0].every, Every::Blocks(7));
}

#[test]
fn what_is_no_schedule_is_refused_by_name() {
    for text in [
        "",
        "5",
        "-5-seconds",
        "0-seconds",
        "0-blocks",
        "1.5-hours",
        "999-ms",
        "1-month",
        "1-fortnight",
        "1-second-s",
        "18446744073709551615-years",
        "99999999999999-seconds",
        "9999999999999-blocks",
    ] {
        assert_eq!(
            schedule(&[(INTERVAL, text)]),
            Err(CronError::Interval(text.to_owned()))
        );
    }
    let unmatched = schedule(&[("Cron-Tag-Action", "Ring"), (INTERVAL, "1-second")]);
    assert_eq!(
        unmatched,
        Err(CronError::Unmatched("Cron-Tag-Action".to_owned()))
    );
    assert_eq!(
        schedule(&[(INTERVAL, "1-second"); 17]),
        Err(CronError::TooMany(17))
    );
}

#[test]
fn a_tick_stands_behind_the_slot_of_its_own_time_and_in_one_gap_alone() {
    let bell = of(&["1-second"]);
    let slots = [
        at(10_500, 5),
        at(11_000, 5),
        at(11_500, 5),
        at(13_500, 5),
        at(13_501, 5),
    ];
    let gaps: Vec<_> = slots
        .windows(2)
        .map(|pair| stamps(&bell.between(slots[0], pair[0], pair[1])))
        .collect();
    assert_eq!(
        gaps,
        [
            vec![],
            vec![],
            vec![(0, 11_500), (0, 12_500)],
            vec![(0, 13_500)]
        ]
    );
}

#[test]
fn blocks_come_first_and_stamps_never_run_back() {
    let both = of(&["2-seconds", "2-blocks", "1-second"]);
    let ticks = both.between(at(0, 100), at(1_000, 101), at(3_500, 104));
    assert_eq!(
        stamps(&ticks),
        [
            (1, 102),
            (1, 104),
            (2, 1_000),
            (2, 2_000),
            (0, 2_000),
            (2, 3_000)
        ]
    );
    let seen: Vec<_> = ticks
        .iter()
        .map(|tick| (tick.timestamp_ms, tick.height))
        .collect();
    assert_eq!(seen[..3], [(1_000, 102), (1_000, 104), (1_000, 104)]);
    assert!(seen.is_sorted());
}

#[test]
fn a_thousand_and_no_more_however_long_the_silence() {
    let drip = of(&["1-second", "1-block"]);
    for silence in [2_000_u64, 4_000_000_000_000] {
        let ticks = drip.between(at(0, 0), at(0, 0), at(silence * 1_000, 0));
        assert_eq!(ticks.len(), TICKS_MAX);
        assert_eq!(ticks.last().map(|tick| tick.stamp), Some(1_000_000));
    }
    let ticks = drip.between(at(0, 0), at(0, 0), at(u64::MAX, u64::MAX));
    assert!(
        ticks.iter().all(|tick| tick.rule == 1),
        "blocks alone fill the gap"
    );
    assert!(
        drip.between(at(9, 9), at(u64::MAX, u64::MAX), at(u64::MAX, u64::MAX))
            .is_empty()
    );
}

/// What was computed behind the last slot is a beginning of what the next slot makes of it.
#[test]
fn more_time_only_adds_ticks() {
    let bell = of(&["3-seconds", "1-second"]);
    let whole = bell.between(at(0, 7), at(500, 7), at(60_000, 7));
    for until in (500..60_000).step_by(250) {
        let some = bell.between(at(0, 7), at(500, 7), at(until, 7));
        assert!(whole.starts_with(&some));
    }
}
