//! The thread that owns the guard file: judges the batches that wait, writes the new ones as one frame, one fsync, answers.
//! When the file has grown far beyond what it has to remember, it is rewritten ([`super::replace`]) between two frames.

use std::{
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
};

use aosec_wire::{Address, Id};
use tokio::sync::{mpsc, oneshot};

use super::{
    GuardError,
    file::{GuardFile, GuardFileError},
    frame::FRAME_BYTES_AIM,
    joint::Joint,
    note::Note,
    rule::Book,
};
use crate::su::chain::Batch;

/// Batches that may wait: one for each of many processes that are busy at once.
const QUEUE: usize = 1_024;
/// A file below this is not rewritten: some 1.3 million slots, read in a second at the next start.
const REWRITE_AT_BYTES: u64 = 64 * 1024 * 1024;
/// Nor one that has not grown so many times: a rewriting costs as much as what it leaves.
const REWRITE_AT_GROWTH: u64 = 4;

/// The road to the guard's thread.
#[derive(Debug)]
pub(super) struct Writer {
    queue: mpsc::Sender<Order>,
    book: Arc<Mutex<Book>>,
}

enum What {
    Batch(Arc<Batch>),
    Note(Note),
    Join(Id, Joint),
    Stop(Arc<str>),
}

struct Order {
    what: What,
    reply: oneshot::Sender<Result<(), GuardError>>,
}

impl Writer {
    pub(super) fn start(file: GuardFile, address: Address, book: Book) -> io::Result<Self> {
        let (queue, orders) = mpsc::channel(QUEUE);
        let book = Arc::new(Mutex::new(book));
        let keeper = Keeper {
            kept: file.length(),
            file,
            address,
            book: book.clone(),
            stopped: None,
        };
        thread::Builder::new()
            .name("su-guard".to_owned())
            .spawn(move || keeper.run(orders))?;
        Ok(Self { queue, book })
    }

    /// Returns once the batch is on the disk.
    pub(super) async fn record(&self, batch: Arc<Batch>) -> Result<(), GuardError> {
        self.order(What::Batch(batch)).await
    }

    /// Returns once the note is on the disk. It counts from the moment in which its turn comes, even where that fails.
    pub(super) async fn note(&self, note: Note) -> Result<(), GuardError> {
        self.order(What::Note(note)).await
    }

    /// Returns once it is on the disk that the log goes on there.
    pub(super) async fn join(&self, process: Id, joint: Joint) -> Result<(), GuardError> {
        self.order(What::Join(process, joint)).await
    }

    /// Returns once nothing is recorded any more.
    pub(super) async fn stop(&self, why: Arc<str>) -> Result<(), GuardError> {
        self.order(What::Stop(why)).await
    }

    /// Looks at what is remembered now.
    pub(super) fn look<T>(&self, look: impl FnOnce(&Book) -> T) -> T {
        look(&unpoisoned(&self.book))
    }

    async fn order(&self, what: What) -> Result<(), GuardError> {
        let gone = || GuardError::Stopped("its thread has ended".into());
        let (reply, answer) = oneshot::channel();
        self.queue
            .send(Order { what, reply })
            .await
            .map_err(|_| gone())?;
        answer.await.map_err(|_| gone())?
    }
}

struct Keeper {
    file: GuardFile,
    address: Address,
    book: Arc<Mutex<Book>>,
    /// Bytes of the file when it was last as short as it can be.
    kept: u64,
    /// Why nothing is recorded any more.
    stopped: Option<Arc<str>>,
}

impl Keeper {
    fn run(mut self, mut orders: mpsc::Receiver<Order>) {
        while let Some(first) = orders.blocking_recv() {
            self.group(first, &mut orders);
            self.shorten();
        }
    }

    /// Judges `first` and what else waits, and makes the new batches durable together.
    fn group(&mut self, first: Order, orders: &mut mpsc::Receiver<Order>) {
        let (mut records, mut bytes, mut agreed) = (Vec::new(), 0, Vec::new());
        let mut next = Some(first);
        while let Some(Order { what, reply }) = next {
            match self.judge(what) {
                Ok(record) => {
                    bytes += record.as_ref().map_or(0, Vec::len);
                    records.extend(record);
                    agreed.push(reply);
                }
                Err(refusal) => answer(reply, Err(refusal)),
            }
            next = if bytes < FRAME_BYTES_AIM {
                orders.try_recv().ok()
            } else {
                None
            };
        }
        let written = self.write(&records);
        for reply in agreed {
            answer(reply, written.clone());
        }
    }

    /// The record to be written, none where the batch stands recorded already.
    fn judge(&mut self, what: What) -> Result<Option<Vec<u8>>, GuardError> {
        if let Some(reason) = &self.stopped {
            return Err(GuardError::Stopped(reason.clone()));
        }
        let mut book = unpoisoned(&self.book);
        match what {
            What::Batch(batch) => book.take(&batch),
            What::Note(note) => {
                let record = note.encode();
                book.note(note)?;
                Ok(Some(record))
            }
            What::Join(process, joint) => {
                let note = book.join(process, joint)?;
                Ok(note.as_ref().map(Note::encode))
            }
            What::Stop(why) => {
                self.stopped = Some(why);
                Ok(None)
            }
        }
    }

    fn write(&mut self, records: &[Vec<u8>]) -> Result<(), GuardError> {
        if records.is_empty() {
            return Ok(());
        }
        self.file.append(records).map_err(|error| self.stop(&error))
    }

    /// Rewrites a file that is much longer than what it says.
    fn shorten(&mut self) {
        let limit = REWRITE_AT_BYTES.max(self.kept.saturating_mul(REWRITE_AT_GROWTH));
        if self.stopped.is_some() || self.file.length() < limit {
            return;
        }
        let notes = unpoisoned(&self.book).notes();
        let records = notes.iter().map(Note::encode);
        match self.file.rewrite(&self.address, records) {
            Ok(()) => self.kept = self.file.length(),
            Err(error) => drop(self.stop(&error)),
        }
    }

    fn stop(&mut self, error: &GuardFileError) -> GuardError {
        tracing::error!(%error, "the guard signs no more until the node starts again");
        let reason: Arc<str> = error.to_string().into();
        self.stopped = Some(reason.clone());
        GuardError::Stopped(reason)
    }
}

fn answer(reply: oneshot::Sender<Result<(), GuardError>>, answer: Result<(), GuardError>) {
    // Whoever asked may have gone; what is recorded stays recorded.
    let _ = reply.send(answer);
}

/// The lock is held for single steps of the book, none of which can leave it half changed.
fn unpoisoned(book: &Mutex<Book>) -> MutexGuard<'_, Book> {
    book.lock().unwrap_or_else(PoisonError::into_inner)
}
