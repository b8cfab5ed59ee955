//! The simulator: whole networks of nodes, clients and a base layer in one thread, driven by one number.
//!
//! The node's rules are its own: what stands in the next slots, who is admitted, what the guard lets through, what a start makes
//! of the files, what is published when, which case is answered when. Played are the world around them and the order of effects, which is that of the node's
//! loops (D1): disks that lose, tear and flip, clocks that jump, networks that lose and repeat, forks, gateways that lag and
//! hide. After every event nothing may be true that must never be; when everything is put right again, everything must come to
//! rest. See [`oracle`] for both lists.
//!
//! Deliberately not played: SQLite, sockets, threads. Those are tried with real processes, in `e2e`.

mod base_layer;
mod carried;
mod cases;
mod cast;
mod court;
mod disk;
mod event;
mod incident;
mod letters;
mod machine;
mod oracle;
pub mod plant;
mod public;
mod reader;
pub mod runner;
mod scene;
mod trace;
mod troubles;
mod world;

use std::fmt;

use self::world::World;
pub use self::{plant::Plant, trace::Seen};

/// What a play came to.
#[derive(Clone, Debug)]
pub struct Played {
    /// The number that drove it.
    pub seed: u64,
    /// Stands for everything that happened: the same number gives the same trace, on every machine.
    pub trace: u64,
    /// Events that happened.
    pub events: u64,
    /// The first thing that must never be; none where all went well.
    pub failure: Option<Failure>,
    /// How often what happened.
    pub seen: Seen,
    /// The last events in words, where they were asked for.
    pub lines: Vec<String>,
}

/// Something that must never be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The rule that was broken.
    pub rule: &'static str,
    /// What happened.
    pub words: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.rule, self.words)
    }
}

/// Plays the world of a number to its end.
#[must_use]
pub fn play(seed: u64, plant: Option<Plant>) -> Played {
    played(seed, plant, false)
}

/// Plays it again and tells the last events.
#[must_use]
pub fn tell(seed: u64, plant: Option<Plant>) -> Played {
    played(seed, plant, true)
}

fn played(seed: u64, plant: Option<Plant>, in_words: bool) -> Played {
    let (failure, trace) = World::new(seed, plant, in_words).play();
    let (hash, events) = (trace.hash(), trace.events());
    let (seen, lines) = trace.into_parts();
    Played {
        seed,
        trace: hash,
        events,
        failure,
        seen,
        lines,
    }
}
