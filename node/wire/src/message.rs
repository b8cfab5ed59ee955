//! What ao demands of an item that wants a slot: a message to a process, or a new process.
//!
//! 1. One tag says which of the two it is, `Type` or `type`; two of them are refused, since readers differ in which counts.
//! 2. No name or value ends in `+link`: the network keeps that ending for values stored elsewhere.
//! 3. A message has its process as the target; a process names its module and its scheduler.
//!
//! Whether a module exists, or a scheduler is ours, is for others to say.

use crate::error::MessageError;
use crate::id::Id;
use crate::item::VerifiedItem;
use crate::keys::Address;
use crate::tags::Tags;

/// What the network calls itself in `Data-Protocol`.
pub const DATA_PROTOCOL: &str = "ao";

/// The variant of the protocol that clients of the scheduler, compute and messenger units speak.
pub const VARIANT: &str = "ao.TN.1";

/// The ending that is kept for links.
const LINK_ENDING: &str = "+link";

/// An item that can be given a slot.
#[derive(Clone, Debug)]
pub enum Scheduled {
    /// It spawns a process.
    Process(Process),
    /// It is for a process.
    Message(Message),
}

/// An item that spawns a process.
#[derive(Clone, Debug)]
pub struct Process {
    /// The item; its id is the process id.
    pub item: VerifiedItem,
    /// What runs its messages.
    pub module: Id,
    /// Who orders its messages.
    pub scheduler: Address,
}

/// An item for a process.
#[derive(Clone, Debug)]
pub struct Message {
    /// The item.
    pub item: VerifiedItem,
    /// The process it is for.
    pub process: Id,
}

impl Scheduled {
    /// Decides what the item is, or why it can have no slot.
    pub fn classify(item: VerifiedItem) -> Result<Self, MessageError> {
        verify_protocol(item.tags())?;
        match type_of(item.tags())? {
            "Process" => Process::of(item).map(Self::Process),
            "Message" => Message::of(item).map(Self::Message),
            _ => Err(MessageError::Value {
                tag: "Type",
                expected: "Process or Message",
            }),
        }
    }

    /// The item.
    pub fn item(&self) -> &VerifiedItem {
        match self {
            Self::Process(process) => &process.item,
            Self::Message(message) => &message.item,
        }
    }

    /// The process in whose log the item stands.
    pub fn process(&self) -> Id {
        match self {
            Self::Process(process) => process.item.id(),
            Self::Message(message) => message.process,
        }
    }
}

impl Process {
    fn of(item: VerifiedItem) -> Result<Self, MessageError> {
        let module = parsed(item.tags(), "Module", "a 43-character id")?;
        let scheduler = parsed(item.tags(), "Scheduler", "an address")?;
        verify_on_boot(item.tags())?;
        Ok(Self {
            item,
            module,
            scheduler,
        })
    }
}

impl Message {
    fn of(item: VerifiedItem) -> Result<Self, MessageError> {
        let process = item.target().ok_or(MessageError::NoTarget)?;
        Ok(Self { item, process })
    }
}

fn verify_protocol(tags: &Tags) -> Result<(), MessageError> {
    if tags.get("Data-Protocol").is_none() {
        return Err(MessageError::Missing("Data-Protocol"));
    }
    if !tags
        .all("Data-Protocol")
        .any(|value| value == DATA_PROTOCOL)
    {
        return Err(MessageError::Value {
            tag: "Data-Protocol",
            expected: DATA_PROTOCOL,
        });
    }
    let link = |text: &str| text.ends_with(LINK_ENDING);
    match tags.iter().any(|(name, value)| link(name) || link(value)) {
        true => Err(MessageError::Link),
        false => Ok(()),
    }
}

fn type_of(tags: &Tags) -> Result<&str, MessageError> {
    let mut types = tags
        .iter()
        .filter(|(name, _)| matches!(*name, "Type" | "type"));
    let (_, value) = types.next().ok_or(MessageError::Missing("Type"))?;
    match types.next() {
        None => Ok(value),
        Some(_) => Err(MessageError::Repeated("Type")),
    }
}

/// A process may ask for code at its start: its own data, or that of a transaction.
fn verify_on_boot(tags: &Tags) -> Result<(), MessageError> {
    let good = |value: &str| value == "Data" || value.parse::<Id>().is_ok();
    match tags.all("On-Boot").all(good) {
        true => Ok(()),
        false => Err(MessageError::Value {
            tag: "On-Boot",
            expected: "Data or a 43-character id",
        }),
    }
}

fn parsed<T: std::str::FromStr>(
    tags: &Tags,
    tag: &'static str,
    expected: &'static str,
) -> Result<T, MessageError> {
    let value = tags.get(tag).ok_or(MessageError::Missing(tag))?;
    value
        .parse()
        .map_err(|_| MessageError::Value { tag, expected })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::item::Draft;
    use crate::keys::SigningKey;

    const MODULE: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

    fn classify(target: Option<Id>, tags: &[(&str, &str)]) -> Result<Scheduled, MessageError> {
        let tags = tags.iter().copied().collect();
        let draft = Draft {
            target,
            tags,
            ..Draft::default()
        };
        Scheduled::classify(draft.sign(&SigningKey::ed25519([1; 32])).unwrap())
    }

    fn message(tags: &[(&str, &str)]) -> Result<Scheduled, MessageError> {
        let ao = [("Data-Protocol", "ao")];
        classify(Some(Id::new([3; 32])), &[&ao, tags].concat())
    }

    fn process(tags: &[(&str, &str)]) -> Result<Scheduled, MessageError> {
        classify(
            None,
            &[&[("Data-Protocol", "ao"), ("Type", "Process")], tags].concat(),
        )
    }

    #[test]
    fn a_message_is_for_its_target() {
        for name in ["Type", "type"] {
            let found = message(&[(name, "Message")]).unwrap();
            assert_eq!(found.process(), Id::new([3; 32]));
        }
    }

    #[test]
    fn a_process_is_its_own_log() {
        let found = process(&[
            ("Module", MODULE),
            ("Scheduler", MODULE),
            ("On-Boot", "Data"),
        ]);
        let Ok(Scheduled::Process(process)) = found else {
            panic!("{found:?}")
        };
        assert_eq!(process.scheduler.as_str(), MODULE);
        assert_eq!(
            Scheduled::Process(process.clone()).process(),
            process.item.id()
        );
    }

    #[test]
    fn what_readers_would_see_differently_is_refused() {
        let whole = [("Module", MODULE), ("Scheduler", MODULE)];
        let cases = [
            message(&[]),
            message(&[("Type", "Message"), ("type", "Message")]),
            message(&[("Type", "Message"), ("Type", "Process")]),
            message(&[("Type", "Assignment")]),
            message(&[("Type", "Message"), ("Body+link", "x")]),
            message(&[("Type", "Message"), ("x", "Body+link")]),
            classify(None, &[("Data-Protocol", "ao"), ("Type", "Message")]),
            classify(Some(Id::new([3; 32])), &[("Type", "Message")]),
            classify(
                Some(Id::new([3; 32])),
                &[("Data-Protocol", "no"), ("Type", "Message")],
            ),
            process(&whole[..1]),
            process(&whole[1..]),
            process(&[("Module", "short"), ("Scheduler", MODULE)]),
            process(&[("Module", MODULE), ("Scheduler", "short")]),
            process(&[&whole[..], &[("On-Boot", "Other")]].concat()),
        ];
        for (number, case) in cases.into_iter().enumerate() {
            assert!(case.is_err(), "case {number}: {case:?}");
        }
    }
}
