//! The rule of the gate, pure: what a guard remembers, and what it says to a batch. No disk, no key, no clock.
//!
//! 1. For each (process, epoch) a [`Book`] knows the last slot, the log chain there, and the hash of the last record. A batch
//!    must continue exactly there, or be the very batch that was recorded last; everything else is refused (PROTOCOL
//!    invariant 21).
//! 2. A log begins at slot 0 of epoch 0, or where it was learned from elsewhere ([`Book::learn`]).
//! 3. Once a later epoch of a process is known, the earlier ones are over.
//! 4. What is learned is a maximum and never a minus: no import, in whatever order or how often, lets an old slot be signed.
//! 5. A halt ends all signing until the operator's word ends the halt.
//! 6. Two contents for one slot are told and never merged: somebody signed both.
//! 7. A log that joins a court goes on at one slot over another chain (PROTOCOL 5.15), once for ever, and only where that slot is the
//!    next one: what was signed before it stays signed once ([`super::joint`]).
//!
//! How a book comes to the disk is [`super::file`]; who signs is [`super::Guard`].

use std::collections::BTreeMap;

use aosec_wire::Id;

use super::{
    GuardError,
    joint::Joint,
    note::{Network, Note, Token},
    record,
};
use crate::su::chain::Batch;

/// Tokens that are remembered, the newest ones: nobody looks further back than the last few locations of a key.
pub const TOKENS_MAX: usize = 256;

/// Logs are told apart by process and epoch.
pub type LogKey = (Id, u64);

/// What a guard remembers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Book {
    pub(super) heads: BTreeMap<LogKey, Head>,
    pub(super) joints: BTreeMap<Id, Joint>,
    network: Option<Network>,
    tokens: Vec<Token>,
    halt: Option<String>,
    signs_from: u64,
}

/// How far one epoch of a log has been recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// The last slot.
    pub slot: u64,
    /// The log chain there.
    pub log_chain: Id,
    /// SHA-256 of the last record: the one batch that may be signed again. None where the log was learned from elsewhere.
    pub record: Option<Id>,
}

/// What the guard says to a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// To be recorded; the log then stands here.
    New(Head),
    /// The very batch that was recorded last.
    Again,
}

/// Two contents for one slot: what is learned contradicts what is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "slot {slot} of {process} (epoch {epoch}) is known with another content: two nodes have signed with this key, or one of \
     the two files is not of this network; nothing was changed"
)]
pub struct Contradiction {
    /// The process.
    pub process: Id,
    /// The epoch.
    pub epoch: u64,
    /// The slot.
    pub slot: u64,
}

impl Book {
    /// How far each log has been recorded.
    pub fn heads(&self) -> &BTreeMap<LogKey, Head> {
        &self.heads
    }

    /// The network that the key signs for, once it is known.
    pub fn network(&self) -> Option<&Network> {
        self.network.as_ref()
    }

    /// The tokens of this file's starts, the newest last.
    pub fn tokens(&self) -> &[Token] {
        &self.tokens
    }

    /// Why nothing is signed any more; none where nothing stands in the way.
    pub fn halt(&self) -> Option<&str> {
        self.halt.as_deref()
    }

    /// The height from which on the key signs: above 0 after an operator ended a halt.
    pub fn signs_from(&self) -> u64 {
        self.signs_from
    }

    /// Takes a record of the file, whatever it is.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(&mut self, record: &[u8]) -> Result<(), &'static str> {
        if let Some(note) = Note::decode(record)? {
            return self
                .note(note)
                .map_err(|_| "a note contradicts what stands before it");
        }
        let batch = record::decode(record).map_err(|_| "a record is not readable")?;
        match self.take(&batch) {
            Ok(Some(_)) => Ok(()),
            Ok(None) | Err(_) => Err("a record does not follow the one before"),
        }
    }

    /// Takes a note.
    pub fn note(&mut self, note: Note) -> Result<(), Contradiction> {
        match note {
            Note::Head(key, head) => self.learn(key, head).map(drop)?,
            Note::Network(network) => self.network = Some(network),
            Note::Start(token) => self.know(token),
            Note::Halt(why) => self.halt = Some(why),
            Note::Resume(from) => (self.halt, self.signs_from) = (None, from),
            Note::Joined(process, joint) => self.know_joint(process, joint)?,
        }
        Ok(())
    }

    /// The book as the shortest list of notes that gives it again.
    pub fn notes(&self) -> Vec<Note> {
        let heads = self.heads.iter().map(|(key, head)| Note::Head(*key, *head));
        let tokens = self.tokens.iter().map(|token| Note::Start(*token));
        let resume = (self.signs_from > 0).then_some(Note::Resume(self.signs_from));
        let rest = self.network.iter().cloned().map(Note::Network);
        let halt = self.halt.iter().cloned().map(Note::Halt);
        let joints = self.joints.iter();
        let joints = joints.map(|(process, joint)| Note::Joined(*process, *joint));
        rest.chain(tokens)
            .chain(resume)
            .chain(halt)
            .chain(heads)
            .chain(joints)
            .collect()
    }

    /// What the guard says to `batch`; nothing is changed.
    pub fn judge(&self, batch: &Batch) -> Result<Verdict, GuardError> {
        self.judge_record(batch, &record::encode(batch)?)
    }

    /// Judges `batch` and remembers it. Gives the record that must be durable before the batch is signed; none where it
    /// stands recorded already.
    pub fn take(&mut self, batch: &Batch) -> Result<Option<Vec<u8>>, GuardError> {
        let record = record::encode(batch)?;
        let verdict = self.judge_record(batch, &record)?;
        let Verdict::New(head) = verdict else {
            return Ok(None);
        };
        self.heads.insert((batch.process, batch.epoch), head);
        Ok(Some(record))
    }

    /// Learns from elsewhere (another guard's export, the base layer, the store) how far a log was signed. True where that
    /// is further than what was known.
    pub fn learn(&mut self, key: LogKey, head: Head) -> Result<bool, Contradiction> {
        match self.heads.get(&key) {
            Some(known) if known.slot == head.slot && known.log_chain != head.log_chain => {
                let (process, epoch) = key;
                Err(Contradiction {
                    process,
                    epoch,
                    slot: head.slot,
                })
            }
            Some(known) if known.slot >= head.slot => Ok(false),
            _ => {
                self.heads.insert(key, head);
                Ok(true)
            }
        }
    }

    fn know(&mut self, token: Token) {
        if !self.tokens.contains(&token) {
            self.tokens.push(token);
            let surplus = self.tokens.len().saturating_sub(TOKENS_MAX);
            self.tokens.drain(..surplus);
        }
    }

    fn judge_record(&self, batch: &Batch, record: &[u8]) -> Result<Verdict, GuardError> {
        if let Some(why) = &self.halt {
            return Err(GuardError::Halted(why.as_str().into()));
        }
        self.epoch_is_open(batch)?;
        let end = self.end((batch.process, batch.epoch));
        judge(end.as_ref(), batch, record)
    }

    /// Rule 3.
    fn epoch_is_open(&self, batch: &Batch) -> Result<(), GuardError> {
        let later = (batch.process, batch.epoch.saturating_add(1))..=(batch.process, u64::MAX);
        match self.heads.range(later).next_back() {
            Some(((process, current), _)) if *current > batch.epoch => Err(GuardError::EpochOver {
                process: *process,
                epoch: batch.epoch,
                current: *current,
            }),
            _ => Ok(()),
        }
    }
}

/// Rules 1 and 2: `known` is the end of the batch's log, `record` its record.
pub fn judge(known: Option<&Head>, batch: &Batch, record: &[u8]) -> Result<Verdict, GuardError> {
    let record = Id::sha256(record);
    match known {
        None => begins(batch)?,
        Some(known) if known.record == Some(record) => return Ok(Verdict::Again),
        Some(known) => follows(known, batch)?,
    }
    Ok(Verdict::New(Head::after(batch, record)))
}

/// Rule 2: where a log of which nothing is known may begin.
fn begins(batch: &Batch) -> Result<(), GuardError> {
    let (process, slot) = (batch.process, batch.first);
    match (batch.epoch, slot) {
        (0, 0) => Ok(()),
        (0, slot) => Err(GuardError::Gap {
            process,
            slot,
            next: 0,
        }),
        (epoch, _) => Err(GuardError::Epoch { process, epoch }),
    }
}

/// Rule 1: the batch begins right behind what is known, on its chain.
fn follows(known: &Head, batch: &Batch) -> Result<(), GuardError> {
    let (process, slot) = (batch.process, batch.first);
    let conflict = GuardError::Conflict {
        process,
        slot,
        recorded: known.slot,
    };
    if slot <= known.slot {
        return Err(conflict);
    }
    // No overflow: the slot asked for is larger.
    if slot > known.slot + 1 {
        return Err(GuardError::Gap {
            process,
            slot,
            next: known.slot + 1,
        });
    }
    match batch.before {
        Some(before) if before.chain.log == known.log_chain => Ok(()),
        _ => Err(conflict),
    }
}

impl Head {
    fn after(batch: &Batch, record: Id) -> Self {
        // A recorded batch has at least one slot, so the chain of the process is never taken here.
        let log_chain = batch.log_chains().pop().unwrap_or(batch.process);
        Self {
            slot: batch.last(),
            log_chain,
            record: Some(record),
        }
    }

    /// The end of a log as somebody else tells it: no batch of it may be signed again.
    pub fn learned(slot: u64, log_chain: Id) -> Self {
        Self {
            slot,
            log_chain,
            record: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::su::chain::Slot;

    const PROCESS: Id = Id::new([1; 32]);

    fn head(slot: u64, chain: u8) -> Head {
        Head::learned(slot, Id::new([chain; 32]))
    }

    fn spawn(epoch: u64) -> Batch {
        let slot = Slot {
            message: PROCESS,
            height: 1,
            timestamp: 1,
            exclude: Vec::new(),
        };
        Batch {
            process: PROCESS,
            epoch,
            first: 0,
            before: None,
            slots: vec![slot],
        }
    }

    #[test]
    fn a_later_epoch_ends_the_earlier_ones() {
        let mut book = Book::default();
        assert!(book.take(&spawn(0)).unwrap().is_some());
        assert!(book.take(&spawn(0)).unwrap().is_none(), "the same again");
        book.learn((PROCESS, 3), head(9, 9)).unwrap();
        assert!(matches!(
            book.judge(&spawn(0)),
            Err(GuardError::EpochOver { current: 3, .. })
        ));
        assert!(matches!(
            book.judge(&spawn(4)),
            Err(GuardError::Epoch { epoch: 4, .. })
        ));
    }

    #[test]
    fn two_contents_for_one_slot_are_told() {
        let mut book = Book::default();
        assert_eq!(book.learn((PROCESS, 0), head(4, 4)), Ok(true));
        assert_eq!(book.learn((PROCESS, 0), head(4, 4)), Ok(false));
        let before = book.clone();
        let told = book.learn((PROCESS, 0), head(4, 5));
        assert!(matches!(told, Err(Contradiction { slot: 4, .. })));
        assert_eq!(book, before);
    }

    proptest! {
        #[test]
        fn what_is_learned_is_the_maximum_in_any_order(slots in prop::collection::vec(0..50_u64, 1..9)) {
            let chain = |slot: u64| u8::try_from(slot).unwrap();
            let mut book = Book::default();
            for slot in &slots {
                book.learn((PROCESS, 0), head(*slot, chain(*slot))).unwrap();
            }
            prop_assert_eq!(book.heads()[&(PROCESS, 0)].slot, slots.into_iter().max().unwrap());
        }
    }
}
