//! The operator's way back from an observer: what everything at hand says together, and what is written on the operator's word.
//!
//! Nothing is signed at or below the highest slot that any of these knows: the guard file (with what was imported into it),
//! the store (whatever was signed stood in it first, D1), the base layer through each gateway. After that a cool-down of
//! blocks: what another node signed with this key must be published within `publish_within` blocks, so by then it is seen.
//!
//! What none of them knows (a slot that was signed, answered and never published, by a node whose store is gone) is the risk
//! that the operator takes, and why it takes a word of the operator's.

use std::collections::BTreeMap;

use aosec_wire::{Address, Id};

use super::{
    guard::{
        Book, Head, OfflineGuard, Token,
        offline::OfflineError,
        rule::{Contradiction, LogKey},
    },
    ports::PortError,
    watch::{Sources, is_true, rule::Sighting, sighted},
};
use crate::store::{Store, StoreError, log, process};

/// Blocks between an operator's word and the next signature: `publish_within` (PROTOCOL 8).
pub const COOL_DOWN_BLOCKS: u64 = 60;
/// Items of each kind that are looked at: the newest; what is older stands in the store.
const LOOKED_AT: usize = 10_000;

/// What the next file will say, and what is left open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// How far each log was signed, as far as anybody knows.
    pub heads: BTreeMap<LogKey, Head>,
    /// Tokens of this key's starts that the file does not hold.
    pub tokens: Vec<Token>,
    /// Logs of which the store lacks slots: they stay unsigned for after the resume.
    pub lacking: Vec<Lacking>,
}

/// A log whose end is known and not at hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lacking {
    /// The process.
    pub process: Id,
    /// The last slot that was signed.
    pub signed: u64,
    /// The last slot of the store.
    pub kept: Option<u64>,
}

/// Why there is no plan.
#[derive(Debug, thiserror::Error)]
pub enum ResumeError {
    /// The gateways.
    #[error(transparent)]
    Sources(#[from] PortError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Two contents for one slot.
    #[error(transparent)]
    Contradiction(#[from] Contradiction),
    /// The file.
    #[error(transparent)]
    File(#[from] OfflineError),
}

/// Asks store and sources beside what `book` knows of `scheduler`, and plans. Changes nothing.
///
/// # Errors
/// What cannot be asked, or the slot of which two contents are known.
pub async fn plan(
    mut book: Book,
    scheduler: &Address,
    store: &Store,
    sources: &dyn Sources,
) -> Result<Plan, ResumeError> {
    let kept = store_ends(store, &mut book).await?;
    let mut tokens = Vec::new();
    for sighting in published(scheduler, &book, sources).await? {
        match sighting {
            Sighting::Start { token, .. } => tokens.push(token),
            Sighting::Slot {
                process,
                epoch,
                slot,
                log_chain,
            } => drop(book.learn((process, epoch), Head::learned(slot, log_chain))?),
        }
    }
    let heads = book.heads().clone();
    let lacking = lacking(&heads, &kept);
    Ok(Plan {
        heads,
        tokens,
        lacking,
    })
}

/// Writes the plan: the key signs again from the height `from` on.
///
/// # Errors
/// Why nothing was written.
pub fn resume(guard: &mut OfflineGuard, plan: &Plan, from: u64) -> Result<(), OfflineError> {
    let heads: Vec<_> = plan.heads.iter().map(|(key, head)| (*key, *head)).collect();
    guard.resume(&heads, &plan.tokens, from)
}

/// Teaches `book` where the signed part of each log of the store ends; answers where the logs themselves end.
///
/// A last batch without kept signatures may have been signed. It stays open: the next start signs exactly that.
async fn store_ends(store: &Store, book: &mut Book) -> Result<BTreeMap<Id, u64>, ResumeError> {
    let mut kept = BTreeMap::new();
    for reach in process::reaches(store).await? {
        kept.insert(reach.process, reach.slot);
        let Some(signed) = reach.signed else {
            continue;
        };
        let rows = log::from(store, reach.process, signed, 1).await?;
        if let Some((row, _)) = rows.first() {
            let head = Head::learned(row.slot, row.log_chain);
            book.learn((reach.process, row.epoch), head)?;
        }
    }
    Ok(kept)
}

/// What this key has published and `book` does not hold, each item verified.
async fn published(
    scheduler: &Address,
    book: &Book,
    sources: &dyn Sources,
) -> Result<Vec<Sighting>, PortError> {
    let mut news = Vec::new();
    for shown in sources.newest(scheduler, LOOKED_AT).await? {
        let Some((id, sighting)) = sighted(&shown) else {
            continue;
        };
        if is_news(&sighting, book, &news) && is_true(sources, scheduler, id, &sighting).await? {
            news.push(sighting);
        }
    }
    Ok(news)
}

fn is_news(sighting: &Sighting, book: &Book, news: &[Sighting]) -> bool {
    match sighting {
        Sighting::Start { token, .. } => !book.tokens().contains(token),
        Sighting::Slot {
            process,
            epoch,
            slot,
            ..
        } => {
            let key = (*process, *epoch);
            let higher = |found: &Sighting| {
                matches!(found, Sighting::Slot { process, epoch, slot: last, .. }
                if (*process, *epoch) == key && last > slot)
            };
            let is_beyond = book.heads().get(&key).is_none_or(|head| head.slot <= *slot);
            is_beyond && !news.iter().any(higher)
        }
    }
}

fn lacking(heads: &BTreeMap<LogKey, Head>, kept: &BTreeMap<Id, u64>) -> Vec<Lacking> {
    let lacks = |((process, _), head): (&LogKey, &Head)| {
        let kept = kept.get(process).copied();
        let lacks = kept.is_none_or(|kept| kept < head.slot);
        lacks.then_some(Lacking {
            process: *process,
            signed: head.slot,
            kept,
        })
    };
    heads.iter().filter_map(lacks).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROCESS: Id = Id::new([1; 32]);
    const OTHER: Id = Id::new([2; 32]);

    fn head(slot: u64) -> Head {
        Head::learned(slot, Id::new([9; 32]))
    }

    fn shown(process: Id, slot: u64) -> Sighting {
        Sighting::Slot {
            process,
            epoch: 0,
            slot,
            log_chain: Id::new([9; 32]),
        }
    }

    #[test]
    fn of_what_is_published_the_highest_slot_of_each_log_is_looked_at() {
        let mut book = Book::default();
        book.learn((PROCESS, 0), head(5)).unwrap();
        let token = Token::new([4; 16]);
        let start = Sighting::Start {
            token,
            url: "http://elsewhere".to_owned(),
            at_ms: 0,
        };
        assert!(is_news(&start, &book, &[]));
        assert!(
            !is_news(&shown(PROCESS, 4), &book, &[]),
            "known to be signed"
        );
        assert!(
            is_news(&shown(PROCESS, 5), &book, &[]),
            "its content may be another"
        );
        assert!(is_news(&shown(PROCESS, 7), &book, &[shown(OTHER, 9)]));
        assert!(!is_news(&shown(PROCESS, 7), &book, &[shown(PROCESS, 8)]));
        assert!(
            is_news(&shown(OTHER, 0), &book, &[]),
            "a log that only others know"
        );
    }

    #[test]
    fn logs_whose_end_is_not_at_hand_are_named() {
        let heads = BTreeMap::from([((PROCESS, 0), head(5)), ((OTHER, 0), head(3))]);
        let kept = BTreeMap::from([(PROCESS, 5)]);
        let missing = Lacking {
            process: OTHER,
            signed: 3,
            kept: None,
        };
        assert_eq!(lacking(&heads, &kept), [missing]);
        let behind = BTreeMap::from([(PROCESS, 9), (OTHER, 2)]);
        let found = lacking(&heads, &behind);
        assert_eq!(found[0].kept, Some(2));
    }
}
