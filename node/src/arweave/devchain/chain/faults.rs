//! Pure: how the chain misbehaves on demand: late blocks, censored senders, data that nobody serves.
//!
//! Faults stand until they are lifted, over restarts too. They hold things back and lose nothing: an anchor that grows too old
//! meanwhile is the sender's loss, as on the base layer.

use std::collections::BTreeSet;

use aosec_wire::{Address, Id};
use serde::{Deserialize, Serialize};

use super::event::{Effect, Refusal};
use super::pool::Waiting;

/// Most censored senders, and most hidden ids: more than any story needs.
pub(super) const LIST_MAX: usize = 10_000;

/// One change of how the chain misbehaves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// A transaction is mined so many blocks later than it could be; 0 lifts it, for those that wait too.
    Delay(u64),
    /// The transactions and held items of a sender are taken and not mined.
    Censor(Address),
    /// Lifts [`Self::Censor`].
    Uncensor(Address),
    /// The data under an id is not served; what is said about it is.
    Hide(Id),
    /// Lifts [`Self::Hide`].
    Show(Id),
}

/// How the chain misbehaves at present.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Faults {
    delay_blocks: u64,
    censored: BTreeSet<Address>,
    hidden: BTreeSet<Id>,
}

impl Faults {
    /// Changes it; no effects if it was so already.
    pub(super) fn set(&mut self, fault: Fault) -> Result<Vec<Effect>, Refusal> {
        let changed = match fault {
            Fault::Delay(blocks) => std::mem::replace(&mut self.delay_blocks, blocks) != blocks,
            Fault::Censor(sender) => add(&mut self.censored, sender)?,
            Fault::Uncensor(sender) => self.censored.remove(&sender),
            Fault::Hide(id) => add(&mut self.hidden, id)?,
            Fault::Show(id) => self.hidden.remove(&id),
        };
        Ok(if changed {
            vec![Effect::Persist]
        } else {
            Vec::new()
        })
    }

    /// Whether the data under this id is not served.
    #[must_use]
    pub fn hides(&self, id: Id) -> bool {
        self.hidden.contains(&id)
    }

    pub(super) fn censors(&self, sender: &Address) -> bool {
        self.censored.contains(sender)
    }

    /// Whether a waiting transaction may enter the block at `height`.
    pub(super) fn lets_in(&self, waiting: &Waiting, height: u64) -> bool {
        let first = waiting
            .since
            .saturating_add(1)
            .saturating_add(self.delay_blocks);
        height >= first && !self.censors(waiting.offer.transaction.owner_address())
    }
}

/// True if it is new in the list.
fn add<T: Ord>(list: &mut BTreeSet<T>, entry: T) -> Result<bool, Refusal> {
    if list.len() >= LIST_MAX && !list.contains(&entry) {
        return Err(Refusal::FaultsFull);
    }
    Ok(list.insert(entry))
}
