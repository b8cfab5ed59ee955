//! The thread that owns the guard file: judges the batches that wait, writes the new ones as one frame, one fsync, answers.

use std::{io, sync::Arc, thread};

use tokio::sync::{mpsc, oneshot};

use super::{GuardError, file::GuardFile, frame::FRAME_BYTES_AIM, rule::Book};
use crate::su::chain::Batch;

/// Batches that may wait: one for each of many processes that are busy at once.
const QUEUE: usize = 1_024;

/// The road to the guard's thread.
#[derive(Debug)]
pub(super) struct Writer {
    queue: mpsc::Sender<Order>,
}

struct Order {
    batch: Arc<Batch>,
    reply: oneshot::Sender<Result<(), GuardError>>,
}

impl Writer {
    pub(super) fn start(file: GuardFile, book: Book) -> io::Result<Self> {
        let (queue, orders) = mpsc::channel(QUEUE);
        let keeper = Keeper {
            file,
            book,
            stopped: None,
        };
        thread::Builder::new()
            .name("su-guard".to_owned())
            .spawn(move || keeper.run(orders))?;
        Ok(Self { queue })
    }

    /// Returns once the batch is on the disk.
    pub(super) async fn record(&self, batch: Arc<Batch>) -> Result<(), GuardError> {
        let gone = || GuardError::Stopped("its thread has ended".into());
        let (reply, answer) = oneshot::channel();
        self.queue
            .send(Order { batch, reply })
            .await
            .map_err(|_| gone())?;
        answer.await.map_err(|_| gone())?
    }
}

struct Keeper {
    file: GuardFile,
    book: Book,
    /// Why nothing is recorded any more.
    stopped: Option<Arc<str>>,
}

impl Keeper {
    fn run(mut self, mut orders: mpsc::Receiver<Order>) {
        while let Some(first) = orders.blocking_recv() {
            self.group(first, &mut orders);
        }
    }

    /// Judges `first` and what else waits, and makes the new batches durable together.
    fn group(&mut self, first: Order, orders: &mut mpsc::Receiver<Order>) {
        let (mut records, mut bytes, mut agreed) = (Vec::new(), 0, Vec::new());
        let mut next = Some(first);
        while let Some(Order { batch, reply }) = next {
            match self.judge(&batch) {
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
    fn judge(&mut self, batch: &Batch) -> Result<Option<Vec<u8>>, GuardError> {
        if let Some(reason) = &self.stopped {
            return Err(GuardError::Stopped(reason.clone()));
        }
        self.book.take(batch)
    }

    fn write(&mut self, records: &[Vec<u8>]) -> Result<(), GuardError> {
        if records.is_empty() {
            return Ok(());
        }
        self.file.append(records).map_err(|error| {
            tracing::error!(%error, "the guard signs no more until the node starts again");
            let reason: Arc<str> = error.to_string().into();
            self.stopped = Some(reason.clone());
            GuardError::Stopped(reason)
        })
    }
}

fn answer(reply: oneshot::Sender<Result<(), GuardError>>, answer: Result<(), GuardError>) {
    // Whoever asked may have gone; what is recorded stays recorded.
    let _ = reply.send(answer);
}
