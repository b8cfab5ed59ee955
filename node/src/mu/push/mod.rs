//! What an evaluation's result becomes: signed items for other processes, new processes, and assignments.
//!
//! Rules. 1. A pushed item carries the producer's own tags without those that only the network may set, then the network's
//! (`From-Process`, `From-Module`, `Pushed-For` among them): nothing that a process writes can claim another sender. 2. **Push
//! identity** (D9): the anchor is the hash of who sent it, at which slot, as what and as which one, and the authority key signs
//! deterministically; so a result that is pushed a second time gives the same ids, and schedulers give them no second slot.
//! 3. aos' own anchor moves to the tag `Reference`, where no such tag stands. 4. A tag without a value is dropped: an item cannot carry
//! it, and the message is worth more. 5. One piece that cannot be signed (no target, too many tags) is left out by name and does
//! not stop the others. 6. A result with an error sends nothing.
//!
//! [`items`] builds and signs, [`identity`] makes the anchors. Deliberately absent: where the pieces go, how many may go ([`super::budget`]), and whether a target is a wallet.

mod identity;
mod items;

use aosec_wire::error::{ItemError, MessageError};
use aosec_wire::{Address, Id, Outcome, Scheduled, SigningKey, VerifiedItem};

pub use self::items::spawned;

/// The evaluation that produced something: part of the identity of all that is pushed (D9).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// That of a slot.
    Slot(u64),
    /// That of a tick, by its interval and what was due: the same wherever in the log it comes to stand.
    Tick {
        /// Which interval.
        rule: u32,
        /// The time or the height.
        stamp: u64,
    },
}

/// The process whose evaluation produced something, and which evaluation that was.
#[derive(Clone, Debug)]
pub struct Sender {
    /// The process.
    pub process: Id,
    /// Its module: what `From-Module` says.
    pub module: Id,
    /// Its scheduler: the default of what it spawns.
    pub scheduler: Address,
    /// The evaluation.
    pub turn: Turn,
    /// The message that set everything in motion; of a tick the spawn.
    pub pushed_for: Id,
}

/// The list of a result that a piece stands in. The order is the order of sending.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// `Messages`.
    Message,
    /// `Spawns`.
    Spawn,
    /// `Assignments`, one for each process named.
    Assignment,
    /// The notice to the parent that its spawn has a slot.
    Spawned,
}

/// A message of another place that is to be given a slot of one more process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assign {
    /// The process that gets it.
    pub process: Id,
    /// The message, or a base-layer transaction.
    pub message: Id,
    /// Whether it is a base-layer transaction.
    pub base_layer: bool,
    /// Fields that the process does not want to see.
    pub exclude: Vec<String>,
}

/// One piece, ready to be sent.
#[derive(Clone, Debug)]
pub struct Push {
    /// The list it stood in.
    pub kind: Kind,
    /// Its place in that list, from 0.
    pub index: u32,
    /// The thing itself.
    pub cargo: Cargo,
}

/// What travels.
#[derive(Clone, Debug)]
pub enum Cargo {
    /// A message and the process it is for.
    Message(VerifiedItem, Id),
    /// A new process and the scheduler it names.
    Spawn(VerifiedItem, Address),
    /// A message that stands elsewhere.
    Assign(Assign),
}

impl From<Scheduled> for Cargo {
    fn from(scheduled: Scheduled) -> Self {
        match scheduled {
            Scheduled::Process(process) => Self::Spawn(process.item, process.scheduler),
            Scheduled::Message(message) => Self::Message(message.item, message.process),
        }
    }
}

/// One piece that cannot be sent.
#[derive(Debug, thiserror::Error)]
#[error("{kind:?} {index}: {reason}")]
pub struct Unsendable {
    /// The list it stood in.
    pub kind: Kind,
    /// Its place in that list.
    pub index: u32,
    /// Why.
    pub reason: PushError,
}

/// Why a piece of a result cannot be sent.
#[derive(Debug, thiserror::Error)]
pub enum PushError {
    /// An item's target has 32 bytes.
    #[error("its target is no id of 43 characters")]
    Target,
    /// An assignment names something that is no id.
    #[error("its {0} is no id of 43 characters")]
    NoId(&'static str),
    /// No scheduler would take it.
    #[error("no scheduler would take it: {0}")]
    Message(#[from] MessageError),
    /// It does not fit in an item.
    #[error("it cannot be an item: {0}")]
    Item(#[from] ItemError),
}

/// Everything a result sends out, in order, and what of it cannot be sent.
#[must_use]
pub fn pushes(
    outcome: &Outcome,
    sender: &Sender,
    authority: &SigningKey,
) -> (Vec<Push>, Vec<Unsendable>) {
    if outcome.error.is_some() {
        return (vec![], vec![]);
    }
    let messages = pieces(&outcome.messages, Kind::Message, |index, piece| {
        items::message(piece, sender, index, authority)
    });
    let spawns = pieces(&outcome.spawns, Kind::Spawn, |index, piece| {
        items::spawn(piece, sender, index, authority)
    });
    let mut sent = Vec::new();
    let mut unsendable = Vec::new();
    for piece in messages.chain(spawns).chain(assignments(outcome)) {
        match piece {
            Ok(push) => sent.push(push),
            Err(left_out) => unsendable.push(left_out),
        }
    }
    (sent, unsendable)
}

/// Numbers of pieces are far below 2^32: a result has at most a million ([`aosec_wire::limits`]).
fn numbered<T>(list: impl Iterator<Item = T>) -> impl Iterator<Item = (u32, T)> {
    (0_u32..).zip(list)
}

fn pieces<'a, T>(
    list: &'a [T],
    kind: Kind,
    build: impl Fn(u32, &T) -> Result<Cargo, PushError> + 'a,
) -> impl Iterator<Item = Result<Push, Unsendable>> + 'a {
    numbered(list.iter()).map(move |(index, piece)| match build(index, piece) {
        Ok(cargo) => Ok(Push { kind, index, cargo }),
        Err(reason) => Err(Unsendable {
            kind,
            index,
            reason,
        }),
    })
}

fn assignments(outcome: &Outcome) -> impl Iterator<Item = Result<Push, Unsendable>> + '_ {
    let each = outcome
        .assignments
        .iter()
        .flat_map(|list| list.processes.iter().map(move |process| (process, list)));
    numbered(each).map(|(index, (process, list))| {
        let id = |text: &str, what| text.parse().map_err(|_bad| PushError::NoId(what));
        let kind = Kind::Assignment;
        let parsed = id(process, "process").and_then(|to| Ok((to, id(&list.message, "message")?)));
        let (process, message) = parsed.map_err(|reason| Unsendable {
            kind,
            index,
            reason,
        })?;
        let assign = Assign {
            process,
            message,
            base_layer: list.base_layer,
            exclude: list.exclude.clone(),
        };
        Ok(Push {
            kind,
            index,
            cargo: Cargo::Assign(assign),
        })
    })
}
