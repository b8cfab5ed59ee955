//! Messages signed beforehand, no two of them alike, within a bounded time.

use std::time::{Duration, Instant};

use aosec_tests::harness::draft;
use aosec_wire::{Id, SigningKey};
use bytes::Bytes;

use super::cpu;

/// A supply of messages by one key, in turn to each of some processes.
#[derive(Debug)]
pub(crate) struct Supply<'a> {
    key: &'a SigningKey,
    processes: Vec<Id>,
    next: usize,
}

impl<'a> Supply<'a> {
    pub(crate) fn new(key: &'a SigningKey, processes: Vec<Id>) -> Self {
        Self {
            key,
            processes,
            next: 0,
        }
    }

    /// The next `count` messages, or as many of them as all cores sign in `at_most`.
    pub(crate) fn sign(&mut self, count: usize, at_most: Duration) -> Vec<Bytes> {
        let (end, from, cores) = (Instant::now() + at_most, self.next, cpu::cores() as usize);
        self.next += count;
        let hand = |first: usize| {
            let numbers = (from + first..from + count).step_by(cores);
            let signed = numbers.take_while(|_| Instant::now() < end);
            signed
                .map(|number| self.message(number))
                .collect::<Vec<_>>()
        };
        let hand = &hand;
        std::thread::scope(|scope| {
            let hands: Vec<_> = (0..cores)
                .map(|first| scope.spawn(move || hand(first)))
                .collect();
            let signed = hands
                .into_iter()
                .flat_map(|hand| hand.join().expect("signing does not panic"));
            signed.collect()
        })
    }

    fn message(&self, number: usize) -> Bytes {
        let to = self.processes.get(number % self.processes.len());
        let to = *to.expect("at least one process");
        draft::message(self.key, to, "Note", number.to_string())
            .bytes()
            .clone()
    }
}
