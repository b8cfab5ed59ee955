//! What happened in a world: one number that stands for all of it, and the last of it in words.

use std::{
    collections::{BTreeMap, VecDeque},
    fmt::Debug,
    hash::{Hash, Hasher},
};

/// How often what happened. A simulator in which something never happens says nothing about it.
pub type Seen = BTreeMap<&'static str, u64>;

/// Events that a failing seed tells of.
const LINES: usize = 200;

/// FNV-1a over 64 bits: the same on every machine and in every build, unlike the hashers of the standard library.
#[derive(Clone, Copy, Debug)]
struct Fnv(u64);

impl Hasher for Fnv {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

/// The trace of one world.
#[derive(Debug)]
pub(super) struct Trace {
    hash: Fnv,
    events: u64,
    seen: Seen,
    /// None where nobody will read them.
    lines: Option<VecDeque<String>>,
}

impl Trace {
    pub(super) fn new(in_words: bool) -> Self {
        Self {
            hash: Fnv(0xcbf2_9ce4_8422_2325),
            events: 0,
            seen: Seen::new(),
            lines: in_words.then(VecDeque::new),
        }
    }

    /// An event of the queue; told in words unless it is one of those that come again and again.
    pub(super) fn event(&mut self, now_ms: u64, event: &(impl Hash + Debug), is_news: bool) {
        self.events += 1;
        self.take(now_ms, event, is_news);
    }

    /// Something that an event brought about.
    pub(super) fn note(&mut self, now_ms: u64, what: &(impl Hash + Debug)) {
        self.take(now_ms, what, true);
    }

    fn take(&mut self, now_ms: u64, what: &(impl Hash + Debug), is_news: bool) {
        now_ms.hash(&mut self.hash);
        what.hash(&mut self.hash);
        if let Some(lines) = self.lines.as_mut().filter(|_| is_news) {
            if lines.len() == LINES {
                lines.pop_front();
            }
            lines.push_back(format!("{:>9.3} s  {what:?}", now_ms as f64 / 1_000.0));
        }
    }

    pub(super) fn saw(&mut self, what: &'static str) {
        *self.seen.entry(what).or_default() += 1;
    }

    pub(super) fn hash(&self) -> u64 {
        self.hash.finish()
    }

    pub(super) fn events(&self) -> u64 {
        self.events
    }

    /// What was seen, and the last events in words.
    pub(super) fn into_parts(self) -> (Seen, Vec<String>) {
        (self.seen, self.lines.unwrap_or_default().into())
    }
}
