//! Which processes a message names, and which slots and messages it asks for (PROTOCOL 2.8).

use std::collections::{BTreeMap, BTreeSet};

use aosec_wire::Id;

use super::caps::NAMES_MAX;
use super::evidence::Evidence;
use super::mail::Letter;

const PROCESS: &str = "Process";
const SLOT: &str = "Slot";
const MESSAGE: &str = "Message";

/// The most digits of a count.
const COUNT_DIGITS_MAX: usize = 15;

/// What somebody wants to see of logs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Asked {
    /// The processes, each once.
    pub(super) processes: Vec<Id>,
    /// A slot of a process.
    pub(super) slot: Option<(Id, u64)>,
    /// Messages by process.
    pub(super) messages: BTreeMap<Id, BTreeSet<Id>>,
}

impl Asked {
    /// What a message asks for.
    pub(super) fn by(letter: &Letter) -> Self {
        let process = own(letter, PROCESS).and_then(|name| name.parse().ok());
        let slot = process.zip(slot(letter));
        let mut asked = Self {
            processes: named(letter),
            slot,
            messages: BTreeMap::new(),
        };
        if let Some(process) = process {
            let message = own(letter, MESSAGE).and_then(|name| name.parse().ok());
            let children = letter.enclosed.items().iter().map(|child| child.id());
            message
                .into_iter()
                .chain(children)
                .for_each(|message| asked.message(process, message));
        }
        for evidence in letter.evidence.iter().flatten() {
            if let Evidence::Receipt(receipt) = evidence {
                asked.message(receipt.process(), receipt.entry().message);
            }
        }
        asked
    }

    /// What an outcome asks for the next Tick.
    pub(super) fn of_outcome(wanted: &[Id], sought: &[(Id, Id)]) -> Self {
        let mut asked = Self {
            processes: wanted.to_vec(),
            ..Self::default()
        };
        for (process, message) in sought {
            asked.message(*process, *message);
        }
        asked
    }

    fn message(&mut self, process: Id, message: Id) {
        self.messages.entry(process).or_default().insert(message);
    }
}

/// The slot that the message's first `Slot` tag names.
pub(super) fn slot(letter: &Letter) -> Option<u64> {
    let text = own(letter, SLOT)?;
    let decimal = text.len() <= COUNT_DIGITS_MAX && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = text.parse::<u64>().ok().filter(|_| decimal)?;
    (text == "0" || !text.starts_with('0')).then_some(number)
}

fn own<'a>(letter: &'a Letter, tag: &str) -> Option<&'a str> {
    letter.item.tags().get(tag)
}

/// The process of the message's first `Process` tag, then those of its children that have one such tag, each once. A message that
/// names too many is refused by the contract and sees no head.
fn named(letter: &Letter) -> Vec<Id> {
    let children = letter.enclosed.items().iter().filter_map(|child| {
        let mut values = child.tags().all(PROCESS);
        match (values.next(), values.next()) {
            (Some(value), None) => Some(value),
            _ => None,
        }
    });
    let mut names: Vec<&str> = Vec::new();
    for name in own(letter, PROCESS).into_iter().chain(children) {
        if is_name(name) && !names.contains(&name) {
            names.push(name);
        }
    }
    match names.len() > NAMES_MAX {
        true => Vec::new(),
        // A second text of an id names nothing that is known.
        false => names.iter().filter_map(|name| name.parse().ok()).collect(),
    }
}

/// What counts as a name: 43 characters of base64url.
fn is_name(text: &str) -> bool {
    let base64url = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    text.len() == Id::CHARS && text.bytes().all(base64url)
}
