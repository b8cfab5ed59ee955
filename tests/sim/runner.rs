//! Plays many worlds on some threads, in pieces, so that a long run can be stopped and taken up again between any two of them.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    thread,
};

use super::{Failure, Plant, Seen, play};

/// Of so many seeds one is played twice: the same number must give the same trace.
pub const TWICE_ONE_IN: u64 = 100;

/// What some worlds came to.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Worlds played, those played twice counted once.
    pub seeds: u64,
    /// Events in them.
    pub events: u64,
    /// Stands for all traces, in whatever order they were played.
    pub traces: u64,
    /// What went wrong, by seed, in their order.
    pub failures: Vec<(u64, Failure)>,
    /// How often what happened.
    pub seen: Seen,
}

/// Plays the worlds `from .. from + count` on `jobs` threads.
#[must_use]
pub fn run(from: u64, count: u64, jobs: usize, plant: Option<Plant>) -> Report {
    let next = AtomicU64::new(0);
    let work = || {
        let mut own = Report::default();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            if index >= count {
                return own;
            }
            own.add(one(from.saturating_add(index), plant));
        }
    };
    let mut all = Report::default();
    thread::scope(|scope| {
        let threads: Vec<_> = (0..jobs.max(1)).map(|_| scope.spawn(work)).collect();
        for thread in threads {
            match thread.join() {
                Ok(own) => all.add(own),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
    });
    all.failures.sort_by_key(|(seed, _)| *seed);
    all
}

/// The first seed, among `count` from `from` on, whose world shows what must never be.
#[must_use]
pub fn first_failure(from: u64, count: u64, plant: Option<Plant>) -> Option<(u64, Failure)> {
    let seeds = from..from.saturating_add(count);
    seeds
        .map(|seed| (seed, play(seed, plant).failure))
        .find_map(|(seed, failure)| failure.map(|failure| (seed, failure)))
}

fn one(seed: u64, plant: Option<Plant>) -> Report {
    let played = play(seed, plant);
    let mut failures: Vec<_> = played
        .failure
        .map(|failure| (seed, failure))
        .into_iter()
        .collect();
    if seed.is_multiple_of(TWICE_ONE_IN) && play(seed, plant).trace != played.trace {
        let words = "its two traces differ".to_owned();
        let rule = "one number, one world";
        failures.push((seed, Failure { rule, words }));
    }
    Report {
        seeds: 1,
        events: played.events,
        traces: played.trace,
        failures,
        seen: played.seen,
    }
}

impl Report {
    /// Takes another report in.
    pub fn add(&mut self, other: Self) {
        self.seeds += other.seeds;
        self.events += other.events;
        self.traces = self.traces.wrapping_add(other.traces);
        self.failures.extend(other.failures);
        for (what, count) in other.seen {
            *self.seen.entry(what).or_default() += count;
        }
    }
}
