//! Logs as a scheduler would sign them, and as a hostile one would: every plan can be bent before it is signed.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use aosec_wire::assignment::{next_hash_chain, next_log_chain};
use aosec_wire::{AssignmentPlan, Chain, Draft, Id, SigningKey, Tags, VerifiedItem};
use bytes::Bytes;

use crate::cu::replay::Entry;
use crate::cu::source::{Answer, Items, Log, PAGE_SLOTS};
use crate::cu::subject::Subject;
use crate::cu::terms;
use crate::cu::word::Word;
use crate::follow::jurisdiction::Voids;
use crate::store::canonical::LogKey;
use crate::store::voided::Void;

/// The stamped time of slot 0.
pub(super) const SPAWNED_MS: u64 = 1_700_000_000_000;
/// The stamped height of slot 0.
pub(super) const SPAWNED_HEIGHT: u64 = 1_500_000;

/// The module that the test machine takes.
pub(super) fn module() -> VerifiedItem {
    let tags = Tags::new()
        .with("Data-Protocol", "ao")
        .with("Type", "Module")
        .with("Module-Format", terms::FORMAT)
        .with("Input-Encoding", terms::ENCODING)
        .with("Output-Encoding", terms::ENCODING)
        .with("Memory-Limit", "1-mb")
        .with("Compute-Limit", "1000");
    sign(&SigningKey::ed25519([3; 32]), None, tags, "abacus")
}

pub(super) fn sign(
    key: &SigningKey,
    target: Option<Id>,
    tags: Tags,
    data: impl Into<String>,
) -> VerifiedItem {
    let draft = Draft {
        target,
        anchor: None,
        tags,
        data: Bytes::from(data.into()),
    };
    draft.sign(key).unwrap()
}

/// One process: its spawn, its scheduler, its log.
#[derive(Clone, Debug)]
pub(super) struct Book {
    pub(super) scheduler: SigningKey,
    pub(super) user: SigningKey,
    pub(super) spawn: VerifiedItem,
    pub(super) entries: Vec<Entry>,
}

impl Book {
    /// A process of the test module, with its slot 0.
    pub(super) fn new() -> Self {
        Self::with_tags(Tags::new())
    }

    /// The same with further tags on the spawn.
    pub(super) fn with_tags(further: Tags) -> Self {
        Self::of_module(&module(), further)
    }

    /// A process of `module`.
    pub(super) fn of_module(module: &VerifiedItem, further: Tags) -> Self {
        let scheduler = SigningKey::ed25519([1; 32]);
        let user = SigningKey::ed25519([2; 32]);
        let mut tags = Tags::new()
            .with("Data-Protocol", "ao")
            .with("Variant", "ao.TN.1")
            .with("Type", "Process")
            .with("Module", module.id().to_string())
            .with("Scheduler", scheduler.address().as_str());
        for (name, value) in further.iter() {
            tags.push(name, value);
        }
        let spawn = sign(&user, None, tags, "spawn");
        let mut book = Self {
            scheduler,
            user,
            spawn,
            entries: Vec::new(),
        };
        let plan = book.plan(None);
        book.write(&plan, Some(book.spawn.clone()));
        book
    }

    pub(super) fn process(&self) -> Id {
        self.spawn.id()
    }

    /// The right plan for the next slot.
    pub(super) fn plan(&self, message: Option<Id>) -> AssignmentPlan {
        let nonce = self.entries.len() as u64;
        self.plan_at(message, SPAWNED_HEIGHT + nonce / 3, SPAWNED_MS + 7 * nonce)
    }

    /// The same with other stamps.
    fn plan_at(&self, message: Option<Id>, height: u64, timestamp: u64) -> AssignmentPlan {
        let nonce = self.entries.len() as u64;
        let chain = self.entries.last().map_or_else(
            || Chain::genesis(self.process()),
            |last| {
                let last = &last.assignment;
                let at = message.unwrap_or(self.process());
                Chain {
                    hash: next_hash_chain(last.id(), last.hash_chain()),
                    log: next_log_chain(last.log_chain().unwrap(), at, height, timestamp),
                }
            },
        );
        AssignmentPlan {
            process: self.process(),
            epoch: 0,
            nonce,
            message,
            height,
            timestamp,
            chain,
            exclude: Vec::new(),
            base_layer: false,
        }
    }

    /// Signs a plan, right or wrong, and writes it into the log.
    pub(super) fn write(&mut self, plan: &AssignmentPlan, message: Option<VerifiedItem>) {
        let assignment = plan.sign(&self.scheduler).unwrap();
        self.entries.push(Entry {
            message,
            assignment: assignment.into(),
        });
    }

    /// An item of the process's user that is not in the log yet.
    pub(super) fn message(&self, data: &str) -> VerifiedItem {
        let tags = Tags::new()
            .with("Data-Protocol", "ao")
            .with("Type", "Message")
            .with("Action", "Eval")
            .with("Count", self.entries.len().to_string());
        sign(&self.user, Some(self.process()), tags, data)
    }

    /// Puts a message of the user into the next slot.
    pub(super) fn send(&mut self, data: &str) -> Id {
        self.enter(self.message(data))
    }

    /// Puts a message of the user into the next slot, so much time and so many blocks after the spawn.
    pub(super) fn send_at(&mut self, data: &str, later_ms: u64, blocks: u64) -> Id {
        let item = self.message(data);
        let id = item.id();
        let plan = self.plan_at(Some(id), SPAWNED_HEIGHT + blocks, SPAWNED_MS + later_ms);
        self.write(&plan, Some(item));
        id
    }

    /// Puts an item into the next slot.
    pub(super) fn enter(&mut self, item: VerifiedItem) -> Id {
        let id = item.id();
        self.write(&self.plan(Some(id)), Some(item));
        id
    }
}

/// The books that a unit reads, and what it asked for.
#[derive(Debug, Default)]
pub(super) struct Shelf {
    books: Mutex<BTreeMap<Id, Book>>,
    subjects: Mutex<BTreeMap<Id, Subject>>,
    joined: Mutex<BTreeMap<Id, u64>>,
    has_lost_zero: AtomicBool,
    /// The first slot of every page that was asked for.
    pub(super) asked: Mutex<Vec<u64>>,
}

impl Shelf {
    pub(super) fn of(books: impl IntoIterator<Item = Book>) -> std::sync::Arc<Self> {
        let shelf = Self::default();
        for book in books {
            shelf.put(book);
        }
        std::sync::Arc::new(shelf)
    }

    pub(super) fn put(&self, book: Book) {
        self.books.lock().unwrap().insert(book.process(), book);
    }

    /// A process joins a court at `first`.
    pub(super) fn join(&self, process: Id, first: u64) {
        self.joined.lock().unwrap().insert(process, first);
    }

    /// From now on nobody serves slot 0 of anything.
    pub(super) fn lose_slot_zero(&self) {
        self.has_lost_zero.store(true, Ordering::Relaxed);
    }

    pub(super) fn lend(&self, subject: Subject) {
        self.subjects.lock().unwrap().insert(subject.id(), subject);
    }

    fn read<T>(&self, process: Id, read: impl FnOnce(&Book) -> Option<T>) -> Option<T> {
        self.books.lock().unwrap().get(&process).and_then(read)
    }
}

impl Log for Shelf {
    fn spawn(&self, process: Id) -> Answer<'_, Option<VerifiedItem>> {
        let spawn = self.read(process, |book| Some(book.spawn.clone()));
        Box::pin(async move { Ok(spawn) })
    }

    fn entries(&self, process: Id, from: u64, to: u64) -> Answer<'_, Vec<Entry>> {
        self.asked.lock().unwrap().push(from);
        if from == 0 && self.has_lost_zero.load(Ordering::Relaxed) {
            return Box::pin(async { Ok(Vec::new()) });
        }
        let count = (to + 1).saturating_sub(from).min(PAGE_SLOTS);
        let page = self.read(process, |book| {
            let rest = book.entries.iter().skip(from as usize);
            Some(rest.take(count as usize).cloned().collect())
        });
        Box::pin(async move { Ok(page.unwrap_or_default()) })
    }

    fn assignment(&self, process: Id, id: Id) -> Answer<'_, Option<Word>> {
        let found = self.read(process, |book| {
            let mut assignments = book.entries.iter().map(|entry| &entry.assignment);
            let is_asked = |one: &&Word| one.message().unwrap_or(process) == id || one.id() == id;
            assignments.find(is_asked).cloned()
        });
        Box::pin(async move { Ok(found) })
    }

    fn voids(&self, process: Id) -> Answer<'_, Option<Voids>> {
        let joined = self.joined.lock().unwrap();
        let voids = joined.get(&process).map(|first| Voids {
            log: LogKey {
                court: Id::new([0xC0; 32]),
                process,
            },
            voids: vec![Void::Joined { first: *first }],
        });
        Box::pin(async move { Ok(voids) })
    }

    fn newest(&self, process: Id) -> Answer<'_, Option<u64>> {
        let newest = self.read(process, |book| (book.entries.len() as u64).checked_sub(1));
        Box::pin(async move { Ok(newest) })
    }
}

impl Items for Shelf {
    fn item(&self, id: Id) -> Answer<'_, Option<VerifiedItem>> {
        let subject = self.subjects.lock().unwrap().get(&id).cloned();
        Box::pin(async move {
            match subject {
                Some(Subject::Item(item)) => Ok(Some(item)),
                _ => Ok(None),
            }
        })
    }

    fn subject(&self, id: Id) -> Answer<'_, Option<Subject>> {
        let subject = self.subjects.lock().unwrap().get(&id).cloned();
        Box::pin(async move { Ok(subject) })
    }
}
