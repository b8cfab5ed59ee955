//! What was promised, and whether it was kept: every assignment ever seen of one process, judged against its log.
//!
//! Pure: assignments go in, broken promises come out. Where they come from (acknowledgements, reads, a node before or after a
//! crash) is the caller's business.

use std::collections::BTreeMap;
use std::fmt;

use aosec_wire::{Assignment, Chain, Id};

/// What a signature over a slot binds: two different ones for one slot are a double sign.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Content {
    message: Option<Id>,
    height: u64,
    timestamp: u64,
    chain: Option<Chain>,
}

impl Content {
    fn of(assignment: &Assignment) -> Self {
        Self {
            message: assignment.message(),
            height: assignment.height(),
            timestamp: assignment.timestamp(),
            chain: assignment.chain(),
        }
    }
}

/// A broken promise.
#[expect(missing_docs, reason = "the sentences of Display name every field")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Broken {
    /// Two contents signed for one slot.
    SignedTwice { nonce: u64 },
    /// An acknowledged message that the log does not hold where it was promised.
    Lost { message: Id, promised: Option<u64> },
    /// A message in two slots.
    Doubled {
        message: Id,
        first: u64,
        second: u64,
    },
    /// The log does not go on by one.
    Gap { expected: u64, found: u64 },
    /// A chain, or the time, that does not follow from the slot before.
    Unchained { nonce: u64 },
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SignedTwice { nonce } => write!(f, "slot {nonce} was signed with two contents"),
            Self::Lost {
                message,
                promised: Some(slot),
            } => write!(f, "{message}, acknowledged in slot {slot}, is not there"),
            Self::Lost {
                message,
                promised: None,
            } => write!(f, "{message}, acknowledged, has no slot"),
            Self::Doubled {
                message,
                first,
                second,
            } => write!(f, "{message} stands in slots {first} and {second}"),
            Self::Gap { expected, found } => {
                write!(f, "slot {expected} was due, the log shows {found}")
            }
            Self::Unchained { nonce } => {
                write!(f, "slot {nonce} does not follow from the slot before")
            }
        }
    }
}

/// Everything seen of one process.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    seen: BTreeMap<u64, Content>,
    /// Message to slot; no slot where it was taken without a receipt.
    promised: BTreeMap<Id, Option<u64>>,
    broken: Vec<Broken>,
}

impl Ledger {
    /// Notes an assignment, wherever it was seen.
    pub fn saw(&mut self, assignment: &Assignment) {
        let nonce = assignment.nonce();
        let content = Content::of(assignment);
        if *self.seen.entry(nonce).or_insert_with(|| content.clone()) != content {
            self.broken.push(Broken::SignedTwice { nonce });
        }
    }

    /// Notes an assignment that was given as a receipt: from now on it must stay.
    pub fn was_promised(&mut self, assignment: &Assignment) {
        self.saw(assignment);
        if let Some(message) = assignment.message() {
            self.promised.insert(message, Some(assignment.nonce()));
        }
    }

    /// Notes a message that was taken without a receipt: from now on it must stand in some slot.
    pub fn was_taken(&mut self, message: Id) {
        self.promised.entry(message).or_default();
    }

    /// Messages promised so far.
    #[must_use]
    pub fn promises(&self) -> usize {
        self.promised.len()
    }

    /// Judges the whole log of the process, and gives everything that was ever found broken.
    pub fn judge(&mut self, log: &[Assignment]) -> Vec<Broken> {
        log.iter().for_each(|assignment| self.saw(assignment));
        let mut broken = self.broken.clone();
        broken.extend(order(log));
        broken.extend(self.kept(log));
        broken
    }

    fn kept(&self, log: &[Assignment]) -> Vec<Broken> {
        let mut broken = Vec::new();
        let mut slots: BTreeMap<Id, u64> = BTreeMap::new();
        for (message, second) in log
            .iter()
            .filter_map(|entry| Some((entry.message()?, entry.nonce())))
        {
            if let Some(first) = slots.insert(message, second) {
                broken.push(Broken::Doubled {
                    message,
                    first,
                    second,
                });
            }
        }
        let stands = |message: &Id, slot: Option<u64>| match (slots.get(message), slot) {
            (Some(&found), Some(promised)) => found == promised,
            (found, None) => found.is_some(),
            (None, Some(_)) => false,
        };
        let lost = self
            .promised
            .iter()
            .filter(|&(message, &slot)| !stands(message, slot));
        broken.extend(lost.map(|(&message, &promised)| Broken::Lost { message, promised }));
        broken
    }
}

/// Contiguous from slot 0, chained, and later with every slot.
fn order(log: &[Assignment]) -> Vec<Broken> {
    let mut broken = Vec::new();
    for (expected, assignment) in (0..).zip(log) {
        let nonce = assignment.nonce();
        if nonce != expected {
            broken.push(Broken::Gap {
                expected,
                found: nonce,
            });
            return broken;
        }
    }
    if let Some(first) = log.first()
        && first.chain() != Some(Chain::genesis(first.process()))
    {
        broken.push(Broken::Unchained { nonce: 0 });
    }
    let pairs = log.iter().zip(log.iter().skip(1));
    broken.extend(
        pairs
            .filter(|(before, after)| !follows(before, after))
            .map(|(_, after)| after.nonce())
            .map(unchained),
    );
    broken
}

fn unchained(nonce: u64) -> Broken {
    Broken::Unchained { nonce }
}

fn follows(before: &Assignment, after: &Assignment) -> bool {
    let Some((chain, message)) = before.chain().zip(after.message()) else {
        return false;
    };
    let due = chain.next(before.id(), message, after.height(), after.timestamp());
    after.chain() == Some(due)
        && after.timestamp() > before.timestamp()
        && after.height() >= before.height()
}

#[cfg(test)]
mod tests {
    use aosec_wire::{AssignmentPlan, SigningKey};

    use super::*;

    fn id(number: u8) -> Id {
        Id::new([number; 32])
    }

    /// A log of one process whose slots hold these messages.
    fn log(messages: &[u8]) -> Vec<Assignment> {
        let key = SigningKey::ed25519([1; 32]);
        let process = id(200);
        let (mut chain, mut log) = (Chain::genesis(process), Vec::new());
        for (nonce, message) in
            (0..).zip(std::iter::once(None).chain(messages.iter().map(|number| Some(id(*number)))))
        {
            let (height, timestamp) = (10 + nonce, 1_000 + nonce);
            if let Some((last, message)) = log.last().map(Assignment::id).zip(message) {
                chain = chain.next(last, message, height, timestamp);
            }
            let plan = AssignmentPlan {
                process,
                epoch: 0,
                nonce,
                message,
                height,
                timestamp,
                chain,
                exclude: vec![],
                base_layer: false,
            };
            log.push(plan.sign(&key).expect("a plan within its limits"));
        }
        log
    }

    #[test]
    fn a_kept_promise_is_no_fault() {
        let log = log(&[1, 2, 3]);
        let mut ledger = Ledger::default();
        log.iter()
            .for_each(|assignment| ledger.was_promised(assignment));
        assert_eq!((ledger.judge(&log), ledger.promises()), (vec![], 3));
    }

    #[test]
    fn a_lost_slot_is_found() {
        let (long, short) = (log(&[1, 2, 3]), log(&[1, 2]));
        let mut ledger = Ledger::default();
        long.iter()
            .for_each(|assignment| ledger.was_promised(assignment));
        assert_eq!(
            ledger.judge(&short),
            [Broken::Lost {
                message: id(3),
                promised: Some(3)
            }]
        );
        let mut ledger = Ledger::default();
        [2, 4]
            .into_iter()
            .for_each(|number| ledger.was_taken(id(number)));
        assert_eq!(
            ledger.judge(&short),
            [Broken::Lost {
                message: id(4),
                promised: None
            }]
        );
    }

    #[test]
    fn a_slot_signed_again_with_another_message_is_found() {
        let mut ledger = Ledger::default();
        ledger.saw(&log(&[1, 2])[2]);
        assert_eq!(
            ledger.judge(&log(&[1, 9])),
            [Broken::SignedTwice { nonce: 2 }]
        );
    }

    #[test]
    fn a_doubled_message_a_gap_and_a_broken_chain_are_found() {
        assert_eq!(
            Ledger::default().judge(&log(&[1, 1])),
            [Broken::Doubled {
                message: id(1),
                first: 1,
                second: 2
            }]
        );
        let whole = log(&[1, 2, 3]);
        let gap = [&whole[..1], &whole[2..]].concat();
        assert_eq!(
            Ledger::default().judge(&gap),
            [Broken::Gap {
                expected: 1,
                found: 2
            }]
        );
        let grafted = [&whole[..2], &log(&[7, 2, 3])[2..]].concat();
        assert_eq!(
            Ledger::default().judge(&grafted),
            [Broken::Unchained { nonce: 2 }]
        );
    }
}
