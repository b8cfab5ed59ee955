//! CI's share of the simulator: some thousand worlds, those that once failed, and proof that it would find what it looks for.

use std::time::Instant;

use aosec_tests::sim::{self, Plant, runner};

/// Worlds that every run of the tests plays.
const SHARE: u64 = 5_000;
/// A planted fault must show within so many worlds.
const FOUND_WITHIN: u64 = 1_000;
/// The machine of CI has two cores.
const JOBS: usize = 2;
const KEPT: &str = include_str!("seeds/kept.txt");

/// What must have happened somewhere in CI's share: a simulator in which it never happens says nothing about it.
const SEEN: [&str; 43] = [
    "a batch found unsigned",
    "a bit flipped in the guard file",
    "a case that closes",
    "a challenge",
    "a clock too far behind",
    "a flush of the guard that failed",
    "a flush of the store that failed",
    "a fork",
    "a fork beyond the settlement depth",
    "a full disk",
    "a guard file cut short",
    "a guard file lost",
    "a guard file restored from a backup",
    "a guard file rewritten",
    "a guard file with a torn end",
    "a host that is slashed",
    "a message before its spawn",
    "a message taken",
    "a message that stands already",
    "a message twice in a batch",
    "a node that does not start",
    "a node that signs for some processes only",
    "a node that signs nothing",
    "a publication too late",
    "a record posted again that stood where it does not count",
    "a record that a reader passes over",
    "a stop when a batch was answered",
    "a stop when a batch was planned",
    "a stop when a batch was signed",
    "a stop when a post was noted",
    "a stop when a post was sent",
    "a stop when the guard was flushed",
    "a stop when the guard was written",
    "a stop when the store was flushed",
    "a stop when the store was written",
    "a store lost",
    "a store restored from a backup",
    "a store that lost its end",
    "a transaction posted again",
    "a transaction whose block was orphaned",
    "an answer",
    "an operator who goes on without some logs",
    "work moved to another machine",
];

#[test]
fn nothing_that_must_never_be_happens_in_five_thousand_worlds() {
    let begun = Instant::now();
    let report = runner::run(0, SHARE, JOBS, None);
    let seconds = begun.elapsed().as_secs();
    eprintln!("{SHARE} worlds, {} events, {seconds} s", report.events);
    assert!(report.failures.is_empty(), "{}", story(&report));
    for what in SEEN {
        assert!(report.seen.contains_key(what), "never seen: {what}");
    }
}

fn story(report: &runner::Report) -> String {
    let mut lines = Vec::new();
    for (seed, failure) in &report.failures {
        lines.push(format!("world {seed} failed. {failure}"));
    }
    if let Some((seed, _)) = report.failures.first() {
        lines.extend(sim::tell(*seed, None).lines);
        lines.push(format!(
            "play it again: cargo run -p aosec-tests --bin sim -- --from {seed} --seeds 1"
        ));
    }
    lines.join("\n")
}

#[test]
fn worlds_that_once_failed_do_not_fail_again() {
    for line in KEPT.lines().filter(|line| !line.starts_with('#')) {
        let (seed, what) = line.split_once(' ').unwrap_or((line, ""));
        let seed = seed.parse().expect("a line begins with a number");
        assert_eq!(
            sim::play(seed, None).failure,
            None,
            "world {seed} ({what}) fails again"
        );
    }
}

#[test]
fn planted_faults_are_found() {
    for plant in Plant::ALL {
        let found = runner::first_failure(0, FOUND_WITHIN, Some(plant));
        let (seed, failure) =
            found.unwrap_or_else(|| panic!("{plant} is not found within {FOUND_WITHIN} worlds"));
        eprintln!("{plant}: found in world {seed}. {failure}");
    }
}

#[test]
fn one_number_is_one_world() {
    for seed in 0..20 {
        let (once, again) = (sim::play(seed, None), sim::tell(seed, None));
        assert_eq!(
            (once.trace, once.events),
            (again.trace, again.events),
            "world {seed}"
        );
    }
    assert_ne!(sim::play(0, None).trace, sim::play(1, None).trace);
}
