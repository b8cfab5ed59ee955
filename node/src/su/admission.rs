//! Which of the messages that wait get a slot: each message once, each pushed content once. Pure.

use std::collections::BTreeMap;

use aosec_wire::{Id, VerifiedItem};

use super::{
    chain::Entrant,
    guard::{EXCLUDE_BYTES_MAX, EXCLUDES_MAX},
    refusal::Refusal,
};
use crate::store::log::{Entry, Known};

/// The tag that marks a message as pushed for a process. Its content is taken once, whoever signs it again: messengers may
/// push twice. A person's message is told apart by its id alone, since saying the same twice may be meant.
const PUSHED: &str = "From-Process";

/// What wants a slot.
#[derive(Clone, Debug)]
pub enum Want {
    /// The spawn, for slot 0.
    Spawn(VerifiedItem),
    /// A message sent to the process.
    Message(VerifiedItem),
    /// A message that the court demands a slot for: what it let in is taken whatever it looks like, also where its content was pushed
    /// before (PROTOCOL 6.3).
    Forced(VerifiedItem),
    /// An assignment by reference.
    Reference {
        /// What is assigned.
        id: Id,
        /// It, where it is a data item; none for a transaction of the base layer.
        item: Option<VerifiedItem>,
        /// Fields to leave out.
        exclude: Vec<String>,
    },
}

impl Want {
    /// The id that takes the slot.
    pub fn message(&self) -> Id {
        match self {
            Self::Spawn(item) | Self::Message(item) | Self::Forced(item) => item.id(),
            Self::Reference { id, .. } => *id,
        }
    }

    /// What a pushed message says, whoever signed it how often; none for all others.
    pub fn content(&self) -> Option<Id> {
        match self {
            Self::Message(item) if item.tags().get(PUSHED).is_some() => Some(item.content_id()),
            _ => None,
        }
    }

    /// The data item, where there is one.
    pub fn item(&self) -> Option<&VerifiedItem> {
        match self {
            Self::Spawn(item) | Self::Message(item) | Self::Forced(item) => Some(item),
            Self::Reference { item, .. } => item.as_ref(),
        }
    }

    /// How it comes into the log.
    pub fn entry(&self) -> Entry {
        match self {
            Self::Spawn(_) | Self::Message(_) | Self::Forced(_) => Entry::Sent,
            Self::Reference { item: Some(_), .. } => Entry::Item,
            Self::Reference { item: None, .. } => Entry::BaseLayer,
        }
    }

    /// What the plan of the next slots needs of it.
    pub fn entrant(&self) -> Entrant {
        let exclude = match self {
            Self::Reference { exclude, .. } => exclude.clone(),
            Self::Spawn(_) | Self::Message(_) | Self::Forced(_) => Vec::new(),
        };
        Entrant {
            message: self.message(),
            exclude,
        }
    }

    /// Bytes that are published with the slot, besides its assignment.
    pub fn bytes(&self) -> u64 {
        match self {
            Self::Spawn(item) | Self::Message(item) | Self::Forced(item) => {
                item.bytes().len() as u64
            }
            Self::Reference { .. } => 0,
        }
    }
}

/// What becomes of one of the messages that wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It takes the next slot.
    Take,
    /// It stands in this slot already.
    Stands(u64),
    /// It is the same as an earlier one of the same batch, counted among those that are taken.
    Twin(usize),
    /// The log has no slot 0 yet, and this is no spawn.
    NoProcess,
}

/// Judges `wants` in their order. `known` is what the log holds of them, `is_new` whether it holds nothing at all.
pub fn admit<'a>(
    wants: impl IntoIterator<Item = &'a Want>,
    known: &[Known],
    mut is_new: bool,
) -> Vec<Verdict> {
    let mut taken: BTreeMap<Id, Verdict> = BTreeMap::new();
    for one in known {
        let ids = [Some(one.message), one.content];
        taken.extend(
            ids.into_iter()
                .flatten()
                .map(|id| (id, Verdict::Stands(one.slot))),
        );
    }
    let mut count = 0;
    let judge = |want: &Want| {
        let ids = [Some(want.message()), want.content()];
        let ids = ids.into_iter().flatten();
        if let Some(verdict) = ids.clone().find_map(|id| taken.get(&id)) {
            return *verdict;
        }
        if is_new && !matches!(want, Want::Spawn(_)) {
            return Verdict::NoProcess;
        }
        is_new = false;
        taken.extend(ids.map(|id| (id, Verdict::Twin(count))));
        count += 1;
        Verdict::Take
    };
    wants.into_iter().map(judge).collect()
}

/// Refuses names of fields that no assignment could hold.
pub(super) fn verify_exclude(exclude: &[String]) -> Result<(), Refusal> {
    let name = |text: &String| {
        let letters = text
            .bytes()
            .all(|byte| byte.is_ascii_alphabetic() || byte == b'-');
        !text.is_empty() && text.len() <= EXCLUDE_BYTES_MAX && letters
    };
    match exclude.len() <= EXCLUDES_MAX && exclude.iter().all(name) {
        true => Ok(()),
        false => Err(Refusal::Exclude),
    }
}

#[cfg(test)]
mod tests {
    use aosec_wire::{Draft, SigningKey, Tags};

    use super::*;

    fn item(signer: u8, tags: &[(&str, &str)]) -> VerifiedItem {
        let mut all = Tags::new();
        tags.iter()
            .for_each(|(name, value)| all.push(*name, *value));
        Draft {
            tags: all,
            ..Draft::default()
        }
        .sign(&SigningKey::ed25519([signer; 32]))
        .unwrap()
    }

    fn message(signer: u8) -> Want {
        Want::Message(item(signer, &[("a", "b")]))
    }

    #[test]
    fn a_message_is_taken_once() {
        let wants = [message(1), message(2), message(1), message(3)];
        let known = [Known {
            slot: 7,
            message: wants[1].message(),
            content: None,
        }];
        let verdicts = admit(&wants, &known, false);
        assert_eq!(
            verdicts,
            [
                Verdict::Take,
                Verdict::Stands(7),
                Verdict::Twin(0),
                Verdict::Take
            ]
        );
    }

    #[test]
    fn a_pushed_content_is_taken_once_whatever_its_ids() {
        let pushed = Want::Message(item(1, &[(PUSHED, "x")]));
        let content = pushed.content();
        assert!(content.is_some() && message(1).content().is_none());
        let known = [Known {
            slot: 4,
            message: Id::new([0; 32]),
            content,
        }];
        assert_eq!(admit([&pushed], &known, false), [Verdict::Stands(4)]);
        assert_eq!(
            admit([&pushed, &pushed], &[], false),
            [Verdict::Take, Verdict::Twin(0)]
        );
    }

    #[test]
    fn a_log_begins_with_its_spawn() {
        let spawn = Want::Spawn(item(1, &[]));
        let wants = [message(2), spawn.clone(), message(3), spawn];
        let verdicts = admit(&wants, &[], true);
        assert_eq!(
            verdicts,
            [
                Verdict::NoProcess,
                Verdict::Take,
                Verdict::Take,
                Verdict::Twin(0)
            ]
        );
    }
}
