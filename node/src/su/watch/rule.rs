//! Who else has our key? The rule over what the base layer shows of it, pure.
//!
//! What this key has signed and published is either in our guard, or somebody else signed it: another node with the same key,
//! or this node before its files were brought back from a backup. Either way signing could give a slot twice.
//!
//! 1. A location whose token our guard does not hold was written by a start that our file knows nothing of.
//! 2. A location with an older token of ours, stamped after our start, comes from a copy of our file that is still running.
//! 3. A published slot beyond our guard, or with another content than ours, was signed elsewhere.
//! 4. Another first block than the one that we sign for: these gateways show another network.
//!
//! Locations without a token say nothing: versions before tokens wrote them, and the devnet's genesis. What is shown is a
//! claim until the item's signature has been checked, which is the caller's duty before anything is stopped for good.

use std::collections::BTreeMap;

use aosec_wire::Id;

use crate::su::guard::{Book, Network, START_TOKEN, Token};

/// How far the clocks of two machines may be apart, or one may be set back: less is taken as an old location.
pub const CLOCK_SLACK_MS: u64 = 600_000;

/// What one published item of our key says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sighting {
    /// A location.
    Start {
        /// The token of the start that wrote it.
        token: Token,
        /// Where that node answers.
        url: String,
        /// When it was written, by that node's clock.
        at_ms: u64,
    },
    /// An assignment.
    Slot {
        /// The process.
        process: Id,
        /// The epoch.
        epoch: u64,
        /// The slot.
        slot: u64,
        /// The log chain there.
        log_chain: Id,
    },
}

/// What we know of ourselves.
#[derive(Clone, Copy, Debug)]
pub struct Own<'a> {
    /// The guard's book.
    pub book: &'a Book,
    /// The token of this start.
    pub token: Token,
    /// When it was.
    pub started_ms: u64,
    /// The log chains that the store holds at the slots that were sighted.
    pub chains: &'a BTreeMap<(Id, u64), Id>,
}

/// Somebody else signs with our key, or we are not what we were.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Foreign {
    /// Rule 1.
    #[error(
        "a start with the token {token}, at {url}, was published by this key, and this guard file knows nothing of it: \
         another node has the key, or this file is older than the last one. {NEXT_STEP}"
    )]
    Start {
        /// The token.
        token: Token,
        /// Where that node answers.
        url: String,
    },
    /// Rule 2.
    #[error(
        "a copy of this node's files runs at {url} (token {token}): it published its place after this node had started. \
         {NEXT_STEP}"
    )]
    Alive {
        /// The token.
        token: Token,
        /// Where that node answers.
        url: String,
    },
    /// Rule 3.
    #[error(
        "slot {slot} of {process} (epoch {epoch}) was published by this key, and this guard knows {}: another node has the \
         key, or store and guard are older copies. {NEXT_STEP}", reach(*known)
    )]
    Beyond {
        /// The process.
        process: Id,
        /// The epoch.
        epoch: u64,
        /// The slot.
        slot: u64,
        /// The last slot that the guard knows.
        known: Option<u64>,
    },
    /// Rule 3.
    #[error(
        "slot {slot} of {process} (epoch {epoch}) was published by this key with another content than this node signed: two \
         nodes sign with this key. {NEXT_STEP}"
    )]
    Content {
        /// The process.
        process: Id,
        /// The epoch.
        epoch: u64,
        /// The slot.
        slot: u64,
    },
    /// Rule 4.
    #[error(
        "the gateways show the network {found}, this key signs for {own}: give the right --gateway, or another --data folder \
         with another key"
    )]
    Network {
        /// What they show.
        found: String,
        /// What the guard holds.
        own: String,
    },
}

impl Foreign {
    /// One word for scripts and vectors.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Start { .. } => "start",
            Self::Alive { .. } => "alive",
            Self::Beyond { .. } => "beyond",
            Self::Content { .. } => "content",
            Self::Network { .. } => "network",
        }
    }
}

const NEXT_STEP: &str = "Stop the other node and bring back the files that were last in use, then restart; or, where there is \
                         only this node: `aosec guard resume --help`";

fn reach(slot: Option<u64>) -> String {
    slot.map_or("nothing of it".to_owned(), |slot| {
        format!("up to slot {slot}")
    })
}

impl Sighting {
    /// What the tags of an item say; none where it is neither a location with a token nor an assignment with a log chain.
    pub fn read<'a>(tag: impl Fn(&str) -> Option<&'a str>) -> Option<Self> {
        match tag("Type")? {
            "Scheduler-Location" => Some(Self::Start {
                token: tag(START_TOKEN)?.parse().ok()?,
                url: tag("Url")?.to_owned(),
                at_ms: tag("Timestamp")?.parse().ok()?,
            }),
            "Assignment" => Some(Self::Slot {
                process: tag("Process")?.parse().ok()?,
                epoch: tag("Epoch")?.parse().ok()?,
                slot: tag("Nonce")?.parse().ok()?,
                log_chain: tag("Log-Chain")?.parse().ok()?,
            }),
            _ => None,
        }
    }

    /// Rules 1 to 3.
    pub fn judge(&self, own: Own<'_>) -> Option<Foreign> {
        match self {
            Self::Start { token, url, at_ms } => judge_start(*token, url, *at_ms, own),
            Self::Slot {
                process,
                epoch,
                slot,
                log_chain,
            } => judge_slot((*process, *epoch), *slot, *log_chain, own),
        }
    }
}

fn judge_start(token: Token, url: &str, at_ms: u64, own: Own<'_>) -> Option<Foreign> {
    let url = url.to_owned();
    if token == own.token {
        return None;
    }
    if !own.book.tokens().contains(&token) {
        return Some(Foreign::Start { token, url });
    }
    let is_late = at_ms > own.started_ms.saturating_add(CLOCK_SLACK_MS);
    is_late.then_some(Foreign::Alive { token, url })
}

fn judge_slot(key: (Id, u64), slot: u64, log_chain: Id, own: Own<'_>) -> Option<Foreign> {
    let (process, epoch) = key;
    let content = Foreign::Content {
        process,
        epoch,
        slot,
    };
    match own.book.heads().get(&key) {
        Some(head) if head.slot == slot => (head.log_chain != log_chain).then_some(content),
        Some(head) if head.slot > slot => {
            let kept = own.chains.get(&(process, slot))?;
            (*kept != log_chain).then_some(content)
        }
        known => Some(Foreign::Beyond {
            process,
            epoch,
            slot,
            known: known.map(|head| head.slot),
        }),
    }
}

/// Rule 4.
pub fn judge_network(found: &Network, book: &Book) -> Option<Foreign> {
    let own = book.network().filter(|own| *own != found)?;
    Some(Foreign::Network {
        found: found.to_string(),
        own: own.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::su::guard::{Head, note::Note};

    const PROCESS: Id = Id::new([1; 32]);
    const OWN: Token = Token::new([1; 16]);
    const OLDER: Token = Token::new([2; 16]);
    const FOREIGN: Token = Token::new([3; 16]);
    const STARTED_MS: u64 = 1_000_000;

    fn book() -> Book {
        let mut book = Book::default();
        let head = Head::learned(5, Id::new([5; 32]));
        for note in [
            Note::Start(OLDER),
            Note::Start(OWN),
            Note::Head((PROCESS, 0), head),
            Note::Network("here".parse().unwrap()),
        ] {
            book.note(note).unwrap();
        }
        book
    }

    fn judged(sighting: Sighting) -> Option<Foreign> {
        let chains = BTreeMap::from([((PROCESS, 3), Id::new([3; 32]))]);
        sighting.judge(Own {
            book: &book(),
            token: OWN,
            started_ms: STARTED_MS,
            chains: &chains,
        })
    }

    fn start(token: Token, at_ms: u64) -> Sighting {
        Sighting::Start {
            token,
            url: "http://elsewhere".to_owned(),
            at_ms,
        }
    }

    fn slot(epoch: u64, slot: u64, chain: u8) -> Sighting {
        Sighting::Slot {
            process: PROCESS,
            epoch,
            slot,
            log_chain: Id::new([chain; 32]),
        }
    }

    #[test]
    fn our_own_traces_are_no_alarm() {
        let late = STARTED_MS + CLOCK_SLACK_MS;
        let own = [
            start(OWN, u64::MAX),
            start(OLDER, 0),
            start(OLDER, late),
            slot(0, 5, 5),
            slot(0, 3, 3),
            slot(0, 4, 9),
        ];
        for sighting in own {
            assert_eq!(judged(sighting.clone()), None, "{sighting:?}");
        }
    }

    #[test]
    fn others_are_named() {
        let late = STARTED_MS + CLOCK_SLACK_MS + 1;
        assert!(matches!(
            judged(start(FOREIGN, 0)),
            Some(Foreign::Start { .. })
        ));
        assert!(matches!(
            judged(start(OLDER, late)),
            Some(Foreign::Alive { .. })
        ));
        for (sighting, known) in [(slot(0, 6, 5), Some(5)), (slot(1, 0, 5), None)] {
            let found = judged(sighting);
            assert!(
                matches!(&found, Some(Foreign::Beyond { known: last, .. }) if *last == known),
                "{found:?}"
            );
            assert!(found.unwrap().to_string().contains("aosec guard resume"));
        }
        for sighting in [slot(0, 5, 6), slot(0, 3, 4)] {
            assert!(matches!(judged(sighting), Some(Foreign::Content { .. })));
        }
        let there = "there".parse().unwrap();
        assert!(judge_network(&there, &book()).is_some());
        assert_eq!(judge_network(&"here".parse().unwrap(), &book()), None);
        assert_eq!(judge_network(&there, &Book::default()), None);
    }

    #[test]
    fn what_says_nothing_of_us_is_passed_over() {
        let read = |tags: &[(&'static str, &'static str)]| {
            let tags = tags.to_vec();
            Sighting::read(|name| {
                tags.iter()
                    .find(|(found, _)| *found == name)
                    .map(|tag| tag.1)
            })
        };
        let location = [
            ("Type", "Scheduler-Location"),
            ("Url", "http://x"),
            ("Timestamp", "5"),
            (START_TOKEN, "AAAAAAAAAAAAAAAAAAAAAA"),
        ];
        assert!(matches!(
            read(&location),
            Some(Sighting::Start { at_ms: 5, .. })
        ));
        assert_eq!(read(&location[..3]), None, "an older version wrote it");
        assert_eq!(read(&[("Type", "Message")]), None);
        assert_eq!(read(&[("Type", "Assignment"), ("Nonce", "x")]), None);
    }
}
